// A lock between processes: a file that one of them holds open.
namespace Llm360.Notebooks.Results;

/// <summary>Waits until no other process holds a file; the system lets it go when its holder ends, however it ends.</summary>
internal static class StoreLock
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Takes the lock; disposing it gives it back. The file stays: deleting it would let two processes hold two files of one name.</summary>
    /// <exception cref="Llm360Exception">The folder cannot be written, or another process has held the lock for a minute; what it guards takes milliseconds.</exception>
    public static IDisposable Take(string path)
    {
        var end = DateTime.UtcNow + Patience;
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (DateTime.UtcNow < end)
            {
                Thread.Sleep(Pause);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new Llm360Exception($"The results store cannot be locked: {e.Message}", path, "Make the folder writable; end a process that hangs while it holds the file.", e);
            }
        }
    }
}
