// Opens files of the cache: only regular files in real folders.
using Microsoft.Win32.SafeHandles;

namespace Llm360.Notebooks;

/// <summary>
/// Reads and writes files below a folder. A link, a pipe, a device or a folder in place of a file
/// is refused, and so is a link in place of a folder.
/// </summary>
/// <remarks>
/// The folder itself may be reached through links, because users move a cache or a repository to
/// another disk in this way.
/// </remarks>
/// <param name="root">The folder.</param>
internal sealed class CacheFolder(string root)
{
    /// <summary>The regular file at a path; null if there is nothing.</summary>
    /// <exception cref="Llm360Exception">
    /// There is something else, or the folders cannot be read.
    /// </exception>
    public FileStat? Find(string path) => HubCache.Guarded(path, () => !HasFolder(Path.GetDirectoryName(path)!) ? null
        : FileStat.Of(path) is not { } there ? (FileStat?)null
        : there.Kind == FileKind.File ? there : throw Refused(path, there.Kind, "file"));

    /// <summary>
    /// Whether a folder exists and every part of the path to it is a real folder.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// A part is a link or a file, or the folders cannot be read.
    /// </exception>
    public bool HasFolder(string path) => HubCache.Guarded(path, () =>
    {
        if (!Directory.Exists(root))
            return false;
        var part = root;
        foreach (var name in Path.GetRelativePath(root, path).Split(Path.DirectorySeparatorChar).Where(n => n != "."))
        {
            part = Path.Combine(part, name);
            if (FileStat.Of(part) is not { } there)
                return false;
            if (there.Kind != FileKind.Folder)
                throw Refused(part, there.Kind, "folder");
        }

        return true;
    });

    /// <summary>Makes a folder and those above it.</summary>
    /// <exception cref="Llm360Exception">
    /// A part of the path is a link or a file, or the folder cannot be made.
    /// </exception>
    public void MakeFolder(string path)
    {
        if (!HasFolder(path))
            HubCache.Guarded(path, () => Directory.CreateDirectory(path));
    }

    /// <summary>Opens a file to read; null if there is nothing.</summary>
    /// <exception cref="Llm360Exception">
    /// There is something else, or it cannot be opened.
    /// </exception>
    public FileStream? OpenRead(string path) => Find(path) is { } found ? Open(path, found, FileMode.Open, FileAccess.Read) : null;

    /// <summary>Opens a file to read and write, and makes it if there is nothing.</summary>
    /// <inheritdoc cref="OpenRead" path="/exception"/>
    public FileStream OpenWrite(string path)
    {
        MakeFolder(Path.GetDirectoryName(path)!);
        while (true)
        {
            // CreateNew never follows a link.
            if (Find(path) is not { } found)
                HubCache.Guarded(path, () => Create(path));
            else if (Open(path, found, FileMode.Open, FileAccess.ReadWrite) is { } stream)
                return stream;
        }
    }

    /// <summary>The bytes of a file; null if there is nothing.</summary>
    /// <inheritdoc cref="OpenRead" path="/exception"/>
    public byte[]? Read(string path)
    {
        using var stream = OpenRead(path);
        return stream is null ? null : HubCache.Guarded(path, () =>
        {
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        });
    }

    /// <summary>Writes a file, complete or not at all.</summary>
    /// <exception cref="Llm360Exception">
    /// There is something other than a file, or it cannot be written.
    /// </exception>
    public void Write(string path, Action<Stream> write)
    {
        MakeFolder(Path.GetDirectoryName(path)!);
        _ = Find(path);
        try
        {
            AtomicFile.Write(path, write);
        }
        catch (Llm360Exception e)
        {
            throw HubCache.Unusable(path, e.InnerException ?? e);
        }
    }

    /// <summary>The error for a file that must not be opened.</summary>
    public static Llm360Exception Refused(string path, FileKind kind, string wanted) => new(
        $"The Hub's cache holds {Named(kind)} where a {wanted} belongs. It is not opened.",
        path,
        "Take it away: what belongs there is fetched again when it is needed. HF_HUB_CACHE names another cache.");

    private static string Named(FileKind kind) => kind switch
    {
        FileKind.Link => "a link",
        FileKind.Folder => "a folder",
        FileKind.File => "a file",
        _ => "a pipe or device",
    };

    private static bool Create(string path)
    {
        try
        {
            // Shared: a reader may open it at once.
            File.Open(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete).Dispose();
            return true;
        }
        catch (IOException) when (FileStat.Of(path) is not null)
        {
            return false; // Another process made it.
        }
    }

    /// <summary>
    /// Opens a file; null if it has been deleted or replaced since it was looked up.
    /// </summary>
    private static FileStream? Open(string path, FileStat found, FileMode mode, FileAccess access)
    {
        FileStream? stream = null;
        try
        {
            stream = new FileStream(path, mode, access, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            if (IsSame(stream.SafeFileHandle, found))
                return stream;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw HubCache.Unusable(path, e);
        }

        stream?.Dispose();
        return null;
    }

    // A file may be replaced, for example by a link, between the look-up and the opening.
    private static bool IsSame(SafeFileHandle handle, FileStat found) =>
        FileStat.Of(handle) is not { } opened || (opened.Device, opened.Inode) == (found.Device, found.Inode);
}
