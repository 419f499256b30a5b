// Stopping a cell, whatever it does: the state stays and the next cell runs.
using Llm360.Notebooks.Kernel.Execution;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Execution;

public sealed class StopTests : IDisposable
{
    private readonly RecordingSink sink = new();
    private readonly CSharpSession session;

    public StopTests() => session = new CSharpSession(sink, new SessionOptions { StopPatience = Timeout.InfiniteTimeSpan });

    public void Dispose() => session.Dispose();

    // None of these ends by itself, so that a missing check makes the test hang instead of slowing
    // it.
    [Theory]
    [InlineData("while (true) { }")]
    [InlineData("for (;;) { try { n = 1 / zero; } catch { n++; } }")]
    [InlineData("do { try { n++; } finally { n--; } } while (true);")]
    [InlineData("again: goto again;")]
    [InlineData("long Forever(long i) { while (i >= 0) i ^= 1; return i; } Forever(1);")]
    [InlineData("Func<int, bool> all = x => true; while (all(1)) { }")]
    [InlineData("IEnumerable<int> Endless() { while (true) yield return 1; } Endless().LongCount();")]
    [InlineData("Enumerable.Repeat(1, int.MaxValue).SelectMany(x => Enumerable.Repeat(x, int.MaxValue)).LongCount(x => x > 0);")]
    [InlineData("Enumerable.Repeat(1, int.MaxValue).AsParallel().SelectMany(x => Enumerable.Repeat(x, int.MaxValue)).Count(x => x > 0);")]
    [InlineData("await Task.Yield(); while (true) { }")]
    [InlineData("async Task Spin() { await Task.Delay(1); while (true) { } } await Spin();")]
    [InlineData("await Task.Run(() => { while (true) { } });")]
    [InlineData("Parallel.For(0, 4, i => { while (true) { } });")]
    [InlineData("Thread.Sleep(Timeout.Infinite);")]
    [InlineData("Thread.Sleep(TimeSpan.FromDays(1));")]
    [InlineData("await Task.Delay(Timeout.Infinite, AmbientWork.Cancellation);")]
    [InlineData("new Thread(() => { while (true) { } }).Start(); while (true) { }")]
    public async Task A_cell_stops_and_keeps_what_it_had_set(string endless)
    {
        Assert.Equal(CellStatus.Ok, (await session.ExecuteAsync("int n = 0, zero = 0;", TestContext.Current.CancellationToken)).Status);
        var result = await StopAsync($"var reached = 5;\nConsole.WriteLine(\"on\");\n{endless}\nreached = 6;");
        Assert.Equal(CellStatus.Cancelled, result.Status);
        const string code = "var sum = 0; for (var i = 0; i < 1000; i++) sum += i; reached + sum";
        Assert.Equal(CellStatus.Ok, (await session.ExecuteAsync(code, TestContext.Current.CancellationToken)).Status);
        Assert.Equal("499505", sink.LastPlain);
    }

    [Fact]
    public async Task Cleanup_runs_while_a_cell_is_stopped()
    {
        await session.ExecuteAsync(
            "class Held : IDisposable { "
                + "public void Dispose() { for (var i = 0; i < 3; i++) Console.WriteLine($\"disposed {i}\"); } }",
            TestContext.Current.CancellationToken);
        await StopAsync("using (new Held())\n{\n    Console.WriteLine(\"on\");\n"
            + "    try { while (true) { } } finally { Console.WriteLine(\"finally\"); }\n}");
        Assert.Equal("on\nfinally\ndisposed 0\ndisposed 1\ndisposed 2\n", sink.Stdout);
    }

    [Fact]
    public async Task A_cell_that_waits_for_what_does_not_stop_is_left_behind_and_silent()
    {
        var quiet = new RecordingSink();
        using var impatient = new CSharpSession(quiet, new SessionOptions { StopPatience = TimeSpan.FromMilliseconds(50) });
        using var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        const string waits = "var gate = new TaskCompletionSource();\nvar resumed = false;\nConsole.WriteLine(\"on\");\n"
            + "await gate.Task;\nresumed = true;\nConsole.WriteLine(\"off\");";
        var running = impatient.ExecuteAsync(waits, source.Token);
        await WrittenAsync(quiet, running);
        await source.CancelAsync();
        var result = await running;
        Assert.Equal(CellStatus.Cancelled, result.Status);
        Assert.Contains("left behind", result.Error!.Message, StringComparison.Ordinal);
        const string opens = "gate.SetResult(); await Task.Delay(100); resumed";
        Assert.Equal(CellStatus.Ok, (await impatient.ExecuteAsync(opens, TestContext.Current.CancellationToken)).Status);
        Assert.Equal("False", quiet.LastPlain);
        Assert.Equal("on\n", quiet.Stdout);
    }

