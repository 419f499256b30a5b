// The heads of an attention layer in kernels that pad them.
namespace Llm360.Notebooks;

/// <summary>Heads of one layer.</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Key-value heads; divides <paramref name="Heads"/>.</param>
/// <param name="Dimension">Width of a head.</param>
/// <param name="Padded">The width rounded up to a whole number of vectors.</param>
internal readonly record struct HeadShape(int Heads, int KeyValueHeads, int Dimension, int Padded)
{
    /// <summary>Query heads for each key-value head.</summary>
    public int Group => Heads / KeyValueHeads;
}
