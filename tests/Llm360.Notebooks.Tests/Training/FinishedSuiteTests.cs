// Lost or damaged files of a finished suite are named, and only --restart trains again.

namespace Llm360.Notebooks.Tests;

public sealed class FinishedSuiteTests(PicoSuite pico)
{
    private static readonly SuiteRecipe Manifest = HalfTrainedPico.Manifest;

    [Theory]
    [InlineData(SuiteLayout.Metrics, "--restart")]
    [InlineData($"ckpt_000/{SuiteLayout.Optimizer}", "all 4 chunks")]
    [InlineData($"ckpt_004/{SuiteLayout.Optimizer}", "all 4 chunks")]
    [InlineData($"ckpt_004/{SuiteLayout.Weights}", "all 4 chunks")]
    [InlineData($"ckpt_002/{SuiteLayout.Tokenizer}", "another checkpoint")]
    [InlineData($"ckpt_002/{SuiteLayout.Config}", "another checkpoint")]
    [InlineData("ckpt_004/", "all 4 chunks")]
    [InlineData("ckpt_002/", "all 4 chunks")]
    public async Task A_lost_part_is_named_with_its_cost_and_stays_lost(string lost, string cost)
    {
        foreach (var hasList in new[] { true, false })
        {
            using var folder = SuiteFolder.CopyOf(pico.Suite.Folder);
            if (!hasList)
                File.Delete(folder[SuiteLayout.Files]);
            if (lost.EndsWith('/'))
                Directory.Delete(folder[lost], recursive: true);
            else
                File.Delete(folder[lost]);
            var before = SuiteFolder.Contents(folder.Path);
            if (!hasList && lost is "ckpt_004/" or $"ckpt_004/{SuiteLayout.Weights}" && !File.Exists(folder[SuiteLayout.Files]))
            {
                // No file shows that the training was finished; even so, nothing is trained again.
                var error = await Assert.ThrowsAsync<Llm360Exception>(() => new SuiteTrainer(Manifest, folder.Path).TrainAsync());
                Assert.Contains("--restart", error.Remedy, StringComparison.Ordinal);
            }
            else
            {
                var trainer = new SuiteTrainer(Manifest, folder.Path);
                Assert.True(trainer.IsComplete);
                var check = SuiteCheck.Sizes(await trainer.TrainAsync(new(Cancellation: CancellationToken.None)));
                Assert.Equal((lost, FileState.Missing), Assert.Single(check.Differences) is var d ? (d.Path, d.State) : default);
                Assert.Contains(cost, check.Remedy, StringComparison.Ordinal);
            }

            Assert.Equal(before, SuiteFolder.Contents(folder.Path));
        }
    }

    [Fact]
    public async Task A_file_that_was_cut_is_named()
    {
        using var folder = SuiteFolder.CopyOf(pico.Suite.Folder);
        File.WriteAllBytes(folder["ckpt_001", SuiteLayout.Weights], File.ReadAllBytes(folder["ckpt_001", SuiteLayout.Weights])[..1000]);
        File.WriteAllBytes(folder["ckpt_003", SuiteLayout.Config], []);
        var before = SuiteFolder.Contents(folder.Path);
        var check = SuiteCheck.Sizes(await new SuiteTrainer(Manifest, folder.Path).TrainAsync(new(Cancellation: CancellationToken.None)));
        Assert.Equal([$"ckpt_001/{SuiteLayout.Weights}", $"ckpt_003/{SuiteLayout.Config}"], check.Differences.Select(d => d.Path));
        Assert.All(check.Differences, d => Assert.Equal(FileState.Size, d.State));
        Assert.Equal(before, SuiteFolder.Contents(folder.Path));
    }

