// Streaming decoder for byte-level ids.
using System.Buffers;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>
/// Joins the bytes of the tokens and reads them as UTF-8, with one U+FFFD for each maximal invalid
/// sequence.
/// </summary>
/// <param name="bytesOf">The bytes of an id.</param>
internal sealed class ByteLevelDecoder(Func<int, byte[]> bytesOf) : StreamingDecoder
{
    private byte[] _held = [];

    public override string Push(int id)
    {
        byte[] bytes = [.. _held, .. bytesOf(id)];
        var settled = bytes.Length - Unsettled(bytes);
        _held = bytes[settled..];
        return Encoding.UTF8.GetString(bytes, 0, settled);
    }

    public override string Flush()
    {
        var text = Encoding.UTF8.GetString(_held);
        _held = [];
        return text;
    }

    /// <summary>
    /// Number of bytes at the end to hold back because they begin a character without ending it.
    /// </summary>
    private static int Unsettled(ReadOnlySpan<byte> bytes)
    {
        for (var count = 1; count <= Math.Min(3, bytes.Length); count++)
            if (Rune.DecodeFromUtf8(bytes[^count..], out _, out _) == OperationStatus.NeedMoreData)
                return count;
        // Half of an encoded surrogate cannot become a character. CPython's incremental decoder,
        // the reference here, also waits for its third byte.
        return bytes is [.., 0xED, >= 0xA0 and <= 0xBF] ? 2 : 0;
    }
}
