// The range of an axis, and the ticks of a logarithmic axis.

namespace Llm360.Notebooks.Plotting;

/// <summary>
/// The visible part of an axis in data units. On a logarithmic axis both ends are positive.
/// </summary>
internal readonly record struct AxisRange(double Low, double High, bool Log)
{
    /// <summary>Position of a value between the ends, 0 to 1.</summary>
    public double Place(double value) => Log
        ? (Math.Log10(value) - Math.Log10(Low)) / (Math.Log10(High) - Math.Log10(Low))
        : (value - Low) / (High - Low);

    /// <summary>The ends as Plotly writes them: exponents on a logarithmic axis.</summary>
    public double[] Plotly => Log ? [Math.Log10(Low), Math.Log10(High)] : [Low, High];

    /// <summary>
    /// The range for all positions of a panel. Where there are categories, it has room for half a
    /// bar at each side.
    /// </summary>
    public static AxisRange Horizontal(Panel panel)
    {
        var marks = (panel.Marks ?? []).Select(m => m.X).ToList();
        List<double> values = [.. panel.Traces.SelectMany(t => t.X), .. marks];
        var categories = panel.Traces.Where(t => t.Kind == TraceKind.Bars || t.XLabels is not null).ToList();
        if (categories.Count == 0)
            return Fit(panel.X, values, padding: 0.025);
        var places = categories.SelectMany(t => t.X).Concat(marks).Where(double.IsFinite).Distinct().Order().ToList();
        var step = places.Count > 1 ? places.Zip(places.Skip(1), (a, b) => b - a).Min() : 1;
        return places.Count == 0 || panel.X.Log ? Fit(panel.X, values, padding: 0.025)
            : new(panel.X.Minimum ?? places[0] - 0.6 * step, panel.X.Maximum ?? places[^1] + 0.6 * step, Log: false);
    }

    /// <summary>
    /// The range for all values and intervals of a panel. It includes zero if there are bars.
    /// </summary>
    public static AxisRange Vertical(Panel panel)
    {
        var values = panel.Traces.SelectMany(t => t.Y.Concat(t.Low ?? []).Concat(t.High ?? []))
            .Concat((panel.Marks ?? []).Select(m => m.Y ?? double.NaN)).ToList();
        if (!panel.Traces.Any(t => t.Kind == TraceKind.Bars) || panel.Y.Log)
            return Fit(panel.Y, values, padding: 0.05);
        var range = Fit(panel.Y, [.. values, 0], padding: 0.05);
        return values.Any(v => v < 0) ? range : range with { Low = panel.Y.Minimum ?? 0 };
    }

    /// <summary>
    /// Powers of the base within the range, with 1-2-5 steps between them if fewer than three fit.
    /// </summary>
    public IReadOnlyList<double> LogTicks(int logBase)
    {
        var (low, high) = (Low, High);
        var ticks = Powers(logBase, [1]);
        if (ticks.Count < 3)
            ticks = Powers(logBase, logBase == 10 ? [1, 2, 5] : [1, 1.25, 1.5, 1.75]);
        if (ticks.Count < 2)
        {
            var digits = Math.Clamp(2 - (int)Math.Floor(Math.Log10(high - low)), 0, 12);
            ticks = [.. Enumerable.Range(0, 5).Select(i => Math.Round(low + (high - low) * i / 4, digits))];
        }

        // Twelve labels fit. A wider range keeps every second, third, ... power.
        var every = (ticks.Count + 11) / 12;
        return [.. ticks.Where((_, i) => i % every == 0)];

        List<double> Powers(int b, double[] steps)
        {
            var first = (int)Math.Floor(Math.Log(low, b)) - 1;
            var last = (int)Math.Ceiling(Math.Log(high, b));
            return
            [
                .. Enumerable.Range(first, last - first + 1)
                    .SelectMany(e => steps.Select(s => s * Math.Pow(b, e)))
                    .Where(t => t >= low * 0.9999 && t <= high * 1.0001),
            ];
        }
    }

    private static AxisRange Fit(Axis axis, IReadOnlyList<double> values, double padding)
    {
        var usable = values.Where(v => double.IsFinite(v) && (!axis.Log || v > 0)).DefaultIfEmpty(1).ToList();
        var (low, high) = (axis.Minimum ?? usable.Min(), axis.Maximum ?? usable.Max());
        if (axis.Log)
        {
            // A minimum of zero cannot be drawn: use the smallest positive value instead.
            low = low > 0 ? low : usable.Min();
            var factor = high > low ? Math.Pow(high / low, padding) : 2;
            return new(axis.Minimum > 0 ? low : low / factor, axis.Maximum is null || high <= low ? high * factor : high, Log: true);
        }

        var pad = high > low ? (high - low) * padding : Math.Max(Math.Abs(high) * 0.1, 0.5);
        return new(axis.Minimum ?? low - pad, axis.Maximum is null || high <= low ? high + pad : high, Log: false);
    }
}
