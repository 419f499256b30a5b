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

    /// <summary>Fisher's 95% interval of Pearson's r over n pairs; NaN for 3 or fewer.</summary>
    public static (double Low, double High) Pearson(double r, double n)
    {
        if (n <= 3)
            return (double.NaN, double.NaN);
        var (z, half) = (Math.Atanh(r), Z / Math.Sqrt(n - 3));
        return (Math.Tanh(z - half), Math.Tanh(z + half));
    }

    /// <summary>
    /// The difference of two independent estimates with a 95% interval, from the intervals of both
    /// (Zou and Donner 2008; for shares Newcombe 1998, for correlations Zou 2007).
    /// </summary>
    public static (double Value, double Low, double High) Difference(
        (double Value, double Low, double High) a, (double Value, double Low, double High) b)
    {
        var difference = a.Value - b.Value;
        return (difference,
            difference - Math.Sqrt(Square(a.Value - a.Low) + Square(b.High - b.Value)),
            difference + Math.Sqrt(Square(a.High - a.Value) + Square(b.Value - b.Low)));

        static double Square(double x) => x * x;
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
