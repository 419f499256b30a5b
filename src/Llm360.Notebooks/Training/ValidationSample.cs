// The held-out sequences whose loss is measured at every checkpoint.
namespace Llm360.Notebooks;

/// <summary>Chooses held-out sequences.</summary>
internal static class ValidationSample
{
    /// <summary>
    /// The tokens of evenly spaced rows. The rows are sorted by source, so every source is
    /// represented in proportion.
    /// </summary>
    public static int[] Tokens(IReadOnlyList<TokenRow> rows, int count)
    {
        count = Math.Min(count, rows.Count);
        return [.. Enumerable.Range(0, count).SelectMany(i => rows[(int)((long)i * rows.Count / count)].TokenIds)];
    }
}
