// Moving means and thinning, which make a long series readable.
namespace Llm360.Notebooks;

/// <summary>Smoothing and thinning of series with gaps.</summary>
internal static class Smoothing
{
    /// <summary>
    /// Centred moving mean over <paramref name="window"/> values. A gap stays a gap and does not
    /// spread.
    /// </summary>
    public static double[] MovingMean(IReadOnlyList<double> values, int window)
    {
        var result = new double[values.Count];
        var (before, after) = ((window - 1) / 2, window / 2);
        var (sum, count, from, to) = (0.0, 0, 0, 0);
        for (var i = 0; i < values.Count; i++)
        {
            for (; to < Math.Min(values.Count, i + after + 1); to++)
                (sum, count) = double.IsFinite(values[to]) ? (sum + values[to], count + 1) : (sum, count);
            for (; from < i - before; from++)
                (sum, count) = double.IsFinite(values[from]) ? (sum - values[from], count - 1) : (sum, count);
            result[i] = double.IsFinite(values[i]) ? sum / count : double.NaN;
        }

        return result;
    }

    /// <summary>
    /// Splits the series into <paramref name="buckets"/> runs and keeps the lowest and the highest
    /// value of each run, and one point for every group of gaps in it. No spike is lost.
    /// </summary>
    public static (double[] X, double[] Y) Thin(IReadOnlyList<double> x, IReadOnlyList<double> y, int buckets)
    {
        if (x.Count <= 3 * buckets)
            return ([.. x], [.. y]);
        var kept = new SortedSet<int> { 0, x.Count - 1 };
        for (var b = 0; b < buckets; b++)
        {
            var (from, to) = ((int)((long)b * x.Count / buckets), (int)((long)(b + 1) * x.Count / buckets));
            var (low, high) = (-1, -1);
            for (var i = from; i < to; i++)
            {
                if (!double.IsFinite(y[i]))
                {
                    kept.Add(i);
                    // One point is enough for consecutive gaps of a run.
                    while (i + 1 < to && !double.IsFinite(y[i + 1]))
                        i++;
                    continue;
                }

                low = low < 0 || y[i] < y[low] ? i : low;
                high = high < 0 || y[i] > y[high] ? i : high;
            }

            if (low >= 0)
                kept.UnionWith([low, high]);
        }

        return ([.. kept.Select(i => x[i])], [.. kept.Select(i => y[i])]);
    }
}
