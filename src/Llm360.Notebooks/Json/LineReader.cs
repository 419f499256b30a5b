// Reads a file line by line as bytes; at most one line is in memory.
namespace Llm360.Notebooks;

/// <summary>
/// Lines of a file that are not blank, ended by a line feed. A carriage return before it is not
/// part of the line, and neither is a byte order mark.
/// </summary>
internal sealed class LineReader(Stream stream) : IDisposable
{
    /// <summary>
    /// Far longer than any line of a chunk. It prevents a file without line feeds from filling the
    /// memory.
    /// </summary>
    public const int LongestLine = 64 << 20;

    private byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;

    /// <summary>
    /// Number of the line that was read last or could not be read, from 1. Blank lines count.
    /// </summary>
    public int Number { get; private set; }

    /// <summary>The lines of a JSON Lines file, each valid until the next is read.</summary>
    /// <exception cref="Llm360Exception">
    /// A line is longer than <see cref="LongestLine"/>.
    /// </exception>
    public static IEnumerable<(int Number, ReadOnlyMemory<byte> Line)> JsonLines(string path, JsonKind kind)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        using var lines = new LineReader(stream);
        while (Next(out var line))
            yield return (lines.Number, line);

        bool Next(out ReadOnlyMemory<byte> line)
        {
            try
            {
                return lines.TryRead(out line);
            }
            catch (InvalidDataException e)
            {
                throw kind.Error(e.Message.TrimEnd('.'), path, e);
            }
        }
    }

    /// <summary>The next line; false at the end of the file.</summary>
    /// <exception cref="InvalidDataException">
    /// The line is longer than <see cref="LongestLine"/>.
    /// </exception>
    public bool TryRead(out ReadOnlyMemory<byte> line)
    {
        do
        {
            Number++;
            if (!TryReadAny(out line))
                return false;
            if (Number == 1 && line.Span.StartsWith("\uFEFF"u8))
                line = line[3..];
        }
        while (line.Span.Trim(" \t"u8).IsEmpty);
        return true;
    }

    public void Dispose() => stream.Dispose();

    private bool TryReadAny(out ReadOnlyMemory<byte> line)
    {
        var searched = 0;
        while (true)
        {
            var feed = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
            if (feed >= 0)
            {
                line = Trimmed(_start, searched + feed);
                _start += searched + feed + 1;
                return true;
            }

            searched = _end - _start;
            if (!Fill())
            {
                line = Trimmed(_start, searched);
                _start = _end;
                return searched > 0;
            }
        }
    }

    private ReadOnlyMemory<byte> Trimmed(int start, int length) =>
        _buffer.AsMemory(start, length > 0 && _buffer[start + length - 1] == '\r' ? length - 1 : length);

    /// <summary>
    /// Reads more data after the rest of the buffer; false at the end of the file.
    /// </summary>
    private bool Fill()
    {
        var left = _end - _start;
        if (left == _buffer.Length)
        {
            if (left >= LongestLine)
                throw new InvalidDataException($"A line is longer than {LongestLine >> 20} MiB.");
            Array.Resize(ref _buffer, left * 2);
        }

        if (_start > 0)
            _buffer.AsSpan(_start, left).CopyTo(_buffer);
        (_start, _end) = (0, left);
        var read = stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        return read > 0;
    }
}
