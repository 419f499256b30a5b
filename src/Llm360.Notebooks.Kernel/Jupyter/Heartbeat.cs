// The heartbeat: an echo on its own thread, so that it answers whatever the kernel does.
using NetMQ;
using NetMQ.Sockets;

namespace Llm360.Notebooks.Kernel.Jupyter;

internal sealed class Heartbeat : IDisposable
{
    private readonly NetMQPoller poller = [];

    public RouterSocket Socket { get; } = new() { Options = { Linger = TimeSpan.Zero } };

    public void Start()
    {
        Socket.ReceiveReady += (_, ready) => ready.Socket.SendMultipartMessage(ready.Socket.ReceiveMultipartMessage());
        poller.Add(Socket);
        poller.RunAsync("jupyter heartbeat", isBackgroundThread: true);
    }

    public void Dispose()
    {
        if (poller.IsRunning)
            poller.Stop();
        poller.Dispose();
        Socket.Dispose();
    }
}
