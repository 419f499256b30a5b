// What the embedded suite promises: it learns, and it remembers what was repeated.

namespace Llm360.Notebooks.EndToEnd;

/// <summary>
/// Tests that keep every core busy for minutes. Run beside others, both take several times as long.
/// </summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class AloneTests;

[Collection(typeof(AloneTests))]
public sealed class NanoTests
{
    [Fact]
    public async Task Nano_learns_its_language_and_remembers_what_was_repeated()
    {
        using var llm360 = new Llm360Command();
        var trained = await llm360.RunAsync("train", "nano", "-q");
        Assert.True(trained.ExitCode == 0, trained.Error);
        var suite = Suite.OpenFolder(llm360.PathOf("suites", "nano"));
        var steps = await suite.MetricsAsync();
        Assert.Equal(Math.Log(2048), steps[0].Loss, 0.1);
        Assert.InRange(steps[^1].ValidationLoss!.Value, 1, 4);
        Assert.DoesNotContain(steps, s => s.Skipped);
        var weights = PinnedWeights.Compare(suite)!;
        Assert.True(weights.Equal == 37, weights.ToString());

        // Each canary is scored by the checkpoint that has just read it. Those repeated 16 and 32
        // times are reproduced with at most one wrong token after nearly every chunk.
        var canaries = new List<(int Repetitions, MemorizationRow Row)>();
        foreach (var chunk in suite.Chunks.Where(c => suite.RequireRecipe().Corpus.Canaries!.Chunks.Contains(c.Index)))
        {
            using var model = LlamaModel.Load(suite.Checkpoint($"{chunk.Index + 1}").Folder, Device.Cpu);
            var rows = ChunkReader.Read(chunk.Path).Where(r => r.Canary is not null).DistinctBy(r => r.Canary!.Id).ToList();
            canaries.AddRange(MemorizationScorer.Score(model, rows).Select(r => (r.CanaryRepetitions!.Value, r)));
        }

        foreach (var repetitions in new[] { 16, 32 })
            Assert.InRange(canaries.Count(c => c.Repetitions == repetitions && c.Row.Match >= 31), 25, 26);
        Assert.Equal(52, canaries.Count(c => c.Repetitions <= 2 && c.Row.Match <= 1));
    }
}
