// The mode in which a row's results have the same bits regardless of the other rows of the batch.
namespace Llm360.Notebooks;

/// <summary>
/// In this mode, products and attention on the CPU are computed by kernels that treat all rows
/// alike. Otherwise, fast paths for few rows and LibTorch's blocks sum in another order.
/// </summary>
/// <remarks>
/// It applies to the calling thread, like LibTorch's inference mode. A result then does not depend
/// on the batch, on the prefix computed earlier or on the number of threads. The mode has no effect
/// on other devices.
/// </remarks>
internal static class RowInvariance
{
    [ThreadStatic]
    private static int depth;

    /// <summary>Whether it is on.</summary>
    public static bool IsOn => depth > 0;

    /// <summary>Turns it on until the result is disposed on the same thread.</summary>
    public static Scope Enter()
    {
        depth++;
        return new Scope(depth - 1);
    }

    /// <summary>Restores the previous state.</summary>
    internal readonly ref struct Scope(int before)
    {
        public void Dispose() => depth = before;
    }
}