    [Fact]
    public async Task A_suite_without_its_log_opens_and_its_log_says_what_it_costs()
    {
        using var folder = SuiteFolder.CopyOf(pico.Suite.Folder);
        File.Delete(folder[SuiteLayout.Metrics]);
        var suite = Suites.Open(folder.Path);
        Assert.Equal(5, suite.Checkpoints.Count);
        Assert.Contains("--restart", (await Assert.ThrowsAsync<Llm360Exception>(suite.MetricsAsync)).Remedy, StringComparison.Ordinal);
        // The error for a damaged log must not suggest a step that restarts the training.
        File.WriteAllText(folder[SuiteLayout.Metrics], "damaged");
        var damaged = await Assert.ThrowsAsync<Llm360Exception>(suite.MetricsAsync);
        Assert.DoesNotContain("makes it again", damaged.Remedy, StringComparison.Ordinal);
        Assert.Contains("copy", damaged.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train/train_001.jsonl")]
    [InlineData(SuiteLayout.Validation)]
    [InlineData(SuiteLayout.Canaries)]
    public async Task A_lost_part_of_the_corpus_is_made_again_and_named(string lost)
    {
        using var folder = SuiteFolder.CopyOf(pico.Suite.Folder);
        File.Delete(folder[lost]);
        var trainer = new SuiteTrainer(Manifest, folder.Path);
        var suite = await trainer.TrainAsync(new(Cancellation: CancellationToken.None));
        Assert.StartsWith(lost, Assert.Single(trainer.Warnings), StringComparison.Ordinal);
        Assert.Empty((await SuiteCheck.ContentAsync(suite)).Differences);
        Assert.Equal(SuiteFolder.Trained(pico.Suite.Folder), SuiteFolder.Trained(folder.Path));
    }

    [Fact]
    public async Task Restart_from_a_checkpoint_trains_what_comes_after_it_and_no_more()
    {
        var manifest = Manifest with { Training = Manifest.Training with { OptimizerStates = [0, 2, 4] } };
        using var folder = new TemporaryFolder();
        await new SuiteTrainer(manifest, folder.Path).TrainAsync(new(Cancellation: CancellationToken.None));
        var whole = SuiteFolder.Trained(folder.Path);
        SuiteFolder.FlipBit(folder["ckpt_003", SuiteLayout.Weights]);
        var suite = Suite.OpenFolder(folder.Path);
        var damaged = await SuiteCheck.ContentAsync(suite);
        Assert.Contains("--restart 2: it trains 2 of 4 chunks again", damaged.Remedy, StringComparison.Ordinal);

        var steps = new List<double>();
        var trainer = new SuiteTrainer(manifest, folder.Path) { Restart = 2 };
        var watch = new Immediate(p => steps.AddRange(p.Unit == "steps" ? [p.Done] : []));
        await trainer.TrainAsync(new(Progress: watch, Cancellation: CancellationToken.None));
        Assert.Equal([9, 10, 11, 12, 13, 14, 15, 16], steps);
        Assert.Equal(whole, SuiteFolder.Trained(folder.Path));
        Assert.Empty((await SuiteCheck.ContentAsync(suite)).Differences);
        Assert.Equal(Enumerable.Range(0, 16).Select(s => (long)s), (await suite.MetricsAsync()).Select(m => m.Step));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(9)]
    [InlineData(4)]
    [InlineData(-1)]
    public async Task Restart_from_a_checkpoint_without_optimizer_state_is_refused(int checkpoint)
    {
        using var folder = SuiteFolder.CopyOf(pico.Suite.Folder);
        var before = SuiteFolder.Contents(folder.Path);
        var trainer = new SuiteTrainer(Manifest, folder.Path) { Restart = checkpoint };
        await Assert.ThrowsAsync<Llm360Exception>(() => trainer.TrainAsync(new(Cancellation: CancellationToken.None)));
        Assert.Equal(before, SuiteFolder.Contents(folder.Path));
    }

    [Fact]
    public async Task Restart_from_a_damaged_checkpoint_deletes_nothing()
    {
        var manifest = Manifest with { Training = Manifest.Training with { OptimizerStates = [0, 2, 4] } };
        using var folder = new TemporaryFolder();
        await new SuiteTrainer(manifest, folder.Path).TrainAsync(new(Cancellation: CancellationToken.None));
        SuiteFolder.FlipBit(folder["ckpt_002", SuiteLayout.Optimizer]);
        var before = SuiteFolder.Contents(folder.Path);
        var trainer = new SuiteTrainer(manifest, folder.Path) { Restart = 2 };
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => trainer.TrainAsync(new(Cancellation: CancellationToken.None)));
        Assert.Contains($"ckpt_002/{SuiteLayout.Optimizer}", error.What, StringComparison.Ordinal);
        Assert.Equal(before, SuiteFolder.Contents(folder.Path));
    }
}
