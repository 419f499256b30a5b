// A lease of this process.
using System.Text;

namespace Llm360.Notebooks;

/// <summary>Cells that this process computes. Disposing it gives the lease back.</summary>
/// <remarks>
/// The file is renewed as long as the process runs. If the process was suspended for longer than
/// the lease, its file may have been deleted, and the lease is lost.
/// </remarks>
internal sealed class CellLease : IDisposable
{
    private static readonly byte[] FirstByte = Encoding.ASCII.GetBytes("{");

    private readonly string path;
    private readonly Timer renewal;
    private volatile bool isLost;

    /// <summary>Takes over a file that was just written.</summary>
    public CellLease(string path, IReadOnlyList<string> cells, TimeSpan renewalTime)
    {
        (this.path, Cells) = (path, cells);
        renewal = new Timer(_ => Renew(), null, renewalTime, renewalTime);
    }

    /// <summary>Names of the cells.</summary>
    public IReadOnlyList<string> Cells { get; }

    /// <summary>Whether another worker has taken over the cells.</summary>
    public bool IsLost => isLost;

    /// <summary>Renews the lease now.</summary>
    internal void Renew()
    {
        try
        {
            // A write makes the file system set the time by its own clock. Setting the time
            // explicitly would use this machine's clock.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 0);
            file.Write(FirstByte);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            isLost = true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The disk does not respond: the next renewal may succeed.
        }
    }

    /// <summary>Gives the lease back.</summary>
    public void Dispose()
    {
        // A renewal in progress must not fail because the file was deleted.
        using (var ended = new ManualResetEvent(false))
        {
            if (renewal.Dispose(ended))
                ended.WaitOne();
        }

        Delete(path);
    }

    /// <summary>Deletes a lease file. A file that cannot be deleted expires.</summary>
    internal static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Its folder was deleted, or the disk does not respond.
        }
    }
}
