// Memory kept back, so that after a cell has taken all of it the next can be compiled: the one that lets go of it.
namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>A piece of the heap that nobody touches, so that it costs no memory of the machine, and that is given up when the heap is full.</summary>
internal static class MemoryReserve
{
    // A warm cell allocates 2 MB; the first ones, while the compiler fills its caches, some 40 MB.
    private const int Size = 48 << 20;

    private static volatile byte[]? held;

    /// <summary>Whether it is held: memory is not short.</summary>
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
            // The memory is small: without a reserve things are as they were.
        }
    }

    /// <summary>Gives it up for whatever comes next.</summary>
    public static void Give() => held = null;
}
