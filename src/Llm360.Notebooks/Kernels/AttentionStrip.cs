// Attention of one head for a strip of consecutive queries, shared by training and prompts.

namespace Llm360.Notebooks;

/// <summary>The place of a strip of queries in its row.</summary>
/// <param name="Position">Position of the first query.</param>
/// <param name="Count">Number of queries, at most <see cref="AttentionStrip.MaxQueries"/>.</param>
/// <param name="Padding">
/// Padded positions at the start of the row. No other position attends to them.
/// </param>
internal readonly record struct StripPlace(int Position, int Count, int Padding)
{
    /// <summary>Number of keys up to the last position of the strip.</summary>
    public int Keys => Position + Count;

    /// <summary>The first key that a position attends to, and the number of keys.</summary>
    /// <remarks>A padded position attends only to itself, so that no softmax is empty.</remarks>
    public static (int First, int Count) Seen(int position, int padding) =>
        position < padding ? (position, 1) : (padding, position + 1 - padding);
}

/// <summary>softmax(scale q kᵀ + mask) v for a strip of queries of one head.</summary>
internal static unsafe class AttentionStrip
{
    /// <summary>Maximum number of queries in a strip.</summary>
    public const int MaxQueries = 32;

    /// <summary>
    /// The output of the strip's queries. A strip uses only the keys up to its last position, so
    /// little of the masked half is computed.
    /// </summary>
    /// <param name="output">[queries, head]</param>
    /// <param name="sums">
    /// [queries rounded up to a multiple of 8, head]: the products before division by the softmax
    /// sums. It may be <paramref name="output"/>.
    /// </param>
    /// <param name="weights">
    /// Scratch, [queries rounded up to a multiple of 8, padded keys plus one vector].
    /// </param>
    /// <param name="q">
    /// [queries rounded up to a multiple of 8, head]; rows beyond the strip's may hold anything.
    /// </param>
    /// <param name="kT">kᵀ [head, padded keys]</param>
    /// <param name="v">[keys, head]</param>
    /// <param name="place">The place of the strip.</param>
    /// <param name="head">The dimensions of a head, a multiple of 16.</param>
    /// <param name="scale">Factor of the scores.</param>
    /// <param name="logSums">
    /// Output: log-sum-exp of each query, for the gradient; null for none.
    /// </param>
    public static void Forward(
        MatrixView output, MatrixView sums, MatrixView weights, MatrixView q, MatrixView kT, MatrixView v, StripPlace place,
        int head, float scale, float* logSums = null)
    {
        var tile = (place.Count + 7) / 8 * 8; // a product needs a multiple of 8 rows
        var factors = stackalloc float[MaxQueries];
        Products.Set(weights, q, kT, tile, VectorWidth.Pad(place.Keys), head);
        for (var i = 0; i < place.Count; i++)
        {
            var (first, seen) = StripPlace.Seen(place.Position + i, place.Padding);
            new Span<float>(weights.Row(i), first).Clear();
            var (sum, shift) = Softmax.Exponentials(weights.Row(i) + first, seen, place.Keys - first, scale);
            factors[i] = 1 / sum;
            if (logSums is not null)
                logSums[i] = shift + (float)Math.Log(sum); // MathF.Log differs between C libraries
        }

        Products.Set(sums, weights, v, tile, head, place.Keys);
        VectorMath.Scale(output, sums, factors, place.Count, head);
    }
}
