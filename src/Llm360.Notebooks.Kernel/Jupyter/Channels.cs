// The five sockets of a kernel. One thread serves all but the heartbeat.
using System.Diagnostics;
using NetMQ;
using NetMQ.Sockets;

namespace Llm360.Notebooks.Kernel.Jupyter;

/// <summary>The channels on which a message may be sent.</summary>
internal enum ChannelName
{
    Shell,
    Control,
    Stdin,
    IOPub,
}

/// <summary>Binds the sockets and moves messages. Sockets belong to one thread, so messages of
/// other threads are queued.</summary>
internal sealed class Channels : IDisposable
{
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    // A client's sockets connect one after the other. A question is kept until the stdin socket is
    // connected.
    private static readonly TimeSpan Reaching = TimeSpan.FromSeconds(30), Again = TimeSpan.FromMilliseconds(50);

    private readonly WireFormat format;
    private readonly Action<string> complain;
    private readonly Dictionary<ChannelName, NetMQSocket> sockets;
    private readonly NetMQQueue<(ChannelName Channel, NetMQMessage? Frames)> outgoing = new();
    private readonly InFlight inFlight = new();
    private readonly NetMQTimer again = new(Again) { Enable = false };
    private readonly List<(NetMQMessage Frames, long Since)> unreached = [];
    private readonly NetMQPoller poller = [];
    private readonly Heartbeat heartbeat;
    private volatile bool disposed;

    /// <summary>Binds; nothing is received before <see cref="Start"/>.</summary>
    /// <param name="connection">The addresses and the key.</param>
    /// <param name="complain">Gets a line about every message that is dropped.</param>
    /// <exception cref="Llm360Exception">An address cannot be bound.</exception>
    public Channels(ConnectionFile connection, Action<string> complain)
    {
        this.complain = complain;
        format = new WireFormat(connection.Key);
        sockets = new()
        {
            [ChannelName.Shell] = new RouterSocket(),
            [ChannelName.Control] = new RouterSocket(),
            [ChannelName.Stdin] = new RouterSocket(),
            [ChannelName.IOPub] = new PublisherSocket(),
        };
        heartbeat = new Heartbeat();
        try
        {
            (ChannelName Channel, int Port)[] ports =
            [
                (ChannelName.Shell, connection.ShellPort),
                (ChannelName.Control, connection.ControlPort),
                (ChannelName.Stdin, connection.StdinPort),
                (ChannelName.IOPub, connection.IOPubPort),
            ];
            foreach (var (channel, port) in ports)
            {
                // No message is dropped because many are waiting: a client that missed an idle
                // would wait forever.
                sockets[channel].Options.SendHighWatermark = 0;
                sockets[channel].Options.ReceiveHighWatermark = 0;
                sockets[channel].Options.Linger = Linger;
                Bind(sockets[channel], connection, port);
            }

            sockets[ChannelName.Stdin].Options.RouterMandatory = true;
            Bind(heartbeat.Socket, connection, connection.HeartbeatPort);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Begins to receive.</summary>
    /// <param name="receive">Gets every message with a valid signature, on the thread of the
    /// sockets. It must not block.</param>
    public void Start(Action<ChannelName, Message> receive)
    {
        foreach (var channel in new[] { ChannelName.Shell, ChannelName.Control, ChannelName.Stdin })
        {
            sockets[channel].ReceiveReady += (_, ready) => Receive(channel, ready.Socket, receive);
            poller.Add(sockets[channel]);
        }

        outgoing.ReceiveReady += (_, _) => SendQueued();
        poller.Add(outgoing);
        again.Elapsed += (_, _) => SendUnreached();
        poller.Add(again);
        poller.RunAsync("jupyter channels", isBackgroundThread: true);
        heartbeat.Start();
    }

    /// <summary>Sends from any thread; messages keep their order.</summary>
    /// <param name="channel">On which channel.</param>
    /// <param name="type">The message's type.</param>
    /// <param name="content">Its content.</param>
    /// <param name="parent">The message it answers; null for none.</param>
    public void Send(ChannelName channel, string type, System.Text.Json.Nodes.JsonObject content, Message? parent)
    {
        IReadOnlyList<byte[]> identities = channel == ChannelName.IOPub
            ? [System.Text.Encoding.UTF8.GetBytes(type)]
            : parent?.Identities ?? [];

        // Created here: content that cannot be written is a fault of the sender, not of the
        // sockets' thread.
        var frames = format.ToFrames(format.Create(type, content, parent, identities));
        inFlight.Add(Size(frames));
        Enqueue(channel, frames);
    }

    /// <summary>Returns once the clients have read enough of what was sent, so that more may be
    /// sent.</summary>
    /// <exception cref="OperationCanceledException">The sender is to stop.</exception>
    public void WaitForRoom(CancellationToken cancellation) => inFlight.WaitForRoom(() => Enqueue(ChannelName.IOPub, null), cancellation);

    /// <summary>Sends the queued messages and releases the ports.</summary>
    public void Dispose()
    {
        disposed = true;
        if (poller.IsRunning)
            poller.Stop();
        SendQueued();
        heartbeat.Dispose();
        poller.Dispose();
        outgoing.Dispose();
        foreach (var socket in sockets.Values)
            socket.Dispose();
    }

    private static void Bind(NetMQSocket socket, ConnectionFile connection, int port)
    {
        var address = connection.Address(port);
        try
        {
            socket.Bind(address);
        }
        catch (NetMQException e)
        {
            throw new Llm360Exception(
                $"The kernel cannot listen: {e.Message}",
                address,
                "Start the kernel again: Jupyter picks other ports.",
                e);
        }
    }

    private void Enqueue(ChannelName channel, NetMQMessage? frames)
    {
        if (disposed)
            return;
        try
        {
            outgoing.Enqueue((channel, frames));
        }
        catch (ObjectDisposedException)
        {
            // A thread that a cell left running may still write after the end.
        }
    }

    private static long Size(NetMQMessage frames) => frames.Sum(frame => (long)frame.MessageSize);

    private void Receive(ChannelName channel, NetMQSocket socket, Action<ChannelName, Message> receive)
    {
        var frames = new NetMQMessage();
        while (socket.TryReceiveMultipartMessage(ref frames!))
        {
            try
            {
                receive(channel, format.Parse(frames));
            }
            catch (FormatException e)
            {
                complain($"llm360 kernel: dropped {e.Message}, received on {channel}.");
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // A message that fails must not stop the sockets.
                complain($"llm360 kernel: dropped a message that failed ({e.GetType().Name}: {e.Message}), received on {channel}.");
            }
        }
    }

    private void SendQueued()
    {
        while (outgoing.TryDequeue(out var next, TimeSpan.Zero))
        {
            if (next.Frames is not { } frames)
            {
                // A socket that sends nothing notices that a client is gone only when its state is
                // read.
                _ = sockets[next.Channel].HasOut;
                continue;
            }

            var sent = TrySend(next.Channel, frames);
            inFlight.Add(-Size(frames));
            if (sent)
                continue;
            unreached.Add((frames, Stopwatch.GetTimestamp()));
            again.Enable = true;
        }
    }

    private void SendUnreached()
    {
        unreached.RemoveAll(waiting => TrySend(ChannelName.Stdin, waiting.Frames) || Stopwatch.GetElapsedTime(waiting.Since) > Reaching);
        again.Enable = unreached.Count > 0;
    }

    private bool TrySend(ChannelName channel, NetMQMessage frames)
    {
        try
        {
            inFlight.Send(sockets[channel], frames);
            return true;
        }
        catch (HostUnreachableException)
        {
            return false;
        }
    }
}
