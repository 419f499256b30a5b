// One number for each sequence, ordered so that two checkpoints can be compared in one pass.

namespace Llm360.Notebooks;

/// <summary>A quantity of sequences, by chunk and line.</summary>
internal sealed class SequenceValues
{
    private readonly long[] keys;
    private readonly double[] values;

    /// <summary>Stores the quantity of every row.</summary>
    public SequenceValues(IReadOnlyList<MemorizationRow> rows, Func<MemorizationRow, double> quantity)
    {
        (keys, values) = (new long[rows.Count], new double[rows.Count]);
        foreach (var (i, row) in rows.Index())
            (keys[i], values[i]) = (((long)row.Chunk << 32) + row.Row, quantity(row));
        Array.Sort(keys, values);
    }

    /// <summary>The values of sequences that both have.</summary>
    public static IEnumerable<(double X, double Y)> Pairs(SequenceValues a, SequenceValues b)
    {
        for (int i = 0, j = 0; i < a.keys.Length && j < b.keys.Length;)
        {
            var order = a.keys[i].CompareTo(b.keys[j]);
            if (order == 0)
                yield return (a.values[i], b.values[j]);
            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }
    }

    /// <summary>
    /// Pearson's r in one pass, and the number of pairs; NaN without pairs, or if a quantity does
    /// not vary.
    /// </summary>
    /// <remarks>
    /// Means and sums of squares are updated pair by pair (Welford 1962), which loses no digits.
    /// </remarks>
    public static (double R, long Count) Pearson(IEnumerable<(double X, double Y)> pairs)
    {
        long count = 0;
        double meanX = 0, meanY = 0, squaresX = 0, squaresY = 0, products = 0;
        foreach (var (x, y) in pairs)
        {
            count++;
            var (fromX, fromY) = (x - meanX, y - meanY);
            meanX += fromX / count;
            meanY += fromY / count;
            squaresX += fromX * (x - meanX);
            squaresY += fromY * (y - meanY);
            products += fromX * (y - meanY);
        }

        return (products / Math.Sqrt(squaresX * squaresY), count);
    }
}
