// llm360 grid: shards of one store, and kills at random moments.

namespace Llm360.Notebooks.EndToEnd;

public sealed class GridTests
{
    private static readonly string[] Command =
        ["grid", "memorization", "--suite", "pico", "-k", "16", "-l", "16", "-n", "16", "--token-metrics", "--device", "cpu", "-q"];

    [Fact]
    public async Task Shards_run_at_once_make_the_bytes_of_one_run()
    {
        using var one = new Llm360Command();
        using var shared = new Llm360Command();
        foreach (var llm360 in new[] { one, shared })
            await llm360.AddPicoAsync();
        Assert.Equal(0, (await one.RunAsync(Command)).ExitCode);
        var results = await Task.WhenAll(Enumerable.Range(0, 2).Select(i => shared.RunAsync([.. Command, "--shard", $"{i}/2"])));
        Assert.All(results, r => Assert.True(r.ExitCode == 0, r.Error));
        var expected = Cells(one);
        Assert.Equal(5 * 4, expected.Count);
        Assert.Equal(expected.Keys.Order(), Cells(shared).Keys.Order());
        foreach (var (cell, path) in Cells(shared))
            Assert.True(File.ReadAllBytes(expected[cell]).AsSpan().SequenceEqual(File.ReadAllBytes(path)), cell);
        Assert.Empty(shared.Leftovers());
    }

    [Fact]
    public async Task Killed_at_random_moments_it_loses_and_repeats_at_most_the_cell_in_flight()
    {
        using var llm360 = new Llm360Command();
        await llm360.AddPicoAsync();
        var random = new Random(20231211);
        var (done, cut) = (new Dictionary<string, DateTime>(), 0);
        // With one thread, only one cell is in progress.
        string[] command = [.. Command, "--threads", "1"];
        for (var kill = 0; kill < 8; kill++)
        {
            // Kill after 1 to 3 more cells and a random delay: at any moment of the next cell.
            var cells = done.Count + random.Next(1, 4);
            var result = await llm360.RunAsync(
                async stop =>
                {
                    while (Cells(llm360).Count < cells)
                        await Task.Delay(1, stop);
                    await Task.Delay(random.Next(0, 20), stop);
                },
                command);
            cut += result.ExitCode == 0 ? 0 : 1;
            AssertKept();
        }

        Assert.True(cut >= 4, $"only {cut} of 8 kills came before the work was done");
        Assert.Equal(0, (await llm360.RunAsync(command)).ExitCode);
        AssertKept();
        Assert.Equal(5 * 4, done.Count);
        Assert.Empty(llm360.Leftovers());
        using var undisturbed = new Llm360Command();
        await undisturbed.AddPicoAsync();
        Assert.Equal(0, (await undisturbed.RunAsync(command)).ExitCode);
        foreach (var (cell, path) in Cells(undisturbed))
            Assert.True(File.ReadAllBytes(path).AsSpan().SequenceEqual(File.ReadAllBytes(Cells(llm360)[cell])), cell);

        // Finished cells are neither lost nor written again.
        void AssertKept()
        {
            var now = Cells(llm360).ToDictionary(c => c.Key, c => File.GetLastWriteTimeUtc(c.Value));
            foreach (var (cell, time) in done)
                Assert.Equal(time, now[cell]);
            done = now;
        }
    }

