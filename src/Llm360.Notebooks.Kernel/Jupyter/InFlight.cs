// Counts the bytes on their way to the clients: queued here, or kept by NetMQ for slow readers.
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using NetMQ;

namespace Llm360.Notebooks.Kernel.Jupyter;

/// <summary>Delays the writers of outputs while too many bytes are on their way, as a terminal
/// does.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Threads that a cell has left running may still wait.")]
internal sealed class InFlight
{
    /// <summary>The maximum number of bytes on their way before writers wait.</summary>
    public const long Limit = 64 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    [ThreadStatic]
    private static InFlight? sending;

    private readonly ManualResetEventSlim room = new(true);
    private long bytes;

    static InFlight() => BufferPool.SetCustomBufferPool(new Buffers());

    /// <summary>Counts bytes that are added, or taken away if negative.</summary>
    public void Add(long change)
    {
        lock (room)
        {
            bytes += change;
            if (bytes < Limit)
                room.Set();
            else
                room.Reset();
        }
    }

    /// <summary>Returns once there is room.</summary>
    /// <param name="look">Called at intervals: lets NetMQ see which clients are gone.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The writer is to stop.</exception>
    public void WaitForRoom(Action look, CancellationToken cancellation)
    {
        while (!room.IsSet && !room.Wait(Patience, cancellation))
            look();
    }

    /// <summary>Sends a message. Its bytes count until NetMQ has written them to every
    /// client.</summary>
    public void Send(NetMQSocket socket, NetMQMessage message)
    {
        sending = this;
        try
        {
            socket.SendMultipartMessage(message);
        }
        finally
        {
            sending = null;
        }
    }

    /// <summary>NetMQ takes a buffer for every frame, and returns it once the last client has
    /// received it.</summary>
    private sealed class Buffers : IBufferPool
    {
        private readonly ConcurrentDictionary<byte[], InFlight> owners = new(ReferenceEqualityComparer.Instance);

        public byte[] Take(int size)
        {
            var buffer = new byte[size];
            if (sending is { } owner && owners.TryAdd(buffer, owner))
                owner.Add(size);
            return buffer;
        }

        public void Return(byte[] buffer)
        {
            if (owners.TryRemove(buffer, out var owner))
                owner.Add(-buffer.Length);
        }

        public void Dispose()
        {
        }
    }
}