    [Fact]
    public async Task An_exception_of_a_thread_is_told_and_the_session_lives_on()
    {
        var result = await session.ExecuteAsync(
            "var t = new Thread(() =>\n{\n    throw new IOException(\"stray\");\n});\nt.Start();\nt.Join();\n7",
            TestContext.Current.CancellationToken);
        Assert.Equal(CellStatus.Ok, result.Status);
        Assert.Equal("7", sink.LastPlain);
        Assert.Equal(
            "A thread that a cell started ended by an exception:\nSystem.IO.IOException: stray\n  at cell 1, line 3\n",
            sink.Stderr);
    }

    [Fact]
    public async Task Expressions_are_evaluated_without_a_trace()
    {
        await session.ExecuteAsync("var n = 20;", TestContext.Current.CancellationToken);
        var (result, value) = await session.EvaluateAsync("n + 1", TestContext.Current.CancellationToken);
        Assert.Equal((CellStatus.Ok, "21"), (result.Status, value!.Data["text/plain"]!.ToString()));
        var (failed, none) = await session.EvaluateAsync("missing", TestContext.Current.CancellationToken);
        Assert.Equal(("CS0103", null), (failed.Error!.Name, none));
        await session.ExecuteAsync("n", TestContext.Current.CancellationToken);
        Assert.Equal(2, session.ExecutionCount);
        Assert.Equal("20", sink.LastPlain);
    }

    [Fact]
    public async Task A_cell_stopped_between_its_compilation_and_its_first_statement_leaves_the_session_whole()
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        sink.Streamed = () =>
        {
            // The compiler's warning is shown at just that moment.
            source.Cancel();
            AmbientWork.Cancellation.WaitHandle.WaitOne();
        };
        CellStop.Begin();
        try
        {
            var result = await session.ExecuteAsync("void F() { int unused = 1; }\nvar declared = 1;", source.Token);
            Assert.Equal(CellStatus.Cancelled, result.Status);
        }
        finally
        {
            CellStop.End();
            sink.Streamed = null;
        }

        Assert.Equal(CellStatus.Ok, (await session.ExecuteAsync("var declared = 2;", TestContext.Current.CancellationToken)).Status);
        Assert.Equal(CellStatus.Ok, (await session.ExecuteAsync("declared + 1", TestContext.Current.CancellationToken)).Status);
        Assert.Equal("3", sink.LastPlain);
    }

    [Fact]
    public async Task Warnings_are_shown_as_warnings()
    {
        var result = await session.ExecuteAsync(
            "async Task<int> Later() => 1;\nstring? s = null;\nvoid F() { int unused = 1; }",
            TestContext.Current.CancellationToken);
        Assert.Equal(CellStatus.Ok, result.Status);
        Assert.Equal(
            "cell 1, line 3, column 16: warning CS0219: The variable 'unused' is assigned but its value is never used\n"
                + "    void F() { int unused = 1; }\n" + new string(' ', 19) + "^\n",
            sink.Stderr[sink.Stderr.IndexOf("cell 1, line 3", StringComparison.Ordinal)..]);
        Assert.DoesNotContain("CS8632", sink.Stderr, StringComparison.Ordinal);
    }

    private async Task<CellResult> StopAsync(string code)
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = session.ExecuteAsync(code, source.Token);
        await WrittenAsync(sink, running);
        await source.CancelAsync();
        return await running;
    }

    private static async Task WrittenAsync(RecordingSink sink, Task<CellResult> running)
    {
        while (sink.Stdout.Length == 0)
        {
            Assert.False(running.IsCompleted, running.IsCompleted ? string.Join('\n', (await running).Error?.Traceback ?? []) : "");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }
}
