// A Jupyter client that talks to a kernel in this process through real loopback sockets.
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Jupyter;
using NetMQ;
using NetMQ.Sockets;
using Assert = Xunit.Assert;

namespace Llm360.Notebooks.Kernel.Tests.Jupyter;

/// <summary>One client. The first of a connection also starts and ends the kernel.</summary>
internal sealed class KernelClient : IAsyncDisposable
{
    // The limit for waiting for a broken kernel.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly WireFormat format;
    private readonly SubscriberSocket iopub = new();
    private readonly Task? kernel;
    private readonly List<Message> published = [];

    public KernelClient(ConnectionFile? existing = null, bool connectsStdin = true)
    {
        Connection = existing ?? Free();
        format = new WireFormat(Connection.Key);
        if (existing is null)
            kernel = Task.Run(() => JupyterKernel.RunAsync(Connection, new KernelOptions { Complain = Complain }));
        var identity = Guid.NewGuid().ToByteArray();
        (DealerSocket Socket, int Port)[] channels =
        [
            (Shell, Connection.ShellPort),
            (Control, Connection.ControlPort),
            (Stdin, Connection.StdinPort),
            (Heartbeat, Connection.HeartbeatPort),
        ];
        foreach (var (socket, port) in channels)
        {
            socket.Options.Identity = identity;
            socket.Options.Linger = TimeSpan.Zero;
            if (socket != Stdin || connectsStdin)
                socket.Connect($"tcp://127.0.0.1:{port}");
        }

        iopub.Options.ReceiveHighWatermark = 0;
        iopub.SubscribeToAnyTopic();
        iopub.Connect($"tcp://127.0.0.1:{Connection.IOPubPort}");
    }

    public ConnectionFile Connection { get; }

    public DealerSocket Shell { get; } = new();

    public DealerSocket Control { get; } = new();

    public DealerSocket Stdin { get; } = new();

    public DealerSocket Heartbeat { get; } = new();

    public List<string> Complaints { get; } = [];

    /// <summary>How many there are, while more may come.</summary>
    public int ComplaintCount
    {
        get
        {
            lock (Complaints)
                return Complaints.Count;
        }
    }

    /// <summary>What is published, for tests that read it themselves.</summary>
    public SubscriberSocket IOPub => iopub;

    /// <summary>A connection on free ports of the loopback.</summary>
    /// <remarks>Below the ports that systems assign by themselves (from 32,768 on). A kernel that
    /// was killed must find them free again, while other tests open thousands of
    /// connections.</remarks>
    public static ConnectionFile Free()
    {
        var ports = new List<int>();
        while (ports.Count < 5)
        {
            var port = Random.Shared.Next(10_000, 32_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
            }
            catch (SocketException)
            {
                continue;
            }

            if (!ports.Contains(port))
                ports.Add(port);
        }

        return new ConnectionFile("127.0.0.1", ports[0], ports[1], ports[2], ports[3], ports[4], "secret");
    }

    /// <summary>Waits until the kernel answers and what it publishes arrives here.</summary>
    public KernelClient Ready()
    {
        // A request may reach the closing socket of a former kernel on the same port, and a
        // subscription takes a moment. So the request is repeated, as Jupyter does.
        var watch = System.Diagnostics.Stopwatch.StartNew();
        do
        {
            Assert.True(watch.Elapsed < Patience, "the kernel does not answer");
            Send(Shell, "kernel_info_request", []);
        }
        while (Shell.Poll(PollEvents.PollIn, TimeSpan.FromMilliseconds(500)) == PollEvents.None
            || iopub.Poll(PollEvents.PollIn, TimeSpan.FromMilliseconds(200)) == PollEvents.None);

        var last = Send(Shell, "comm_info_request", []);
        Until(message => message.ParentHeader["msg_id"]?.ToString() == last && State(message) == "idle");
        Reply(Shell, last);
        published.Clear();
        return this;
    }

    public string Send(DealerSocket channel, string type, JsonObject content, JsonObject? metadata = null)
    {
        var message = format.Create(type, content, null, []) with { Metadata = metadata ?? [] };
        channel.SendMultipartMessage(format.ToFrames(message));
        return message.Header["msg_id"]!.ToString();
    }

    public string Execute(string code, params (string Name, JsonNode Value)[] more)
    {
        var content = new JsonObject { ["code"] = code };
        foreach (var (name, value) in more)
            content[name] = value;
        return Send(Shell, "execute_request", content);
    }

    /// <summary>The reply to one request on a channel; null for the next of any.</summary>
    public Message Reply(DealerSocket channel, string? request)
    {
        while (true)
        {
            var reply = Receive(channel);
            if (request is null || reply.ParentHeader["msg_id"]!.ToString() == request)
                return reply;
        }
    }

    /// <summary>Sends a request. Waits for its reply and for everything that is published about it,
    /// from busy to idle.</summary>
    public (JsonObject Reply, List<Message> Published) Ask(string type, JsonObject content) => AskOn(Shell, type, content);

    public (JsonObject Reply, List<Message> Published) AskOn(DealerSocket channel, string type, JsonObject content)
    {
        var id = Send(channel, type, content);
        return (Reply(channel, id).Content, About(id));
    }

    public (JsonObject Reply, List<Message> Published) Run(string code, params (string Name, JsonNode Value)[] more)
    {
        var id = Execute(code, more);
        return (Reply(Shell, id).Content, About(id));
    }

    /// <summary>What was published about a request. Busy and idle must be first and last, and are
    /// left out.</summary>
    public List<Message> About(string request)
    {
        Until(message => message.ParentHeader["msg_id"]?.ToString() == request && State(message) == "idle");
        var about = published.Where(message => message.ParentHeader["msg_id"]?.ToString() == request).ToList();
        published.RemoveAll(about.Contains);
        Assert.Equal(("busy", "idle"), (State(about[0]), State(about[^1])));
        return about[1..^1];
    }

    /// <summary>Waits for a published message.</summary>
    public Message Until(Predicate<Message> wanted)
    {
        for (var i = 0; ; i++)
        {
            if (i == published.Count)
                published.Add(Receive(iopub));
            if (wanted(published[i]))
                return published[i];
        }
    }

    public void Answer(Message question, string value)
    {
        Assert.Equal("input_request", question.Type);
        Stdin.SendMultipartMessage(format.ToFrames(format.Create("input_reply", new JsonObject { ["value"] = value }, question, [])));
    }

    public Message Receive(NetMQSocket socket)
    {
        NetMQMessage? frames = null;
        Assert.True(socket.TryReceiveMultipartMessage(Patience, ref frames), "the kernel does not answer");
        return format.Parse(frames!);
    }

    public static string Text(IEnumerable<Message> messages, string stream) =>
        string.Concat(messages.Where(m => m.Type == "stream" && m.Content["name"]!.ToString() == stream).Select(m => m.Content["text"]));

    public async ValueTask DisposeAsync()
    {
        if (kernel is { IsCompleted: false })
        {
            Reply(Control, Send(Control, "shutdown_request", new JsonObject { ["restart"] = false }));
            await kernel.WaitAsync(Patience);
        }

        foreach (var socket in new NetMQSocket[] { Shell, Control, Stdin, Heartbeat, iopub })
            socket.Dispose();
    }

    private static string? State(Message message) => message.Type == "status" ? message.Content["execution_state"]!.ToString() : null;

    private void Complain(string line)
    {
        lock (Complaints)
            Complaints.Add(line);
    }
}
