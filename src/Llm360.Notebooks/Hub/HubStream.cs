// A file on the Hub, read forward while it arrives.
namespace Llm360.Notebooks.Hub;

/// <summary>Reads a content from the cache and has the next piece fetched where the cache has no more of it.</summary>
internal sealed class HubStream(HubBlob blob, string cached, string name, long size, CancellationToken cancellation) : Stream
{
    /// <summary>About 90 rows of Amber. Pieces grow as a reader goes on, so that few rows cost little and many few requests.</summary>
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
        if (position == size || buffer.IsEmpty)
            return 0;
        source ??= Opened(cached);
        var read = source?.Read(buffer) ?? 0;
        // Once more: between two looks at a file, another process may have made it whole, which moves it, or begun it anew.
        for (var attempt = 0; read == 0 && attempt < 2; attempt++)
        {
            var (wanted, arrived) = (Math.Min(size, position + Math.Clamp(position, FirstPiece, LargestPiece)), 0L);
            var file = blob.ExtendAsync(wanted, bytes => Work.Progress?.Report(new WorkProgress("fetch rows", (arrived += bytes) / 1e6, wanted / 1e6, "MB", name)), cancellation).GetAwaiter().GetResult();
            source?.Dispose();
            source = Opened(file);
            read = source?.Read(buffer) ?? 0;
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
        try
        {
            return new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0) { Position = position };
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw HubCache.Unusable(file, e);
        }
    }
}
