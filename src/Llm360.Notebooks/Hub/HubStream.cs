// A stream over a file on the Hub, read forward while it is downloaded.
namespace Llm360.Notebooks;

/// <summary>
/// Reads a content from the cache, and fetches the next part when the cache has no more of it.
/// </summary>
/// <param name="cache">The cache that has the content.</param>
/// <param name="blob">Fetches more of it.</param>
/// <param name="entry">The file.</param>
/// <param name="cached">The file in the cache with the beginning of the content, or all of
/// it.</param>
/// <param name="permission">Throws if this many more bytes may not be fetched.</param>
/// <param name="cancellation">Stops reading.</param>
internal sealed class HubStream(
    HubCache cache, HubBlob blob, HubEntry entry, string cached, Action<long> permission, CancellationToken cancellation) : Stream
{
    /// <summary>
    /// Bytes of the first part: about 90 rows of Amber. Later parts are larger. A few rows then
    /// cost little, and many rows need few requests.
    /// </summary>
    public const int FirstPiece = 1 << 20;
    private const int LargestPiece = 8 << 20;

    private FileStream? source;

    /// <summary>The file in the cache that is read.</summary>
    public string Source => source?.Name ?? cached;
    private long position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => position;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (position == entry.Size || buffer.IsEmpty)
            return 0;
        source ??= Opened(cached);
        var read = source?.Read(buffer) ?? 0;
        // Read again: another process may have completed the file, which moves it, or restarted it.
        for (var attempt = 0; read == 0 && attempt < 2; attempt++)
        {
            var (wanted, arrived) = (Math.Min(entry.Size, position + Math.Clamp(position, FirstPiece, LargestPiece)), 0L);
            permission(Math.Max(0, wanted - cache.ArrivedPartly(entry)));
            var file = blob.ExtendAsync(wanted, Tell, cancellation).GetAwaiter().GetResult();
            source?.Dispose();
            source = Opened(file);
            read = source?.Read(buffer) ?? 0;

            void Tell(long bytes)
            {
                arrived += bytes;
                AmbientWork.Progress?.Report(new WorkProgress("fetch rows", arrived / 1e6, wanted / 1e6, "MB", entry.Path));
            }
        }

        position += read;
        return read > 0 ? read : throw HubCache.Unusable(cached, new IOException("it became shorter while it was read"));
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        source?.Dispose();
        base.Dispose(disposing);
    }

    private FileStream? Opened(string file)
    {
        if (cache.OpenRead(file) is not { } stream)
            return null;
        stream.Position = position;
        return stream;
    }
}
