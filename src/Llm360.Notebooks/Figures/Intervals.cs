// 95% intervals of shares and means.
namespace Llm360.Notebooks;

/// <summary>Interval estimates drawn in figures.</summary>
internal static class Intervals
{
    /// <summary>Number of standard errors from the mean to an end.</summary>
    internal const double Z = 1.959964;

    /// <summary>Wilson's 95% interval of a share: k of n.</summary>
    public static (double Low, double High) Wilson(double k, double n)
    {
        if (n <= 0)
            return (double.NaN, double.NaN);
        var (p, z2) = (k / n, Z * Z);
        var centre = (p + z2 / (2 * n)) / (1 + z2 / n);
        var half = Z / (1 + z2 / n) * Math.Sqrt(p * (1 - p) / n + z2 / (4 * n * n));
        // Exactly 0 if none and 1 if all have the property: rounding would leave 1e-15.
        return (k == 0 ? 0 : Math.Max(0, centre - half), k == n ? 1 : Math.Min(1, centre + half));
    }

    /// <summary>The normal 95% interval of a mean.</summary>
    public static (double Low, double High) Mean(IReadOnlyList<double> values)
    {
        if (values.Count < 2)
            return (double.NaN, double.NaN);
        var mean = values.Average();
        var half = Z * Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1) / values.Count);
        return (mean - half, mean + half);
    }
}
