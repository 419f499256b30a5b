// Detects whether a weights file is still the one of earlier results, without reading 27 GB.
using System.Security.Cryptography;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>A short identity of a large file.</summary>
internal static class Fingerprint
{
    private const int Pieces = 64, PieceLength = 1 << 16;

    /// <summary>The identity of a checkpoint's weights: of their file, or of all shards.</summary>
    /// <exception cref="Llm360Exception">The folder holds no weights.</exception>
    public static string OfCheckpoint(string folder)
    {
        var files = WeightFiles.FilesOf(folder);
        if (files.Count == 1)
            return Of(files[0]);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Concat(files.Select(Of)))));
    }

    /// <summary>
    /// SHA-256 over the length and 64 evenly spaced pieces of 64 kB; a file under 4 MB is hashed
    /// whole.
    /// </summary>
    public static string Of(string path)
    {
        using var stream = File.OpenRead(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(BitConverter.GetBytes(stream.Length));
        var piece = new byte[PieceLength];
        var stride = Math.Max(PieceLength, (stream.Length - PieceLength) / (Pieces - 1));
        for (var position = 0L; position < stream.Length; position += stride)
        {
            stream.Position = position;
            hash.AppendData(piece, 0, stream.ReadAtLeast(piece, PieceLength, throwOnEndOfStream: false));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
