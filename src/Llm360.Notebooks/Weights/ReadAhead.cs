// Reads the next tensors from disk while the current one is in use.
namespace Llm360.Notebooks;

/// <summary>
/// Touches tensors' pages on another thread, a bounded distance ahead of their use.
/// </summary>
internal sealed class ReadAhead : IDisposable
{
    /// <summary>Maximum distance in bytes.</summary>
    private const long Lead = 256 << 20;

    private readonly CancellationTokenSource stop = new();
    private readonly object gate = new();
    private readonly Task reading;
    private long touched, used;

    /// <summary>Starts reading.</summary>
    /// <param name="source">
    /// The checkpoint; it must stay open until this object is disposed.
    /// </param>
    /// <param name="entries">In the order of use.</param>
    public ReadAhead(StateDict source, IReadOnlyList<TensorEntry> entries) => reading = Task.Run(() =>
    {
        foreach (var entry in entries)
        {
            lock (gate)
            {
                while (touched - used > Lead && !stop.IsCancellationRequested)
                    Monitor.Wait(gate);
                touched += entry.Extent;
            }

            source.FileOf(entry).Touch(entry.Begin, entry.Extent, stop.Token);
        }
    });

    /// <summary>Reports that a tensor has been used.</summary>
    public void Used(TensorEntry entry)
    {
        lock (gate)
        {
            used += entry.Extent;
            Monitor.Pulse(gate);
        }
    }

    /// <summary>Stops and waits; the files may be closed afterwards.</summary>
    public void Dispose()
    {
        stop.Cancel();
        lock (gate)
        {
            Monitor.Pulse(gate);
        }

        ((IAsyncResult)reading).AsyncWaitHandle.WaitOne();
        stop.Dispose();
    }
}
