// Names at the ends of lines, moved apart where they would overlap.
using static Llm360.Notebooks.Plotting.Attributes;

namespace Llm360.Notebooks.Plotting;

/// <summary>Direct labels instead of a legend, for up to five lines in one panel.</summary>
internal static class LineLabels
{
    /// <summary>Pixels between the end of a line and its label.</summary>
    internal const int Gap = 8;

    private const double MinimumDistance = 16;

    /// <summary>Whether the figure's series can all be named at the ends of their lines.</summary>
    public static bool Fit(Figure figure)
    {
        var series = figure.Panels.SelectMany(p => p.Traces).Where(t => t.Role != TraceRole.Raw).ToList();
        return figure.Panels.Count == 1
            && series.Count is > 1 and <= Style.MaximumDirectLabels
            && series.All(t => t.Kind == TraceKind.Line && t.Name.Length <= Style.MaximumLabelLength && LastPoint(t) >= 0)
            && series.Select(t => t.Name).Distinct().Count() == series.Count;
    }

    /// <summary>The labels, each beside the last value of its line.</summary>
    public static IEnumerable<object> Draw(Panel panel, PanelPlace place, AxisRange vertical, int height) =>
        Ends(panel, vertical, height).Select(end => (object)Object(
            ("text", ChartText.Escape(end.Name)), ("showarrow", false), ("xref", place.X), ("yref", place.Y),
            ("x", Numbers.Json(panel.X.Log ? Math.Log10(end.X) : end.X)), ("y", Numbers.Json(panel.Y.Log ? Math.Log10(end.Y) : end.Y)),
            ("xanchor", "left"), ("yanchor", "middle"), ("xshift", Gap),
            ("yshift", Math.Round(end.Height - vertical.Place(end.Y) * height, 1)),
            ("align", "left"), ("font", Object(("size", Style.TickSize)))));

    /// <summary>
    /// The last value of every line, and the height of its label above the lower edge, pixels.
    /// </summary>
    internal static IReadOnlyList<(string Name, double X, double Y, double Height)> Ends(Panel panel, AxisRange vertical, double height)
    {
        var ends = panel.Traces.Where(t => t.Role != TraceRole.Raw)
            .Select(t => (t.Name, X: t.X[LastPoint(t)], Y: t.Y[LastPoint(t)]))
            .Where(e => !panel.Y.Log || e.Y > 0)
            .OrderBy(e => e.Y).ToList();
        var places = Spread([.. ends.Select(e => vertical.Place(e.Y) * height)], height);
        return [.. ends.Zip(places, (e, place) => (e.Name, e.X, e.Y, place))];
    }

    /// <summary>
    /// Moves heights in ascending order up until neighbours are far enough apart, then down from
    /// the top edge.
    /// </summary>
    internal static double[] Spread(double[] heights, double top)
    {
        for (var i = 1; i < heights.Length; i++)
            heights[i] = Math.Max(heights[i], heights[i - 1] + MinimumDistance);
        var limit = Math.Max(top, (heights.Length - 1) * MinimumDistance);
        for (var i = heights.Length - 1; i >= 0; i--)
        {
            heights[i] = Math.Min(heights[i], limit);
            limit = heights[i] - MinimumDistance;
        }

        return heights;
    }

    private static int LastPoint(Trace trace)
    {
        for (var i = trace.Y.Count - 1; i >= 0; i--)
        {
            if (double.IsFinite(trace.Y[i]) && double.IsFinite(trace.X[i]))
                return i;
        }

        return -1;
    }
}
