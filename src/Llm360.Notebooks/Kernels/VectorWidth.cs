// How many floats the kernels take at once.
namespace Llm360.Notebooks;

/// <summary>The width of the kernels' vectors.</summary>
/// <remarks>
/// Kernels are written with vectors of 512 bits, which the just-in-time compiler splits where the processor has none, by inlining hundreds of small methods. What it inlines into one method is limited, so loops over rows are kept from being inlined themselves:
/// when SwiGLU's was, the rest of it became calls and took ten times as long.
/// </remarks>
internal static class VectorWidth
{
    /// <summary>Floats in the widest vector.</summary>
    public const int Floats = 16;

    /// <summary>Rounded up to a whole number of vectors.</summary>
    public static int Pad(int size) => checked(size + Floats - 1) / Floats * Floats;
}
