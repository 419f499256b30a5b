// The hash that names a content of the cache: SHA-256 of large files, git's SHA-1 of others.
using System.Security.Cryptography;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>Hashes contents with the algorithm of their names.</summary>
/// <remarks>
/// An etag of another form is not a hash of the content, for example on a mirror with its own
/// etags.
/// Such a content cannot be checked, and only its length is compared.
/// </remarks>
internal static class ContentHash
{
    private const int BufferLength = 1 << 20;
    private const int Sha1Digits = 40, Sha256Digits = 64;

    /// <summary>Whether an etag is a hash of the content.</summary>
    public static bool IsHash(string etag) => etag.Length is Sha1Digits or Sha256Digits && etag.All(char.IsAsciiHexDigitLower);

    /// <summary>The hash of a content.</summary>
    /// <param name="content">A file; it is read from its beginning.</param>
    /// <param name="etag">A hash; its length determines the algorithm.</param>
    /// <param name="hashed">Called with the number of bytes of each part.</param>
    /// <param name="cancellation">Stops.</param>
    /// <returns>Lower-case hexadecimal digits, as many as the etag has.</returns>
    public static async Task<string> OfAsync(FileStream content, string etag, Action<long>? hashed, CancellationToken cancellation)
    {
        var algorithm = etag.Length == Sha256Digits ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1;
        using var hash = IncrementalHash.CreateHash(algorithm);
        if (algorithm == HashAlgorithmName.SHA1)
            hash.AppendData(Encoding.ASCII.GetBytes($"blob {content.Length}\0")); // As git does.
        content.Position = 0;
        var buffer = new byte[BufferLength];
        for (int read; (read = await content.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
        {
            hash.AppendData(buffer, 0, read);
            hashed?.Invoke(read);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
