// How many floats the kernels take at once.
namespace Llm360.Notebooks.Models.Cpu;

internal static class VectorWidth
{
    /// <summary>Floats in the widest vector.</summary>
    public const int Floats = 16;

    /// <summary>Rounded up to a whole number of vectors.</summary>
    public static int Pad(int size) => checked(size + Floats - 1) / Floats * Floats;
}
