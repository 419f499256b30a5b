// Reads whole files from outside: only regular files, and only up to a maximum length.
namespace Llm360.Notebooks;

/// <summary>
/// Reads small files. A named pipe, device or folder is refused before it is opened.
/// </summary>
internal static class PlainFile
{
    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="longest">Largest number of bytes.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is not a regular file, or it is too
    /// long.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] ReadAllBytes(string path, long longest)
    {
        Require(path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (stream.Length > longest)
            throw new InvalidDataException($"it has {stream.Length} bytes, and at most {longest} are read");
        var bytes = new byte[stream.Length];
        var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return read == bytes.Length ? bytes : bytes[..read];
    }

    /// <summary>Refuses anything but a regular file, without opening it.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// It is a named pipe, a device, a socket or a folder.
    /// </exception>
    public static void Require(string path)
    {
        switch (FileStat.Following(path)?.Kind)
        {
            case FileKind.File:
                return;
            case null:
                throw new FileNotFoundException("there is no such file", path);
            case FileKind.Folder:
                throw new InvalidDataException("it is a folder, not a file");
            default:
                throw new InvalidDataException("it is a named pipe, a device or a socket, not a file");
        }
    }
}
