// A tensor's elements in row-major order, one block at a time, directly from the mapped file.
namespace Llm360.Notebooks;

/// <summary>
/// Enumerates the bytes of a tensor's elements, row-major and without gaps, for any strides.
/// </summary>
internal unsafe ref struct TensorPieces
{
    /// <summary>Elements per block; a multiple of every vector length.</summary>
    public const int Length = 1 << 16;

    private readonly byte* start;
    private readonly TensorEntry entry;
    private readonly long count;
    private readonly int size;
    private readonly byte[]? gathered;
    private readonly long[] shape, index;
    private long done, element;

    public TensorPieces(MappedFile file, TensorEntry entry)
    {
        this.entry = entry;
        start = file.Start + entry.Begin;
        count = entry.Count;
        size = entry.ElementSize;
        shape = [.. entry.Shape];
        index = new long[shape.Length];
        gathered = entry.Strides is null ? null : new byte[(int)Math.Min(count, Length) * size];
    }

    /// <summary>The current block.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    public bool MoveNext()
    {
        var length = (int)Math.Min(Length, count - done);
        if (length == 0)
            return false;
        Current = gathered is null ? new ReadOnlySpan<byte>(start + (done * size), length * size) : Gather(length);
        done += length;
        return true;
    }

    private ReadOnlySpan<byte> Gather(int length)
    {
        var strides = entry.Strides!;
        for (var i = 0; i < length; i++)
        {
            new ReadOnlySpan<byte>(start + (element * size), size).CopyTo(gathered.AsSpan(i * size));
            for (var d = shape.Length - 1; d >= 0; d--)
            {
                element += strides[d];
                if (++index[d] < shape[d])
                    break;
                element -= strides[d] * shape[d];
                index[d] = 0;
            }
        }

        return gathered.AsSpan(0, length * size);
    }
}
