// Native memory for float values, aligned to a cache line.
using System.Runtime.InteropServices;

namespace Llm360.Notebooks;

/// <summary>Zeroed native memory, freed when disposed or collected.</summary>
internal sealed unsafe class AlignedFloats : IDisposable
{
    private const int Line = 64;

    public AlignedFloats(long count)
    {
        Count = count;
        Data = (float*)NativeMemory.AlignedAlloc((nuint)Math.Max(count, 1) * sizeof(float), Line);
        Clear(0, count);
    }

    ~AlignedFloats() => NativeMemory.AlignedFree(Data);

    public long Count { get; }

    public float* Data { get; private set; }

    public void Clear(long start, long count) => NativeMemory.Clear(Data + start, (nuint)count * sizeof(float));

    public void Dispose()
    {
        NativeMemory.AlignedFree(Data); // null is allowed
        Data = null;
        GC.SuppressFinalize(this);
    }
}
