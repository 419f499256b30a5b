// Bringing the next checkpoint into memory while the present one is worked on.
namespace Llm360.Notebooks;

/// <summary>Reads a checkpoint's files into the page cache on another thread.</summary>
internal sealed class Prefetch : IDisposable
{
    private readonly CancellationTokenSource stop = new();

    private Prefetch(Func<CancellationToken, Task<string>> find) => Completion = Task.Run(() => ReadAsync(find, stop.Token));

    /// <summary>Ends when all is read, or was given up.</summary>
    public Task Completion { get; }

    /// <summary>Starts. What is wrong with the files shows when they are loaded, not here.</summary>
    /// <param name="find">Gives what <see cref="StateDict.Open"/> takes.</param>
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
            // More than half of the memory would push out what is in use.
            var room = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;
            foreach (var entry in weights.Entries.Values.TakeWhile(e => (room -= e.Extent) >= 0))
                weights.FileOf(entry).Touch(entry.Begin, entry.Extent, cancellation);
        }
        catch (Exception e) when (e is Llm360Exception or OperationCanceledException)
        {
            // The loading that follows meets the same error and reports it.
        }
    }
}
