// A kernel that is killed, restarted or out of memory: the client sees an answer or an end.
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Jupyter;
using Llm360.Notebooks.Kernel.Tests.Jupyter;

namespace Llm360.Notebooks.EndToEnd.Jupyter;

public sealed class KernelProcessTests : IDisposable
{
    // The number of kills. LLM360_KILLS=50 takes about two minutes.
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("LLM360_KILLS") ?? "6", CultureInfo.InvariantCulture);

    private readonly Llm360Command llm360 = new();
    private readonly ConnectionFile connection = KernelClient.Free();

    public void Dispose() => llm360.Dispose();

    [Fact]
    public async Task A_killed_kernel_leaves_its_ports_and_no_process()
    {
        for (var i = 0; i < Kills; i++)
        {
            await using var kernel = new KernelProcess(llm360, connection);
            var client = kernel.Client.Ready();

            // Kill the kernel while it is idle, in a loop, or sending outputs.
            Assert.Equal("1", client.Run("var n = 1; n").Published[^1].Content["data"]!["text/plain"]!.ToString());
            if (i % 3 > 0)
            {
                client.Execute(i % 3 == 1 ? "Console.WriteLine(\"on\"); while (true) { }" : "while (true) Console.WriteLine(\"on\");");
                client.Until(message => message.Type == "stream");
            }

            kernel.Process.Kill();
            await kernel.EndAsync();
            Assert.Empty(StartedProcesses());
            int[] ports =
            [
                connection.ShellPort, connection.ControlPort, connection.StdinPort, connection.IOPubPort, connection.HeartbeatPort,
            ];
            Assert.All(ports, BindAndRelease);
        }
    }

    [Fact]
    public async Task A_restart_ends_the_process_whatever_its_cells_left_running()
    {
        await using (var kernel = new KernelProcess(llm360, connection))
        {
            var client = kernel.Client.Ready();
            client.Run("var n = 7; new Thread(() => { while (true) Thread.Sleep(1000); }).Start();");
            var running = client.Execute("Console.WriteLine(\"on\"); while (true) { }");
            client.Until(message => message.Type == "stream");
            var reply =
                client.Reply(client.Control, client.Send(client.Control, "shutdown_request", new JsonObject { ["restart"] = true }));
            Assert.True(reply.Content["restart"]!.GetValue<bool>());
            Assert.Equal("Cancelled", client.Reply(client.Shell, running).Content["ename"]!.ToString());
            Assert.Equal(0, await kernel.EndAsync());
        }

        await using var next = new KernelProcess(llm360, connection);
        var (missing, _) = next.Client.Ready().Run("n");
        Assert.Equal(("CS0103", 1), (missing["ename"]!.ToString(), missing["execution_count"]!.GetValue<int>()));
    }

    [Theory]
    [InlineData("new Thread(() => throw new IOException(\"stray\")).Start();")]
    [InlineData("async void Later() { await Task.Yield(); throw new IOException(\"stray\"); } Later();")]
    [InlineData("var timer = new Timer(_ => throw new IOException(\"stray\"), null, 1, Timeout.Infinite);")]
    [InlineData("ThreadPool.QueueUserWorkItem(_ => throw new IOException(\"stray\"));")]
    public async Task An_exception_of_a_background_thread_is_told_and_the_process_lives(string code)
    {
        await using var kernel = new KernelProcess(llm360, connection);
        var client = kernel.Client.Ready();
        var (reply, published) = client.Run(code);
        Assert.Equal("ok", reply["status"]!.ToString());
        var told = published.Find(message => message.Type == "stream") ?? client.Until(message => message.Type == "stream");
        Assert.Contains("System.IO.IOException: stray", told.Content["text"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal("2", client.Run("1 + 1").Published[^1].Content["data"]!["text/plain"]!.ToString());
    }

    [Fact]
    public async Task A_cell_that_takes_all_memory_is_told_so_and_the_next_runs()
    {
        llm360.Variables["DOTNET_GCHeapHardLimit"] = "0x10000000";
        await using var kernel = new KernelProcess(llm360, connection);
        var client = kernel.Client.Ready();
        var (reply, _) = client.Run("var all = new List<byte[]>(); while (true) all.Add(new byte[1 << 20]);");
        Assert.Equal("System.OutOfMemoryException", reply["ename"]!.ToString());
        Assert.Contains("what to do", string.Join('\n', reply["traceback"]!.AsArray()), StringComparison.Ordinal);

        // Earlier values still exist and can be released.
        foreach (var code in new[] { "if (all.Count < 10) throw new Exception();", "all = null;", "var again = new byte[20 << 20];" })
            Assert.Equal("", string.Join('\n', client.Run(code).Reply["traceback"]?.AsArray() ?? []));
    }

    // Allocates small objects until no memory is left, so that any next step may fail.
    [Fact]
    public async Task A_kernel_without_a_byte_left_answers_or_ends()
    {
        llm360.Variables["DOTNET_GCHeapHardLimit"] = "0x10000000";
        await using (var kernel = new KernelProcess(llm360, connection))
        {
            kernel.Client.Ready();
            var reply =
                kernel.ReplyOrEnd("class Node { public Node? Next; } Node? head = null; while (true) head = new Node { Next = head };");
            for (var i = 0; i < 12 && reply is not null; i++)
            {
                Assert.Contains(reply.Content["status"]!.ToString(), new[] { "ok", "error", "aborted" });
                reply = kernel.ReplyOrEnd("while (true) head = new Node { Next = head };");
            }

            if (reply is null)
            {
                Assert.NotEqual(0, await kernel.EndAsync());
                Assert.Contains("memory", kernel.Errors, StringComparison.OrdinalIgnoreCase);
            }
        }

        await using var next = new KernelProcess(llm360, connection);
        Assert.Equal("ok", next.Client.Ready().Run("1").Reply["status"]!.ToString());
    }

    private static void BindAndRelease(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
    }

    // Processes started by a kernel of this test have its folder in their environment, even after
    // the kernel has ended.
    private List<string> StartedProcesses() => !OperatingSystem.IsLinux() ? [] :
        [.. Directory.EnumerateDirectories("/proc")
            .Where(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out _))
            .Where(IsOurs)];

    private bool IsOurs(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "environ")).Contains($"LLM360_HOME={llm360.Home}\0", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
