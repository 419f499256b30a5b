// Comparison of a suite with its list of files: by names and sizes, and by content.

namespace Llm360.Notebooks.Tests;

public sealed class SuiteCheckTests(PicoSuite pico)
{
    [Theory]
    [InlineData($"ckpt_002/{SuiteLayout.Weights}")]
    [InlineData($"ckpt_000/{SuiteLayout.Optimizer}")]
    [InlineData($"ckpt_003/{SuiteLayout.Config}")]
    [InlineData(SuiteLayout.Metrics)]
    [InlineData(SuiteLayout.Canaries)]
    [InlineData(SuiteLayout.Validation)]
    [InlineData("train/train_001.jsonl")]
    public async Task A_flipped_bit_shows_when_everything_is_read(string damaged)
    {
        using var folder = SuiteFolder.CopyOf(pico.Suite.Folder);
        SuiteFolder.FlipBit(folder[damaged]);
        var suite = Suite.OpenFolder(folder.Path);
        Assert.Empty(SuiteCheck.Sizes(suite).Differences);
        var check = await SuiteCheck.ContentAsync(suite, run: new(Cancellation: CancellationToken.None));
        Assert.Equal((damaged, FileState.Content), Assert.Single(check.Differences) is var d ? (d.Path, d.State) : default);
        Assert.Contains(damaged, check.ToError().What, StringComparison.Ordinal);
        Assert.NotEmpty(check.Remedy);
    }

    [Fact]
    public async Task One_checkpoint_can_be_checked_alone()
    {
        using var folder = SuiteFolder.CopyOf(pico.Suite.Folder);
        SuiteFolder.FlipBit(folder["ckpt_002", SuiteLayout.Weights]);
        var suite = Suite.OpenFolder(folder.Path);
        foreach (var (name, differences) in new[] { ("3", 0), ("ckpt_002", 1) })
        {
            var check = await SuiteCheck.ContentAsync(suite, name);
            Assert.Equal((4, differences), (check.Files, check.Differences.Count));
        }

        foreach (var unknown in new[] { "5", "-6", "ckpt_9", "first", "99999999999" })
        {
            var error = await Assert.ThrowsAsync<Llm360Exception>(() => SuiteCheck.ContentAsync(suite, unknown));
            Assert.Contains("ckpt_000 to ckpt_004", error.Remedy, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Other_files_are_ignored_and_files_that_left_the_list_are_named()
    {
        using var folder = SuiteFolder.CopyOf(pico.Suite.Folder);
        File.WriteAllText(folder["notes.txt"], "mine");
        File.WriteAllText(folder["ckpt_002", "notes.txt"], "mine");
        var suite = Suite.OpenFolder(folder.Path);
        Assert.Empty((await SuiteCheck.ContentAsync(suite)).Differences);
        var list = SuiteFiles.Read(folder.Path)!;
        list.With([], without: path => path is "ckpt_002/model.safetensors" or "train/train_001.jsonl").Write(folder.Path);
        File.Delete(folder["train", "train_001.jsonl"]);
        Assert.Equal(
            [("ckpt_002/model.safetensors", FileState.NotListed), ("train/train_001.jsonl", FileState.Missing)],
            (await SuiteCheck.ContentAsync(suite)).Differences.Select(d => (d.Path, d.State)));
    }

    [Fact]
    public async Task Without_a_list_a_suite_opens_and_only_lost_files_show()
    {
        using var folder = SuiteFolder.CopyOf(pico.Suite.Folder);
        File.Delete(folder[SuiteLayout.Files]);
        SuiteFolder.FlipBit(folder["ckpt_002", SuiteLayout.Weights]);
        var suite = Suites.Open(folder.Path);
        Assert.Equal((false, 0), await SuiteCheck.ContentAsync(suite) is var check ? (check.HasList, check.Differences.Count) : default);
        File.Delete(folder["ckpt_002", SuiteLayout.Tokenizer]);
        Assert.Equal($"ckpt_002/{SuiteLayout.Tokenizer}", Assert.Single((await SuiteCheck.ContentAsync(suite)).Differences).Path);
    }

    [Fact]
    public async Task What_cannot_be_read_is_named_and_reading_can_be_stopped()
    {
        using var folder = SuiteFolder.CopyOf(pico.Suite.Folder);
        var suite = Suite.OpenFolder(folder.Path);
        using var stopped = new CancellationTokenSource();
        var told = new List<double>();
        var watch = new Immediate(p =>
        {
            lock (told)
                told.Add(p.Done / p.Total);
            stopped.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => SuiteCheck.ContentAsync(suite, run: new(Progress: watch, Cancellation: stopped.Token)));
        Assert.All(told, share => Assert.InRange(share, 0, 1));
        using var held = new FileStream(folder[SuiteLayout.Canaries], FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        var check = await SuiteCheck.ContentAsync(suite, run: new(Cancellation: CancellationToken.None));
        Assert.Equal(FileState.Unreadable, Assert.Single(check.Differences).State);
    }

    [Fact]
    public async Task A_grid_refuses_files_of_another_size_among_those_it_uses()
    {
        using var folder = SuiteFolder.CopyOf(pico.Suite.Folder);
        using var results = new TemporaryFolder();
        var chunk = folder["train", "train_001.jsonl"];
        File.WriteAllLines(chunk, File.ReadAllLines(chunk)[1..]);
        File.Delete(folder["ckpt_002", SuiteLayout.Tokenizer]);
        File.Delete(folder["ckpt_004", SuiteLayout.Optimizer]);
        var suite = Suite.OpenFolder(folder.Path);
        AssertRefused("train/train_001.jsonl", () => SuiteCheck.Require(suite.Checkpoints.Every(4), suite.Chunks));
        AssertRefused($"ckpt_002/{SuiteLayout.Tokenizer}", () => SuiteCheck.Require(suite.Checkpoints, [suite.Chunk(0)]));
        SuiteCheck.Require(suite.Checkpoints.Every(4), [suite.Chunk(0)]);
        var store = RowStores.Open(suite, results.Path);
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => Grid.FillAsync(
            store, suite.Checkpoints.Every(4), new[] { suite.Chunk(1) }.AsItems(), new GridOptions { Device = Device.Cpu }));
        Assert.Contains("train/train_001.jsonl", error.What, StringComparison.Ordinal);

        static void AssertRefused(string names, Action require) =>
            Assert.Contains(names, Assert.Throws<Llm360Exception>(require).What, StringComparison.Ordinal);
    }
}
