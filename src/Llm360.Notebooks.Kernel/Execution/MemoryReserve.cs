// Reserved memory: after a cell has used up all memory, the next cell can still be compiled.
namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>A part of the heap that is never touched, so that it uses no physical memory. It is
/// released when the heap is full.</summary>
internal static class MemoryReserve
{
    // A warm cell allocates 2 MB. The first ones allocate about 40 MB, while the compiler fills its
    // caches.
    private const int Size = 48 << 20;

    private static volatile byte[]? held;

    /// <summary>Whether the reserve is held: memory is not short.</summary>
    public static bool IsThere => held is not null;

    /// <summary>Takes it, if the last collection left at least half of the memory free.</summary>
    public static void Take()
    {
        var memory = GC.GetGCMemoryInfo();
        if (held is not null || memory.HeapSizeBytes > memory.TotalAvailableMemoryBytes / 2)
            return;
        try
        {
            held = GC.AllocateUninitializedArray<byte>(Size);
        }
        catch (OutOfMemoryException)
        {
            // There is too little memory for a reserve: continue without one.
        }
    }

    /// <summary>Releases the reserve for later allocations.</summary>
    public static void Give() => held = null;
}
