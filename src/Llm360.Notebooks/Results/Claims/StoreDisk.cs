// Checks that the disk of a results store supports a grid with several workers.

namespace Llm360.Notebooks;

/// <summary>Checks the disk before cells are claimed.</summary>
internal static class StoreDisk
{
    private const string Remedy =
        "Put the results on a local disk or a network file system such as NFS or Lustre: LLM360_HOME names the folder.";

    // File systems over object stores copy a file to rename it.
    private static readonly string[] WithoutRename =
        ["fuse.s3fs", "fuse.gcsfuse", "fuse.goofys", "fuse.rclone", "fuse.blobfuse", "fuse.blobfuse2", "fuse.mountpoint-s3"];

    /// <summary>
    /// Checks that only one process can create a new file, and that renaming replaces a file.
    /// </summary>
    /// <param name="folder">Folder of the store.</param>
    /// <exception cref="Llm360Exception">
    /// The disk does not do this, or cannot be written.
    /// </exception>
    public static void Require(string folder) =>
        Require(folder, (from, to) => File.Move(from, to, overwrite: true), "/proc/self/mounts");

    /// <summary>
    /// The same with another rename function and another list of mounts, for tests.
    /// </summary>
    internal static void Require(string folder, Action<string, string> rename, string mounts)
    {
        if (TypeOf(folder, mounts) is { } type && WithoutRename.Contains(type))
        {
            throw new Llm360Exception(
                $"The disk of the results store ({type}) copies a file to rename it, so readers can see half a cell.", folder, Remedy);
        }

        var name = Path.Combine(folder, $"disk.{Environment.MachineName.Replace('.', '-')}.{Environment.ProcessId}.{Guid.NewGuid():N}");
        var (one, other) = ($"{name}1.tmp", $"{name}2.tmp");
        try
        {
            Write(one);
            Write(other);
            if (IsMadeAgain(one))
                throw new Llm360Exception("The disk of the results store lets two processes make the same new file.", folder, Remedy);
            Rename(one, other);
        }
        finally
        {
            CellLease.Delete(one);
            CellLease.Delete(other);
        }

        void Rename(string from, string to)
        {
            try
            {
                rename(from, to);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                throw new Llm360Exception($"The disk of the results store cannot rename a file: {e.Message}", folder, Remedy, e);
            }

            if (File.Exists(from) || File.ReadAllText(to) != from)
                throw new Llm360Exception("The disk of the results store does not rename a file at once.", folder, Remedy);
        }
    }

    /// <summary>Type of the file system that contains a folder; null if unknown.</summary>
    internal static string? TypeOf(string folder, string mounts)
    {
        try
        {
            // device, mount point, type; a space in a name is written \040.
            return (from line in File.ReadAllLines(mounts)
                    let fields = line.Split(' ')
                    where fields.Length > 2
                    let point = fields[1].Replace("\\040", " ", StringComparison.Ordinal)
                    where folder == point || folder.StartsWith(point.TrimEnd('/') + '/', StringComparison.Ordinal)
                    orderby point.Length
                    select fields[2]).LastOrDefault();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // Not on Linux.
        }
    }

    private static void Write(string path)
    {
        try
        {
            using var file = new StreamWriter(new FileStream(path, FileMode.CreateNew));
            file.Write(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Llm360Exception($"The results store cannot be written: {e.Message}", path,
                "Free disk space or make the folder writable; LLM360_HOME names another.", e);
        }
    }

    private static bool IsMadeAgain(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.CreateNew);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
