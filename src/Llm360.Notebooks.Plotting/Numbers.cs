// Numbers for JSON and for axes.
using System.Globalization;

namespace Llm360.Notebooks.Plotting;

/// <summary>Rounds numbers for JSON and formats them for readers.</summary>
internal static class Numbers
{
    /// <summary>
    /// Seven significant digits (the precision of a float) keep the JSON small. A value that is not
    /// finite becomes null, which Plotly leaves out.
    /// </summary>
    public static double? Json(double value) =>
        double.IsFinite(value) ? double.Parse(value.ToString("G7", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : null;

    /// <inheritdoc cref="Json(double)"/>
    public static double?[] Json(IEnumerable<double> values) => [.. values.Select(Json)];

    /// <summary>
    /// Five significant digits, for measured values: a plot shows three or four.
    /// </summary>
    public static double?[] Measured(IEnumerable<double> values) => [.. values.Select(Measured)];

    /// <inheritdoc cref="Measured(IEnumerable{double})"/>
    public static double? Measured(double value) =>
        double.IsFinite(value) ? double.Parse(value.ToString("G5", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : null;

    /// <summary>1k, 1M, 2.5B; small numbers plain or as a power of ten.</summary>
    public static string Human(double value)
    {
        foreach (var (size, suffix) in new[] { (1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k") })
        {
            if (Math.Abs(value) >= size)
                return (value / size).ToString("0.##", CultureInfo.InvariantCulture) + suffix;
        }

        return Math.Abs(value) is >= 1e-4 or 0
            ? value.ToString("0.######", CultureInfo.InvariantCulture)
            : value.ToString("0.##e0", CultureInfo.InvariantCulture);
    }
}
