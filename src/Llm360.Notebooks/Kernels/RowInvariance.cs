// The mode in which a row's numbers have the same bits whatever rows stand beside it.
namespace Llm360.Notebooks;

/// <summary>
/// While it is on, products and attention on the CPU are computed by kernels that treat every row
/// alike. Without it, fast paths for few rows and LibTorch's blocks sum in another order.
/// </summary>
/// <remarks>
/// It holds for the calling thread, as LibTorch's inference mode does. A result then depends
/// neither
/// on the batch, nor on which prefix was computed earlier, nor on the number of threads. It has no
/// effect on other devices.
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

    /// <summary>Goes back to what was before.</summary>
    internal readonly ref struct Scope(int before)
    {
        public void Dispose() => depth = before;
    }
}
