// Reads the next checkpoint into memory while the current one is in use.
namespace Llm360.Notebooks;

/// <summary>Reads a checkpoint's files into the page cache on another thread.</summary>
internal sealed class Prefetch : IDisposable
{
    private readonly CancellationTokenSource stop = new();

    private Prefetch(Func<CancellationToken, Task<string>> find) => Completion = Task.Run(() => ReadAsync(find, stop.Token));

    /// <summary>Ends when everything has been read, or reading was stopped.</summary>
    public Task Completion { get; }

    /// <summary>
    /// Starts reading. Errors in the files appear when they are loaded, not here.
    /// </summary>
    /// <param name="find">Returns the argument of <see cref="StateDict.Open"/>.</param>
    public static Prefetch Start(Func<CancellationToken, Task<string>> find) => new(find);

    /// <summary>Stops reading.</summary>
    public void Dispose()
    {
        stop.Cancel();
        Completion.GetAwaiter().GetResult();
        stop.Dispose();
    }

    private static async Task ReadAsync(Func<CancellationToken, Task<string>> find, CancellationToken cancellation)
    {
        try
        {
            using var weights = StateDict.Open(await find(cancellation).ConfigureAwait(false));
            // More than half of the memory would evict data in use.
            var room = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;
            foreach (var entry in weights.Entries.Values.TakeWhile(e => (room -= e.Extent) >= 0))
                weights.FileOf(entry).Touch(entry.Begin, entry.Extent, cancellation);
        }
        catch (Exception e) when (e is Llm360Exception or OperationCanceledException)
        {
            // The following load fails with the same error and reports it.
        }
    }
}
