// Interrupts: the kernel answers whatever a cell does with its token, even on a busy machine.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Jupyter;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Jupyter;

public sealed class InterruptTests
{
    // How many loops are interrupted on a busy machine: LLM360_INTERRUPTS=100 takes about a minute.
    private static readonly int Rounds =
        int.Parse(Environment.GetEnvironmentVariable("LLM360_INTERRUPTS") ?? "20", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("AmbientWork.Cancellation.Register(() => throw new IOException(\"thrown\"));", "System.IO.IOException: thrown")]
    [InlineData("AmbientWork.Cancellation.Register(() => { while (true) { } });", null)]
    [InlineData("AmbientWork.Cancellation.Register(() => Thread.Sleep(Timeout.Infinite));", null)]
    [InlineData("AmbientWork.Cancellation.Register(() => new ManualResetEvent(false).WaitOne());", null)]
    [InlineData("AmbientWork.Cancellation.Register(() => new TaskCompletionSource().Task.Wait());", null)]
    [InlineData("var l = new object(); AmbientWork.Cancellation.Register(() => { lock (l) { } }); Monitor.Enter(l);", null)]
    [InlineData("AmbientWork.Cancellation.Register(() => Console.WriteLine(new string('x', 1000)));", null)]
    [InlineData(
        "var linked = CancellationTokenSource.CreateLinkedTokenSource(AmbientWork.Cancellation); "
            + "linked.Token.Register(() => throw new IOException(\"linked\"));",
        "System.IO.IOException: linked")]
    [InlineData(
        "var cycle = new CancellationTokenSource(); cycle.Token.Register(() => { int F(int n) => F(n + 1) + 1; F(0); }); "
            + "AmbientWork.Cancellation.Register(cycle.Cancel);",
        "InsufficientExecutionStackException")]
    public async Task A_callback_on_the_cells_token_runs_on_no_thread_of_the_kernel(string register, string? told)
    {
        await using var client = new KernelClient().Ready();
        var running = client.Execute(register + "\nConsole.WriteLine(\"on\");\nwhile (true) { }");
        client.Until(message => message.Type == "stream");
        Assert.Equal("ok", client.AskOn(client.Control, "interrupt_request", []).Reply["status"]!.ToString());
        Assert.Equal("Cancelled", client.Reply(client.Shell, running).Content["ename"]!.ToString());
        if (told is not null)
        {
            client.Until(message =>
                message.Type == "stream" && message.Content["text"]!.ToString().Contains(told, StringComparison.Ordinal));
        }

        Assert.Equal("ok", client.AskOn(client.Control, "kernel_info_request", []).Reply["status"]!.ToString());
        Assert.Equal("2", client.Run("1 + 1").Published[^1].Content["data"]!["text/plain"]!.ToString());
    }

    [Fact]
    public async Task A_callback_that_ends_a_wait_ends_the_cell()
    {
        await using var client = new KernelClient().Ready();
        var running = client.Execute(
            "var wait = new TaskCompletionSource(); "
            + "AmbientWork.Cancellation.Register(() => { foreach (var i in Enumerable.Range(0, 3)) { } wait.TrySetCanceled(); });\n"
            + "Console.WriteLine(\"on\");\nawait wait.Task;");
        client.Until(message => message.Type == "stream");
        client.AskOn(client.Control, "interrupt_request", []);
        Assert.Equal("The cell was cancelled.", client.Reply(client.Shell, running).Content["evalue"]!.ToString());
    }

    [Fact]
    public async Task A_loop_is_interrupted_every_time_on_a_busy_machine()
    {
        await using var client = new KernelClient().Ready();
        using var end = new CancellationTokenSource();
        var busy = Enumerable.Range(0, 2 * Environment.ProcessorCount)
            .Select(_ => new Thread(() => SpinUntil(end.Token)) { IsBackground = true })
            .ToList();
        busy.ForEach(thread => thread.Start());
        var times = new List<double>();
        for (var i = 0; i < Rounds; i++)
        {
            // Every second round interrupts as soon as the client hears that the kernel is busy.
            // The others wait until the cell runs.
            var running = client.Execute("Console.WriteLine(\"on\"); while (true) { }");
            client.Until(message => message.ParentHeader["msg_id"]?.ToString() == running && (i % 2 == 0 || message.Type == "stream"));
            var start = Stopwatch.GetTimestamp();
            client.Send(client.Control, "interrupt_request", []);
            Assert.Equal("Cancelled", client.Reply(client.Shell, running).Content["ename"]!.ToString());
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            client.About(running);
        }

        await end.CancelAsync();
        busy.ForEach(thread => thread.Join());
        var (slowest, median) = (times.Max(), times.Order().ElementAt(Rounds / 2));
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Rounds} interrupts, the slowest after {slowest:0.000} s, the median after {median:0.000} s"));
    }

    [Fact]
    public async Task An_interrupt_before_a_request_has_begun_stops_it_and_no_later_one()
    {
        using var channels = new Channels(KernelClient.Free(), _ => { });
        using var outputs = new ClientOutputs(channels);
        using var executes = new ExecuteRequests(channels, outputs, new ClientInput(channels, outputs), new History(), new KernelOptions());
        executes.Interrupt(received: 1);
        Assert.Equal("Cancelled", (await Execute(1, "while (true) { }"))["ename"]!.ToString());
        Assert.Equal("ok", (await Execute(2, "1"))["status"]!.ToString());

        async Task<JsonObject> Execute(long number, string code)
        {
            executes.Begin(number);
            var reply = await executes.ExecuteAsync(new Message([], [], [], new JsonObject { ["code"] = code }), () => { });
            executes.End();
            return reply;
        }
    }

    private static void SpinUntil(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
            Thread.SpinWait(1000);
    }
}
