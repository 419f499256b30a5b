// Axes: labels with units, readable ticks, faint grid.
using Plotly.NET.LayoutObjects;
using static Llm360.Notebooks.Plotting.Attributes;

namespace Llm360.Notebooks.Plotting;

/// <summary>Builds the axes of a panel of series.</summary>
internal static class Axes
{
    public static LinearAxis Horizontal(Panel panel, AxisRange range, PanelPlace place)
    {
        var axis = Common(panel.X, range, place.Y, place.Across).With(("showgrid", false));
        var labels = panel.Traces.Where(t => t.XLabels is not null)
            .SelectMany(t => t.X.Zip(t.XLabels!))
            .DistinctBy(p => p.First)
            .OrderBy(p => p.First)
            .ToList();
        return labels.Count == 0 ? axis : axis.With(
            ("tickmode", "array"),
            ("tickvals", Numbers.Json(labels.Select(p => p.First))),
            ("ticktext", labels.Select(p => ChartText.Escape(p.Second)).ToArray()));
    }

    public static LinearAxis Vertical(Panel panel, AxisRange range, PanelPlace place)
    {
        var bars = panel.Traces.Any(t => t.Kind == TraceKind.Bars);
        return Common(panel.Y, range, place.X, place.Up).With(("rangemode", bars ? "tozero" : null), ("zeroline", bars));
    }

    /// <summary>The properties that all axes share, including those of heat maps.</summary>
    public static LinearAxis Common(Axis axis, AxisRange? range, string anchor, double[] domain)
    {
        var result = new LinearAxis().With(
            ("title", Object(("text", ChartText.Escape(axis.Label)), ("standoff", 8), ("font", Object(("size", Style.TextSize))))),
            ("anchor", anchor),
            ("domain", domain),
            ("automargin", true),
            ("gridcolor", Style.Grid),
            ("linecolor", Style.AxisLine),
            ("zerolinecolor", Style.AxisLine),
            ("zeroline", false),
            ("showline", true),
            ("ticks", "outside"),
            ("ticklen", 4),
            ("tickcolor", Style.AxisLine),
            ("tickfont", Object(("size", Style.TickSize))));
        if (range is not { } r)
            return result;
        // 3e-4 and 2M: Plotly abbreviates small numbers with SI prefixes (300μ), which are not used
        // for learning rates.
        var tiny = Math.Max(Math.Abs(r.Low), Math.Abs(r.High)) < 0.01;
        result.With(("type", axis.Log ? "log" : "linear"), ("range", Numbers.Json(r.Plotly)), ("exponentformat", tiny ? "e" : "B"));
        if (!axis.Log)
            return result;
        var ticks = r.LogTicks(axis.LogBase);
        return result.With(("tickmode", "array"), ("tickvals", Numbers.Json(ticks)), ("ticktext", ticks.Select(Numbers.Human).ToArray()));
    }
}
