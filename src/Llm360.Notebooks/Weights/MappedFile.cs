// A file mapped into memory, read-only.
using System.IO.MemoryMappedFiles;

namespace Llm360.Notebooks;

/// <summary>
/// A file mapped into memory. If another process shortens the file while it is mapped, reading the
/// lost part ends this process.
/// </summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private const int Page = 4096;
    private readonly MemoryMappedFile? mapping;
    private readonly MemoryMappedViewAccessor? view;

    private MappedFile(string path, MemoryMappedFile? mapping, MemoryMappedViewAccessor? view, long length)
    {
        Path = path;
        Length = length;
        this.mapping = mapping;
        this.view = view;
        Start = view is null ? null : (byte*)view.SafeMemoryMappedViewHandle.DangerousGetHandle();
    }

    public string Path { get; }

    public long Length { get; }

    /// <summary>Pointer to the first byte; null for an empty file.</summary>
    public byte* Start { get; }

    /// <exception cref="Llm360Exception">The file cannot be opened.</exception>
    public static MappedFile Open(string path)
    {
        try
        {
            // An empty file cannot be mapped. A path that is not a regular file also has no length,
            // and reading it might never end.
            if (Target(path).Length == 0)
                return new MappedFile(path, null, null, 0);
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
            try
            {
                var length = stream.Length;
                var mapping = MemoryMappedFile.CreateFromFile(
                    stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
                return new MappedFile(path, mapping, mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read), length);
            }
            catch
            {
                stream.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Llm360Exception($"The weights cannot be opened: {e.Message}", path, "Check the path and its permissions.", e);
        }
    }

    // Resolves links, because a link has its own length.
    private static FileInfo Target(string path) => (FileInfo?)File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path);

    /// <summary>Bytes of the file; the range must be inside the file.</summary>
    public ReadOnlySpan<byte> Span(long begin, long length)
    {
        if (begin < 0 || length < 0 || begin > Length - length)
            throw new ArgumentOutOfRangeException(nameof(begin), $"{length} bytes from {begin} of {Length}");
        return new ReadOnlySpan<byte>(Start + begin, checked((int)length));
    }

    /// <summary>Reads a range into the page cache and maps its pages.</summary>
    public void Touch(long begin, long length, CancellationToken cancellation)
    {
        var sum = 0;
        for (var position = begin; position < begin + length; position += Page)
        {
            if ((position - begin) % (1 << 24) < Page)
                cancellation.ThrowIfCancellationRequested();
            sum += Volatile.Read(ref Start[position]);
        }

        GC.KeepAlive(sum);
        GC.KeepAlive(this);
    }

    public void Dispose()
    {
        view?.Dispose();
        mapping?.Dispose();
    }
}
