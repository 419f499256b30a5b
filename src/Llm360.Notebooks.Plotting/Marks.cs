// Highlighted positions: labelled points and vertical lines.
using static Llm360.Notebooks.Plotting.Attributes;

namespace Llm360.Notebooks.Plotting;

/// <summary>Draws the marks of a panel over its series.</summary>
internal static class Marks
{
    public static void Draw(
        Panel panel,
        PanelPlace place,
        AxisRange vertical,
        List<Plotly.NET.Trace> traces,
        List<object> annotations,
        List<object> shapes)
    {
        var marks = panel.Marks ?? [];
        var points = marks.Where(m => m.Y is { } y && double.IsFinite(y)).ToList();
        if (points.Count > 0)
            traces.Add(Points(points, panel, place));
        foreach (var mark in points.Where(m => m.ShowLabel))
            annotations.Add(PointLabel(mark, panel, place, vertical));
        foreach (var mark in marks.Where(m => m.Y is null))
        {
            shapes.Add(Object(
                ("type", "line"), ("layer", "below"), ("xref", place.X), ("yref", place.Y + " domain"),
                ("x0", mark.X), ("x1", mark.X), ("y0", 0), ("y1", 1),
                ("line", Object(("color", Colour(mark)), ("width", 1.25), ("dash", "dot")))));
            if (mark.ShowLabel)
                annotations.Add(LineLabel(mark, panel, place));
        }
    }

    internal static string Colour(Mark mark) => mark.Progress is { } progress ? Palette.ForProgress(progress) : Style.Text;

    private static Plotly.NET.Trace Points(List<Mark> marks, Panel panel, PanelPlace place) => new Plotly.NET.Trace("scatter").With(
        ("name", "marks"), ("mode", "markers"), ("cliponaxis", false), ("xaxis", place.X), ("yaxis", place.Y), ("showlegend", false),
        ("x", Numbers.Json(marks.Select(m => m.X))),
        ("y", Numbers.Json(marks.Select(m => m.Y!.Value))),
        ("hovertext", marks.Select(m => ChartText.Escape(m.Label)).ToArray()),
        ("hovertemplate", "%{hovertext}<extra></extra>"),
        ("marker", Object(
            ("symbol", "diamond"), ("size", 12), ("color", marks.Select(Colour).ToArray()),
            ("line", Object(("color", "#ffffff"), ("width", 1.5))))),
        ("meta", Object(("role", "mark"), ("panel", panel.Title))));

    private static Dictionary<string, object> PointLabel(Mark mark, Panel panel, PanelPlace place, AxisRange vertical)
    {
        var high = vertical.Place(mark.Y!.Value) > 0.8;
        return Object(
            ("text", ChartText.Escape(mark.Label)), ("showarrow", false), ("xref", place.X), ("yref", place.Y),
            ("x", panel.X.Log ? Math.Log10(mark.X) : mark.X), ("y", Numbers.Json(panel.Y.Log ? Math.Log10(mark.Y.Value) : mark.Y.Value)),
            // The label is on the left, because most marks are at the right edge (score 1).
            ("xanchor", "right"), ("xshift", high ? -10 : 4), ("yanchor", high ? "middle" : "bottom"), ("yshift", high ? 0 : 8),
            ("font", Object(("size", Style.TickSize))));
    }

    private static Dictionary<string, object> LineLabel(Mark mark, Panel panel, PanelPlace place) => Object(
        ("text", ChartText.Escape(mark.Label)), ("showarrow", false), ("xref", place.X), ("yref", place.Y + " domain"),
        ("x", panel.X.Log ? Math.Log10(mark.X) : mark.X), ("y", 1), ("yanchor", "bottom"), ("font", Object(("size", Style.TickSize))));
}
