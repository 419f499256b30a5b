// A lock between threads, processes and machines that share a disk: a file that one holds open.
namespace Llm360.Notebooks;

/// <summary>
/// Waits until no one else holds a file. The system releases it when its holder ends, in whatever
/// way.
/// </summary>
/// <remarks>
/// The file is not deleted: otherwise two processes could hold two files of one name. Python's
/// <c>filelock</c> locks in the same way.
/// </remarks>
internal static class FileLock
{
    private const int AttemptsASecond = 50;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1) / AttemptsASecond;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Takes a lock that is held for milliseconds; disposing it releases it.</summary>
    /// <exception cref="Llm360Exception">
    /// The folder cannot be written, or another holder has kept the lock for a minute.
    /// </exception>
    public static IDisposable Take(string path)
    {
        var end = DateTime.UtcNow + Patience;
        while (true)
        {
            if (TryTake(path) is { } taken)
                return taken;
            if (DateTime.UtcNow >= end)
            {
                throw new Llm360Exception(
                    "The file is locked by another process, for a minute already.",
                    path,
                    "End a process that hangs while it holds the file.");
            }

            Thread.Sleep(Pause);
        }
    }

    /// <summary>
    /// Takes a lock that may be held for a long time, as during a download; disposing it releases
    /// it.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="waiting">Called about once a second while another holds the file.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="Llm360Exception">The folder cannot be written.</exception>
    public static async Task<IDisposable> TakeAsync(string path, Action waiting, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (TryTake(path) is { } taken)
                return taken;
            if (attempt % AttemptsASecond == 0)
                waiting();
            await Task.Delay(Pause, cancellation).ConfigureAwait(false);
        }
    }

    private static FileStream? TryTake(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (IsHeld(e))
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Llm360Exception($"The file cannot be locked: {e.Message}", path, "Make the folder writable.", e);
        }
    }

    // EWOULDBLOCK on Linux and macOS; sharing and lock violation on Windows.
    private static bool IsHeld(IOException e) => (e.HResult & 0xFFFF) is 11 or 35 or 32 or 33;
}
