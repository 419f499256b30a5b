// Every analysis keeps canaries with equal repetitions in one chunk apart.

namespace Llm360.Notebooks.Tests;

public sealed class EqualCanariesTests
{
    [Fact]
    public async Task Each_canary_is_one_row_of_every_analysis_that_counts_canaries_once()
    {
        var stop = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        var pico = Suites.Recipe("pico");
        var manifest = pico with
        {
            Name = $"equal-{Guid.NewGuid():N}",
            Expected = null,
            Weights = null,
            Corpus = pico.Corpus with
            {
                Chunks = 2,
                Canaries = pico.Corpus.Canaries! with { Repetitions = [3, 3], Chunks = [1], Controls = 0 },
            },
            Training = pico.Training with { OptimizerStates = [2] },
        };
        var suite = await new SuiteTrainer(manifest, folder["suite"]).TrainAsync(new(Cancellation: stop));
        string[] ids = [.. Canary.ReadAll(folder["suite", SuiteLayout.Canaries]).Select(c => c.Id).Order()];
        Assert.Equal(2, ids.Length);
        var analysis = suite.Memorization(new(16, 16, 4, TokenMetrics: true));
        try
        {
            var scores = await analysis.ScoreAsync(options: new() { Device = Device.Cpu, Cancellation = stop });
            var stored = await analysis.ScoreAsync(options: new() { Device = Device.Cpu, Cancellation = stop });
            foreach (var rows in new[] { scores.Rows, stored.Rows })
            {
                Assert.Equal(ids.SelectMany(id => Enumerable.Repeat(id, 3 * 3)), rows.Select(r => r.Canary).OfType<string>().Order());
                Assert.All(rows, r => Assert.Equal(r.Canary is null, r.CanaryRepetitions is null));
            }

            foreach (var checkpoint in suite.Checkpoints)
            {
                var canaries = scores.Latent().Rows.Where(r => r.Checkpoint == checkpoint.Index && r.Canary is not null);
                Assert.Equal(ids, canaries.Select(r => r.Canary).Order());
            }

            var counterfactual = await analysis.CounterfactualAsync(options: new() { Device = Device.Cpu, Cancellation = stop });
            Assert.Equal(ids, counterfactual.Rows.Select(r => r.Canary).OfType<string>().Order());
            var duplicates = await scores.DuplicatesAsync(run: new(Cancellation: stop));
            Assert.All(duplicates.Rows.Where(r => r.Canary is not null), r => Assert.Equal(3, r.Duplicates));
            Assert.Contains("n = 2 canaries", Figures.CanariesByRepetition(scores).Subtitle, StringComparison.Ordinal);
            Assert.Contains("n = 8 sequences of text and 2 canaries", Figures.ScoreByDuplicates(duplicates).Subtitle,
                StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(analysis.Store.Folder, recursive: true);
        }
    }
}
