// Before the first step, training checks its starting files against the list of files.
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class ResumeChecksTests(HalfTrainedPico half, PicoSuite pico) : IClassFixture<HalfTrainedPico>
{
    private const string Weights = $"ckpt_002/{SuiteLayout.Weights}", Optimizer = $"ckpt_002/{SuiteLayout.Optimizer}";

    [Theory]
    [InlineData(Weights, "--restart")]
    [InlineData(Optimizer, "--restart")]
    [InlineData(SuiteLayout.Metrics, "away")]
    [InlineData($"ckpt_002/{SuiteLayout.Config}", "another checkpoint")]
    [InlineData($"ckpt_002/{SuiteLayout.Tokenizer}", "another checkpoint")]
    public async Task One_flipped_bit_is_one_error_and_nothing_is_changed(string damaged, string remedy)
    {
        using var folder = SuiteFolder.CopyOf(half.Folder);
        SuiteFolder.FlipBit(folder[damaged]);
        await AssertRefusedAsync(folder, damaged, "llm360 check pico", remedy);
    }

    [Fact]
    public async Task Another_count_of_steps_in_the_optimizer_state_is_an_error()
    {
        using var folder = SuiteFolder.CopyOf(half.Folder);
        using (var state = StateDict.Open(folder[Optimizer]))
        {
            var names = state.Entries.Select(e => e.Key).ToList();
            using var scope = torch.NewDisposeScope();
            var tensors = names.Select(n => (n, n == "step" ? torch.tensor(new[] { 7L }) : state.View(n).clone()));
            SafetensorsWriter.Write(folder["changed"], [.. tensors]);
        }

        File.Move(folder["changed"], folder[Optimizer], overwrite: true);
        await AssertRefusedAsync(folder, Optimizer);
    }

    [Fact]
    public async Task A_log_that_lost_rows_is_an_error()
    {
        using var folder = SuiteFolder.CopyOf(half.Folder);
        var rows = await ParquetRows.ReadAsync<TrainingStep>(folder[SuiteLayout.Metrics], TestContext.Current.CancellationToken);
        await ParquetRows.WriteAsync(folder[SuiteLayout.Metrics], [.. rows.Where(r => r.Step is not (2 or 3))]);
        await AssertRefusedAsync(folder, SuiteLayout.Metrics);
    }

    [Theory]
    [InlineData(Weights)]
    [InlineData(Optimizer)]
    [InlineData($"ckpt_002/{SuiteLayout.Config}")]
    [InlineData("ckpt_002")]
    public async Task A_lost_file_is_named_and_nothing_is_trained_again(string lost)
    {
        using var folder = SuiteFolder.CopyOf(half.Folder);
        Delete(folder[lost]);
        await AssertRefusedAsync(folder, lost);
    }

    [Theory]
    [InlineData(SuiteLayout.Validation)]
    [InlineData(SuiteLayout.Canaries)]
    [InlineData("train/train_000.jsonl")]
    [InlineData("train/train_003.jsonl")]
    public async Task A_damaged_part_of_the_corpus_is_made_again_and_named(string damaged)
    {
        using var folder = SuiteFolder.CopyOf(half.Folder);
        SuiteFolder.FlipBit(folder[damaged]);
        var trainer = Trainer(folder);
        await trainer.TrainAsync(new(Cancellation: CancellationToken.None));
        Assert.Contains(trainer.Warnings, w => w.StartsWith(damaged, StringComparison.Ordinal));
        Assert.Equal(SuiteFolder.Trained(pico.Suite.Folder), SuiteFolder.Trained(folder.Path));
    }

    [Theory]
    [InlineData("ckpt_001")]
    [InlineData($"ckpt_001/{SuiteLayout.Tokenizer}")]
    public async Task A_lost_checkpoint_that_is_not_needed_is_named_and_stays_lost(string lost)
    {
        using var folder = SuiteFolder.CopyOf(half.Folder);
        Delete(folder[lost]);
        var trainer = Trainer(folder);
        var suite = await trainer.TrainAsync(new(Cancellation: CancellationToken.None));
        Assert.Contains(trainer.Warnings, w => w.StartsWith(lost, StringComparison.Ordinal));
        Assert.StartsWith(lost, Assert.Single(SuiteCheck.Sizes(suite).Differences).Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_its_log_training_goes_on_and_marks_the_gap()
    {
        using var folder = SuiteFolder.CopyOf(half.Folder);
        File.Delete(folder[SuiteLayout.Metrics]);
        var trainer = Trainer(folder);
        var suite = await trainer.TrainAsync(new(Cancellation: CancellationToken.None));
        Assert.Contains(trainer.Warnings, w => w.Contains("steps 0 to 7", StringComparison.Ordinal));
        Assert.Equal(SuiteFolder.Trained(pico.Suite.Folder), SuiteFolder.Trained(folder.Path));
        var log = await suite.MetricsAsync();
        Assert.Equal((8, 8L, 8L), (log.Count, log[0].Step, log[0].MissingBefore));
        Assert.All(log.Skip(1), row => Assert.Null(row.MissingBefore));
        Assert.Empty((await SuiteCheck.ContentAsync(suite)).Differences);
    }

    [Fact]
    public async Task A_suite_that_has_no_list_goes_on_says_that_it_cannot_be_checked_and_gets_one()
    {
        using var folder = SuiteFolder.CopyOf(half.Folder);
        File.Delete(folder[SuiteLayout.Files]);
        var rows = await ParquetRows.ReadAsync<TrainingStep>(folder[SuiteLayout.Metrics], TestContext.Current.CancellationToken);
        await ParquetRows.WriteAsync(folder[SuiteLayout.Metrics], [.. rows.Where(r => r.Step is not (2 or 3))]);
        var trainer = Trainer(folder);
        var suite = await trainer.TrainAsync(new(Cancellation: CancellationToken.None));
        Assert.Contains(trainer.Warnings, w => w.Contains("cannot be checked", StringComparison.Ordinal));
        Assert.Contains(trainer.Warnings, w => w.Contains("steps 2 to 3", StringComparison.Ordinal));
        Assert.Equal(SuiteFolder.Trained(pico.Suite.Folder), SuiteFolder.Trained(folder.Path));
        var gap = Assert.Single(await suite.MetricsAsync(), r => r.MissingBefore is not null);
        Assert.Equal((4L, 2L), (gap.Step, gap.MissingBefore));
        var check = await SuiteCheck.ContentAsync(suite);
        Assert.Empty(check.Differences);
        // The files of checkpoints 0 to 2 and one optimizer state. Later files were listed when
        // they were written.
        Assert.Equal(3 * 4 + 1, check.Found);
    }

    [Fact]
    public async Task A_suite_without_list_and_optimizer_states_is_not_trained_again()
    {
        using var folder = SuiteFolder.CopyOf(half.Folder);
        File.Delete(folder[SuiteLayout.Files]);
        File.Delete(folder[Optimizer]);
        await AssertRefusedAsync(folder, "ckpt_001, ckpt_002", "--restart");
    }

    [Fact]
    public async Task A_recipe_that_is_missing_is_an_error()
    {
        using var folder = SuiteFolder.CopyOf(half.Folder);
        File.Delete(folder[SuiteLayout.Manifest]);
        await AssertRefusedAsync(folder, SuiteLayout.Manifest);
    }

    [Fact]
    public async Task Restart_is_the_way_out()
    {
        using var folder = SuiteFolder.CopyOf(half.Folder);
        SuiteFolder.FlipBit(folder[Optimizer]);
        var trainer = new SuiteTrainer(HalfTrainedPico.Manifest, folder.Path) { Restart = 0 };
        var suite = await trainer.TrainAsync(new(Cancellation: CancellationToken.None));
        Assert.Equal(SuiteFolder.Trained(pico.Suite.Folder), SuiteFolder.Trained(folder.Path));
        Assert.Empty((await SuiteCheck.ContentAsync(suite)).Differences);
    }

    private static SuiteTrainer Trainer(TemporaryFolder folder) => new(HalfTrainedPico.Manifest, folder.Path);

    private static void Delete(string path)
    {
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        else
            File.Delete(path);
    }

    private static async Task AssertRefusedAsync(TemporaryFolder folder, params string[] says)
    {
        var before = SuiteFolder.Contents(folder.Path);
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => Trainer(folder).TrainAsync(new(Cancellation: CancellationToken.None)));
        Assert.All(says, text => Assert.Contains(text, error.Message, StringComparison.Ordinal));
        Assert.Equal(before, SuiteFolder.Contents(folder.Path));
    }
}
