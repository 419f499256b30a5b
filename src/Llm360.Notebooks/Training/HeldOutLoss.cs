// The sequences that training never sees and whose loss it logs.

namespace Llm360.Notebooks;

/// <summary>Chooses held-out sequences.</summary>
internal static class HeldOutLoss
{
    /// <summary>The tokens of evenly spaced rows, so that every source is in the sample in proportion: the rows stand source by source.</summary>
    public static int[] Sample(IReadOnlyList<TokenRow> rows, int count)
    {
        count = Math.Min(count, rows.Count);
        return [.. Enumerable.Range(0, count).SelectMany(i => rows[(int)((long)i * rows.Count / count)].TokenIds)];
    }
}
