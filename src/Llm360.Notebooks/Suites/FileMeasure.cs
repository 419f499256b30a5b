// The size and the hash of a file.
using System.Buffers;
using System.Security.Cryptography;

namespace Llm360.Notebooks;

/// <summary>Measures files for the list of a suite.</summary>
internal static class FileMeasure
{
    private const int BufferLength = 1 << 20;

    /// <summary>
    /// Bytes of a file or of the target of a link; null if there is no such file.
    /// </summary>
    public static long? Size(string path)
    {
        var file = new FileInfo(path);
        // The FileInfo of a link has the length of the link itself.
        if (file.LinkTarget is not null)
            file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo;
        return file is { Exists: true } ? file.Length : null;
    }

    /// <summary>Hashes a file in parts.</summary>
    /// <param name="path">The file.</param>
    /// <param name="read">Called with the bytes of each part.</param>
    /// <param name="cancellation">Stops before the next part.</param>
    /// <returns>SHA-256 in lower-case hexadecimal digits.</returns>
    public static string Sha256(string path, Action<int>? read = null, CancellationToken cancellation = default)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        try
        {
            while (stream.Read(buffer, 0, BufferLength) is > 0 and var count)
            {
                cancellation.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, count);
                read?.Invoke(count);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The entry for a file in its current state.</summary>
    /// <param name="folder">The suite's folder.</param>
    /// <param name="path">Relative to the folder, with '/'.</param>
    /// <param name="cancellation">Stops before the next part.</param>
    public static SuiteFile Entry(string folder, string path, CancellationToken cancellation = default)
    {
        var file = Path.Combine(folder, path);
        var size = Size(file) ?? throw new FileNotFoundException("There is no such file.", file);
        return new SuiteFile(path, size, Sha256(file, cancellation: cancellation));
    }
}
