// One head's attention for a few queries that follow one another: training and prompts share it.

namespace Llm360.Notebooks;

/// <summary>Where a strip of queries is in its row.</summary>
/// <param name="Position">Of its first query.</param>
/// <param name="Count">Its queries, at most <see cref="AttentionStrip.MaxQueries"/>.</param>
/// <param name="Padding">Positions at the row's beginning that no other sees.</param>
internal readonly record struct StripPlace(int Position, int Count, int Padding)
{
    /// <summary>Keys up to the last position of the strip.</summary>
    public int Keys => Position + Count;

    /// <summary>The first key that a position sees, and how many it sees.</summary>
    /// <remarks>Padding sees itself alone, so that no softmax is over nothing.</remarks>
    public static (int First, int Count) Seen(int position, int padding) =>
        position < padding ? (position, 1) : (padding, position + 1 - padding);
}

/// <summary>softmax(scale q kᵀ + mask) v for a strip of queries of one head.</summary>
internal static unsafe class AttentionStrip
{
    /// <summary>Queries of a strip at most.</summary>
    public const int MaxQueries = 32;

    /// <summary>
    /// The output of the strip's queries. A strip meets only the keys up to its last position, so
    /// little of the masked half is computed.
    /// </summary>
    /// <param name="output">[queries, head]</param>
    /// <param name="sums">
    /// [queries in eights, head]: the products before they are divided by the softmax's sums. It may
    /// be <paramref name="output"/>.
    /// </param>
    /// <param name="weights">Scratch, [queries in eights, padded keys and one vector more].</param>
    /// <param name="q">[queries in eights, head]; rows beyond the strip's may hold anything.</param>
    /// <param name="kT">kᵀ [head, padded keys]</param>
    /// <param name="v">[keys, head]</param>
    /// <param name="place">Where the strip is.</param>
    /// <param name="head">The dimensions of a head, a multiple of 16.</param>
    /// <param name="scale">Of the scores.</param>
    /// <param name="logSums">The softmax's logarithmic sums, for the gradient; null for none.</param>
    public static void Forward(
        MatrixView output, MatrixView sums, MatrixView weights, MatrixView q, MatrixView kT, MatrixView v, StripPlace place, int head, float scale, float* logSums = null)
    {
        var tile = (place.Count + 7) / 8 * 8; // rows of a product come in eights
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
