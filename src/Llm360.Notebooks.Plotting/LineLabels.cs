// Names at the ends of lines, moved apart where they would overlap.
using Llm360.Notebooks.Figures;
using static Llm360.Notebooks.Plotting.Attributes;

namespace Llm360.Notebooks.Plotting;

/// <summary>Direct labels instead of a legend, for up to five lines in one panel.</summary>
internal static class LineLabels
{
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
    public static IEnumerable<object> Draw(Panel panel, PanelPlace place, AxisRange vertical, int height)
    {
        var ends = panel.Traces.Where(t => t.Role != TraceRole.Raw)
            .Select(t => (t.Name, X: t.X[LastPoint(t)], Y: t.Y[LastPoint(t)]))
            .Where(e => !panel.Y.Log || e.Y > 0)
            .OrderBy(e => e.Y).ToList();
        var places = Spread([.. ends.Select(e => vertical.Place(e.Y) * height)], height);
        for (var i = 0; i < ends.Count; i++)
        {
            var (name, x, y) = ends[i];
            yield return Object(
                ("text", ChartText.Escape(name)), ("showarrow", false), ("xref", place.X), ("yref", place.Y),
                ("x", Numbers.Json(panel.X.Log ? Math.Log10(x) : x)), ("y", Numbers.Json(panel.Y.Log ? Math.Log10(y) : y)),
                ("xanchor", "left"), ("yanchor", "middle"), ("xshift", 8), ("yshift", Math.Round(places[i] - vertical.Place(y) * height, 1)),
                ("align", "left"), ("font", Object(("size", Style.TickSize))));
        }
    }

    /// <summary>Heights in ascending order, pushed up until neighbours are far enough apart, then down again from the top edge.</summary>
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
