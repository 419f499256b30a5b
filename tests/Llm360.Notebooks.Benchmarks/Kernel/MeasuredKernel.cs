// A kernel process and the client that measures its times.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using NetMQ;
using NetMQ.Sockets;

namespace Llm360.Notebooks.Benchmarks.Kernel;

/// <summary>Started as the kernel spec says, and killed when disposed. Messages have no signature,
/// because the connection has no key.</summary>
internal sealed class MeasuredKernel : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly DealerSocket shell = new();
    private readonly DealerSocket control = new();
    private readonly SubscriberSocket iopub = new();
    private readonly Process process;

    public MeasuredKernel(JsonNode spec, string folder)
    {
        var connection = KernelCommand.Connection();
        var file = Path.Combine(folder, "connection.json");
        File.WriteAllText(file, JsonSerializer.Serialize(connection));
        var argv = spec["argv"]!.AsArray()
            .Select(part => part!.ToString().Replace("{connection_file}", file, StringComparison.Ordinal))
            .ToList();
        var start = new ProcessStartInfo(argv[0], argv.Skip(1)) { WorkingDirectory = folder };
        foreach (var (name, value) in spec["env"]!.AsObject())
            start.Environment[name] = value!.ToString();
        shell.Connect($"tcp://127.0.0.1:{connection.ShellPort}");
        control.Connect($"tcp://127.0.0.1:{connection.ControlPort}");
        iopub.SubscribeToAnyTopic();
        iopub.Connect($"tcp://127.0.0.1:{connection.IOPubPort}");
        var watch = Stopwatch.StartNew();
        process = Process.Start(start)!;
        Send(shell, "execute_request", new JsonObject { ["code"] = "6 * 7" });
        Expect(Reply(shell), "ok");
        FirstResultSeconds = watch.Elapsed.TotalSeconds;
    }

    /// <summary>From the start of the process to the reply to a first cell, which was sent before
    /// the kernel listened.</summary>
    public double FirstResultSeconds { get; }

    public double PeakMegabytes
    {
        get
        {
            process.Refresh();
            return process.PeakWorkingSet64 / 1e6;
        }
    }

    /// <summary>Runs cells until the compiler itself is compiled.</summary>
    public void Warm()
    {
        for (var i = 0; i < 100; i++)
            CellMilliseconds(i);
    }

    /// <summary>From the request to the reply of a cell that does almost nothing.</summary>
    public double CellMilliseconds(int number)
    {
        var watch = Stopwatch.StartNew();
        var code = string.Create(CultureInfo.InvariantCulture, $"var x{number} = {number}; x{number} + 1");
        Send(shell, "execute_request", new JsonObject { ["code"] = code });
        Expect(Reply(shell), "ok");
        return watch.Elapsed.TotalMilliseconds;
    }

    /// <summary>From the interrupt of an endless loop to the reply of its cell.</summary>
    public double InterruptMilliseconds()
    {
        Send(shell, "execute_request", new JsonObject { ["code"] = "Console.WriteLine(\"looping\"); while (true) { }" });
        string text;
        do
            text = string.Concat(iopub.ReceiveMultipartStrings());
        while (!text.Contains("\"text\":\"looping", StringComparison.Ordinal));
        var watch = Stopwatch.StartNew();
        Send(control, "interrupt_request", []);
        Expect(Reply(shell), "error");
        return watch.Elapsed.TotalMilliseconds;
    }

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        foreach (var socket in new NetMQSocket[] { shell, control, iopub })
        {
            socket.Options.Linger = TimeSpan.Zero;
            socket.Dispose();
        }
    }

    private static void Send(DealerSocket socket, string type, JsonObject content)
    {
        var header = new JsonObject
        {
            ["msg_id"] = Guid.NewGuid().ToString(),
            ["session"] = "benchmark",
            ["username"] = "benchmark",
            ["date"] = DateTime.UtcNow.ToString("o"),
            ["msg_type"] = type,
            ["version"] = "5.4",
        };
        foreach (var frame in new[] { "<IDS|MSG>", "", header.ToJsonString(), "{}", "{}" })
            socket.SendMoreFrame(frame);
        socket.SendFrame(content.ToJsonString());
    }

    private static JsonNode Reply(DealerSocket socket)
    {
        List<string>? frames = null;
        if (!socket.TryReceiveMultipartStrings(Patience, ref frames))
            throw new TimeoutException("The kernel does not answer.");
        return JsonNode.Parse(frames![^1])!;
    }

    private static void Expect(JsonNode reply, string status)
    {
        if (reply["status"]!.ToString() != status)
            throw new InvalidOperationException($"The kernel answered {reply}.");
    }
}
