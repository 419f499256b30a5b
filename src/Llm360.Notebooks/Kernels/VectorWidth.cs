// The number of floats that the kernels process at once.
namespace Llm360.Notebooks;

/// <summary>The width of the kernels' vectors.</summary>
/// <remarks>
/// Kernels use vectors of 512 bits. Where the processor has none, the just-in-time compiler splits
/// them by inlining hundreds of small methods. It limits how much it inlines into one method, so
/// loops over rows are marked NoInlining. When the loop of SwiGLU was inlined, the rest of it
/// became calls and took ten times as long.
/// </remarks>
internal static class VectorWidth
{
    /// <summary>Floats in the widest vector.</summary>
    public const int Floats = 16;

    /// <summary>Rounded up to a whole number of vectors.</summary>
    public static int Pad(int size) => checked(size + Floats - 1) / Floats * Floats;
}