    [Theory]
    [InlineData("There is no shard 2/2.", "--shard", "2/2")]
    [InlineData("has no checkpoint 9.", "--checkpoints", "0-9")]
    [InlineData("chooses no chunks.", "--chunks", "first")]
    [InlineData("are needed", "-k", "64")]
    [InlineData("a seed has no effect", "--first", "--seed", "1")]
    public async Task Bad_choices_are_one_error(string says, params string[] options)
    {
        using var llm360 = new Llm360Command();
        await llm360.AddPicoAsync();
        var result = await llm360.RunAsync(["grid", "memorization", "--suite", "pico", .. options]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        Assert.Contains("what to do", result.Error, StringComparison.Ordinal);
        Assert.Empty(Cells(llm360));
        Assert.Empty(llm360.Leftovers());
    }

    [Fact]
    public async Task A_missing_part_is_an_error_and_with_the_option_the_rest_is_computed_and_the_exit_code_says_so()
    {
        using var llm360 = new Llm360Command();
        await llm360.AddPicoAsync();
        File.Delete(llm360.PathOf("suites", "pico", "ckpt_002", "model.safetensors"));
        File.Delete(llm360.PathOf("suites", "pico", "train", "train_003.jsonl"));
        var refused = await llm360.RunAsync(Command);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("ckpt_002 (no complete weights), train_003 (no file)",
            string.Join(' ', refused.Error.Split('\n').Select(l => l.Trim())), StringComparison.Ordinal);
        Assert.Empty(Cells(llm360));
        var rest = await llm360.RunAsync([.. Command, "--skip-missing"]);
        Assert.Equal(1, rest.ExitCode);
        Assert.Contains("Skipped because missing: ckpt_002", rest.Error, StringComparison.Ordinal);
        Assert.Equal(4 * 3, Cells(llm360).Count);
        var index = await llm360.RunAsync(
            "grid", "attribution", "--suite", "pico", "--method", "logra", "--set", "size=4", "--device", "cpu", "-q", "--skip-missing");
        Assert.Equal(1, index.ExitCode);
        Assert.Contains("Skipped because missing: ckpt_002", index.Error, StringComparison.Ordinal);
        Assert.Equal(4 * 3, Directory.GetFiles(llm360.PathOf("results"), "*.safetensors", SearchOption.AllDirectories).Length);
        // All chosen parts exist.
        Assert.Equal(0, (await llm360.RunAsync([.. Command, "--checkpoints", "0-1", "--chunks", "0-2"])).ExitCode);
        // For a suite in training, the command states how many checkpoints exist.
        Directory.Delete(llm360.PathOf("suites", "pico", "ckpt_004"), recursive: true);
        Directory.Delete(llm360.PathOf("suites", "pico", "ckpt_003"), recursive: true);
        Directory.Delete(llm360.PathOf("suites", "pico", "ckpt_002"), recursive: true);
        var early = await llm360.RunAsync([.. Command.Where(o => o != "-q"), "--chunks", "0-2"]);
        Assert.Equal(0, early.ExitCode);
        Assert.Contains("2 of 5 checkpoints exist", early.Output + early.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sample_another_sample_and_the_first_sequences_are_kept_apart()
    {
        using var llm360 = new Llm360Command();
        await llm360.AddPicoAsync();
        string[] command =
        [
            "grid", "memorization", "--suite", "pico", "--checkpoints", "4", "--chunks", "0",
            "-k", "8", "-l", "8", "-n", "4", "--device", "cpu",
        ];
        (string[], string)[] choices =
        [
            ([], "a sample of 4 sequences (seed 0)"),
            (["--seed", "7"], "a sample of 4 sequences (seed 7)"),
            (["--first"], "the first 4 sequences"),
        ];
        foreach (var (options, says) in choices)
        {
            var result = await llm360.RunAsync([.. command, .. options]);
            Assert.True(result.ExitCode == 0, result.Error);
            Assert.Contains(says, result.Output + result.Error, StringComparison.Ordinal);
            Assert.Contains("1 computed, 0 from the store", result.Output + result.Error, StringComparison.Ordinal);
        }

        Assert.Equal(3, Cells(llm360).Count);
    }

    private static Dictionary<string, string> Cells(Llm360Command llm360)
    {
        var results = llm360.PathOf("results");
        return Directory.Exists(results)
            ? Directory.EnumerateFiles(results, "*.parquet", SearchOption.AllDirectories)
                .ToDictionary(f => Path.GetRelativePath(results, f))
            : [];
    }
}
