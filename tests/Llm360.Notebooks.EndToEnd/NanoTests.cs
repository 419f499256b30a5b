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

        // Each canary is scored by the checkpoint that has just read it. Those repeated 16 or 32
        // times are reproduced after every chunk, with at most 5 of 32 tokens wrong.
        var canaries = new List<(int Chunk, int Repetitions, MemorizationRow Row)>();
        foreach (var chunk in suite.Chunks.Where(c => suite.RequireRecipe().Corpus.Canaries!.Chunks.Contains(c.Index)))
        {
            using var model = LlamaModel.Load(suite.Checkpoint($"{chunk.Index + 1}").Folder, Device.Cpu);
            var rows = ChunkReader.Read(chunk.Path).Where(r => r.Canary is not null).DistinctBy(r => r.Canary!.Id).ToList();
            canaries.AddRange(MemorizationScorer.Score(model, rows).Select(r => (chunk.Index, r.CanaryRepetitions!.Value, r)));
        }

        Assert.Equal(26 * 6, canaries.Count);
        Assert.All(canaries.Where(c => c.Repetitions >= 16), c => Assert.True(
            c.Row.Match >= 27, $"chunk {c.Chunk}: {c.Row.Match} of 32 tokens of the canary repeated {c.Repetitions} times"));
        Assert.Equal(52, canaries.Count(c => c.Repetitions <= 2 && c.Row.Match <= 1));

        var memorised = await MemorisedAsync(suite, llm360.Home);
        Assert.All(Enum.GetValues<RecallClass>(), c => Assert.Contains(memorised, r => r.Class == c));
        Assert.All(memorised.Where(r => r.Class == RecallClass.Reconstruct), r => Assert.Equal("series", r.Source));
    }

    /// <summary>
    /// The sequences of ordinary text that notebook 04 classifies. No other test runs meanwhile
    /// that could read the variable.
    /// </summary>
    private static async Task<IReadOnlyList<RecallRow>> MemorisedAsync(Suite suite, string home)
    {
        Environment.SetEnvironmentVariable(Workspace.HomeVariable, home);
        try
        {
            var scores = await suite.Memorization(new(SequencesPerChunk: 256, TokenMetrics: true))
                .ScoreAsync([suite.Checkpoints[^1]], suite.Chunks.Every(6), new() { Device = Device.Cpu });
            return (await scores.DuplicatesAsync(promptLength: 16, continuationLength: 16)).Classify().Rows;
        }
        finally
        {
            Environment.SetEnvironmentVariable(Workspace.HomeVariable, null);
        }
    }
}
