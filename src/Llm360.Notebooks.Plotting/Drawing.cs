// Converts a figure to Plotly: places panels, and collects traces and layout.
using Plotly.NET;
using static Llm360.Notebooks.Plotting.Attributes;

namespace Llm360.Notebooks.Plotting;

/// <summary>The traces and the layout of a figure.</summary>
internal sealed class Drawing
{
    private readonly Notebooks.Figure figure;
    private readonly FigurePlan plan;
    private readonly List<object> annotations = [];
    private readonly List<object> shapes = [];
    private readonly HashSet<string> inLegend = [];

    public Drawing(Notebooks.Figure figure)
    {
        (this.figure, plan) = (figure, new FigurePlan(figure));
        Layout = MakeLayout();
        for (var i = 0; i < figure.Panels.Count; i++)
            DrawPanel(i);
        Layout.With(("annotations", annotations), ("shapes", shapes));
    }

    public List<Plotly.NET.Trace> Traces { get; } = [];

    public Layout Layout { get; }

    public int Height => plan.Height;

    private Layout MakeLayout()
    {
        IEnumerable<string> titles = [.. plan.TitleLines.Select(l => $"<b>{ChartText.Escape(l)}</b>"),
            .. plan.SubtitleLines.Select(l => $"<span style=\"font-size:{Style.TextSize}px\">{ChartText.Escape(l)}</span>")];
        return new Layout().With(
            ("title", Object(
                ("text", string.Join("<br>", titles)), ("x", 0.0), ("xref", "container"), ("xanchor", "left"),
                ("y", 1.0), ("yref", "container"), ("yanchor", "top"),
                ("pad", Object(("l", 12), ("t", 12))), ("font", Object(("size", Style.TitleSize))))),
            ("font", Object(("family", Style.Font), ("size", Style.TextSize), ("color", Style.Text))),
            ("paper_bgcolor", Style.Transparent),
            ("plot_bgcolor", Style.Transparent),
            ("autosize", true),
            ("height", Height),
            ("margin", Object(("l", FigurePlan.Left), ("r", plan.Right), ("t", plan.Top), ("b", FigurePlan.Bottom))),
            ("showlegend", plan.ShowLegend),
            ("legend", Object(
                ("bgcolor", Style.Transparent), ("x", 1.02), ("xanchor", "left"), ("y", 1.0), ("yanchor", "top"),
                ("font", Object(("size", Style.TickSize))))),
            ("hovermode", "closest"),
            ("hoverlabel", Object(("font", Object(("family", Style.Font), ("size", Style.TickSize))))),
            ("bargap", 0.15),
            ("barmode", "group"),
            ("modebar", Object(("bgcolor", Style.Transparent), ("color", Style.AxisLine), ("activecolor", Style.Text))),
            ("meta", Object(
                ("title", figure.Title), ("subtitle", figure.Subtitle), ("alt", figure.AltText), ("finding", figure.Finding),
                ("titleHeight", plan.TitleHeight))));
    }

    private void DrawPanel(int index)
    {
        var (panel, place) = (plan.Labelled(index), plan.Grid.Place(index));
        if (panel.Title.Length > 0)
            annotations.Add(PanelTitle(panel.Title, place));
        if (panel.HeatMap is { } map)
        {
            DrawHeatMap(panel, map, index, place);
            return;
        }

        var (horizontal, vertical) = (AxisRange.Horizontal(panel), AxisRange.Vertical(panel));
        Layout.With((place.XAxis, Axes.Horizontal(panel, horizontal, place)), (place.YAxis, Axes.Vertical(panel, vertical, place)));
        var alone = FigurePlan.BarsStandAlone(panel);
        foreach (var trace in panel.Traces)
        {
            var colour = plan.ColourOf(trace);
            var legend = trace.Role != TraceRole.Raw && inLegend.Add(trace.Name);
            foreach (var drawn in Series.Draw(trace, panel, colour, place, legend))
                Traces.Add(alone ? drawn.With(("offsetgroup", "bars")) : drawn);
        }

        Marks.Draw(panel, place, vertical, Traces, annotations, shapes);
        if (plan.DirectLabels)
            annotations.AddRange(LineLabels.Draw(panel, place, vertical, plan.Height - plan.Top - FigurePlan.Bottom));
    }

    /// <summary>
    /// Heat maps with the same scale share a colour bar, right of the last column.
    /// </summary>
    private void DrawHeatMap(Panel panel, HeatMap map, int index, PanelPlace place)
    {
        var sharing = plan.SharingScale(map);
        var colours = "coloraxis" + plan.Grid.Place(sharing[0]).Suffix;
        Traces.Add(HeatMaps.Trace(map, panel, place, colours));
        Layout.With(
            (place.XAxis, HeatMaps.Columns(panel, place)),
            (place.YAxis, HeatMaps.Rows(panel, place, plan.RowNamesAreShown(index))));
        if (sharing[0] == index)
        {
            var beside = sharing.Count == 1 ? place : plan.Grid.Place(Math.Min(plan.Grid.Columns, figure.Panels.Count) - 1);
            Layout.With((colours, HeatMaps.Colours(map, beside)));
        }
    }

    private static Dictionary<string, object> PanelTitle(string title, PanelPlace place) => Object(
        ("text", $"<b>{ChartText.Escape(title)}</b>"), ("showarrow", false),
        ("xref", place.X + " domain"), ("yref", place.Y + " domain"), ("x", 0), ("y", 1),
        ("xanchor", "left"), ("yanchor", "bottom"), ("yshift", 4),
        ("font", Object(("size", Style.TextSize))));
}
