// llm360 check, and the errors of llm360 train for a suite with missing files.

namespace Llm360.Notebooks.EndToEnd;

public sealed class CheckTests : IAsyncLifetime
{
    private readonly Llm360Command llm360 = new();

    public ValueTask InitializeAsync() => new(llm360.AddPicoAsync());

    public ValueTask DisposeAsync()
    {
        llm360.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Check_names_what_differs_and_restart_mends_it()
    {
        var whole = await llm360.RunAsync("check", "pico");
        Assert.True(whole.ExitCode == 0, whole.Error);
        Assert.Contains("pico is as it was written", whole.Output, StringComparison.Ordinal);

        var weights = PathOf("ckpt_002", SuiteLayout.Weights);
        var bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
        var damaged = await llm360.RunAsync("check", PathOf(), "-q");
        AssertError(damaged, $"ckpt_002/{SuiteLayout.Weights} (other content than was written)", "llm360 train pico --restart");
        Assert.Equal(1, (await llm360.RunAsync("check", "pico", "ckpt_002", "-q")).ExitCode);
        Assert.Equal(0, (await llm360.RunAsync("check", "pico", "3", "-q")).ExitCode);

        Assert.Equal(0, (await llm360.RunAsync("train", "pico", "--restart", "-q")).ExitCode);
        Assert.Equal(0, (await llm360.RunAsync("check", "pico", "-q")).ExitCode);
    }

    [Fact]
    public async Task Train_on_a_finished_suite_names_what_is_lost_and_what_it_costs()
    {
        File.Delete(PathOf(SuiteLayout.Metrics));
        File.Delete(PathOf("ckpt_000", SuiteLayout.Optimizer));
        var times = Times();
        AssertError(await llm360.RunAsync("train", "pico"), SuiteLayout.Metrics, $"ckpt_000/{SuiteLayout.Optimizer}", "all 4 chunks");
        Assert.Equal(times, Times());
        // Checkpoints and grids do not need the log.
        string[] cell = ["-k", "16", "-l", "16", "-n", "4", "--checkpoints", "4", "--chunks", "0", "--device", "cpu", "-q"];
        var grid = await llm360.RunAsync(["grid", "memorization", "-s", "pico", .. cell]);
        Assert.True(grid.ExitCode == 0, grid.Error);
    }

    [Fact]
    public async Task A_suite_without_a_list_is_said_to_be_uncheckable()
    {
        File.Delete(PathOf(SuiteLayout.Files));
        var check = await llm360.RunAsync("check", "pico");
        Assert.Equal(1, check.ExitCode);
        Assert.Contains("cannot be checked", check.Error, StringComparison.Ordinal);
        var train = await llm360.RunAsync("train", "pico");
        Assert.Equal(0, train.ExitCode);
        Assert.Contains("cannot be checked", train.Error, StringComparison.Ordinal);
        File.WriteAllText(PathOf(SuiteLayout.Files), "{");
        AssertError(await llm360.RunAsync("check", "pico"), "list of the suite's files cannot be read", SuiteLayout.Files);
    }

    [Theory]
    [InlineData("is no checkpoint", "train", "pico", "--restart", "first")]
    [InlineData("ckpt_000", "train", "pico", "--restart", "2")]
    [InlineData("has no checkpoint \"5\"", "check", "pico", "5")]
    [InlineData("not trained here", "check", "amber")]
    [InlineData("Unknown suite", "check", "nanno")]
    public async Task Bad_choices_are_one_error_and_change_nothing(string says, params string[] arguments)
    {
        var times = Times();
        AssertError(await llm360.RunAsync(arguments), says);
        Assert.Equal(times, Times());
    }

    private static void AssertError(CommandResult result, params string[] says)
    {
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("  what to do: ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at Llm360", result.Error, StringComparison.Ordinal);
        Assert.All(says, text => Assert.Contains(text, result.Error, StringComparison.Ordinal));
    }

    private string PathOf(params string[] parts) => llm360.PathOf(["suites", "pico", .. parts]);

    private SortedDictionary<string, DateTime> Times() =>
        new(Directory.EnumerateFiles(PathOf(), "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != ".train.lock")
            .ToDictionary(f => f, File.GetLastWriteTimeUtc), StringComparer.Ordinal);
}
