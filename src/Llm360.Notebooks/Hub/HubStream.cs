// A file on the Hub, read forward while it arrives.
namespace Llm360.Notebooks.Hub;

/// <summary>Reads a content from the cache and has the next piece fetched where the cache has no more of it.</summary>
internal sealed class HubStream(HubBlob blob, string partial, long size, CancellationToken cancellation) : Stream
{
    /// <summary>About 90 rows of Amber. Pieces grow as a reader goes on, so that few rows cost little and many few requests.</summary>
    public const int FirstPiece = 1 << 20;
    private const int LargestPiece = 8 << 20;

    private FileStream? source;
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
        if (position == size || buffer.IsEmpty)
            return 0;
        source ??= Opened(partial);
        var read = source?.Read(buffer) ?? 0;
        if (read == 0)
        {
            var file = blob.ExtendAsync(position + Math.Clamp(position, FirstPiece, LargestPiece), null, cancellation).GetAwaiter().GetResult();
            // Another process may have made it whole, or begun it anew.
            source?.Dispose();
            source = Opened(file);
            read = source?.Read(buffer) ?? 0;
            if (read == 0)
                throw new IOException($"{file} became shorter while it was read.");
        }

        position += read;
        return read;
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

    private FileStream? Opened(string file) => !File.Exists(file) ? null : new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0) { Position = position };
}
