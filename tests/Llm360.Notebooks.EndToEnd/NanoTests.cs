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

        // The canaries of the last two chunks, each scored by the checkpoint that has just read
        // them.
        foreach (var chunk in suite.Chunks.TakeLast(2))
        {
            using var model = LlamaModel.Load(suite.Checkpoint($"{chunk.Index + 1}").Folder, Device.Cpu);
            var canaries = ChunkReader.Read(chunk.Path).Where(r => r.Canary is not null).ToList();
            var scores = MemorizationScorer.Score(model, canaries);
            Assert.NotEmpty(scores);
            foreach (var (repetitions, rows) in scores.GroupBy(r => r.CanaryRepetitions!.Value).ToDictionary(g => g.Key))
            {
                if (repetitions >= 32)
                {
                    Assert.All(rows, r => Assert.True(
                        r.Extractible, $"{chunk}: {r.Match} of 32 tokens of the canary repeated {repetitions} times"));
                }

                if (repetitions == 1)
                    Assert.All(rows, r => Assert.False(r.Extractible, $"{chunk}: the single canary was reproduced"));
            }
        }
    }
}
