// One figure on its way to Plotly: panels placed, traces and layout collected.
using Llm360.Notebooks.Figures;
using Plotly.NET;
using static Llm360.Notebooks.Plotting.Attributes;

namespace Llm360.Notebooks.Plotting;

/// <summary>The traces and the layout of a figure.</summary>
internal sealed class Drawing
{
    private const int LineHeight = 21;

    private readonly Figures.Figure figure;
    private readonly List<object> annotations = [];
    private readonly List<object> shapes = [];
    private readonly HashSet<string> inLegend = [];
    private readonly Func<string, string> categories;

    public Drawing(Figures.Figure figure)
    {
        this.figure = figure;
        var series = figure.Panels.SelectMany(p => p.Traces).ToList();
        categories = Palette.ForCategories(series.Where(t => t.Progress is null && t.Role is not TraceRole.Baseline and not TraceRole.Disagreement).Select(CategoryKey));
        DirectLabels = LineLabels.Fit(figure);
        Titles = [.. ChartText.Wrap(figure.Title, 72).Select(l => $"<b>{ChartText.Escape(l)}</b>"),
            .. ChartText.Wrap(figure.Subtitle, 100).Select(l => $"<span style=\"font-size:{Style.TextSize}px\">{ChartText.Escape(l)}</span>")];
        var size = PanelSize.Of(figure, Top);
        Grid = size.Grid;
        Height = size.Height;
        Layout = MakeLayout();
        for (var i = 0; i < figure.Panels.Count; i++)
            DrawPanel(figure.Panels[i], i);
        Layout.With(("annotations", annotations), ("shapes", shapes));
    }

    public List<Plotly.NET.Trace> Traces { get; } = [];

    public Layout Layout { get; }

    public int Height { get; }

    private IReadOnlyList<string> Titles { get; }

    private PanelGrid Grid { get; }

    /// <summary>Whether lines carry their names at their ends, so that no legend is needed.</summary>
    private bool DirectLabels { get; }

    /// <summary>Pixels that a page saves by showing title and subtitle as text of its own.</summary>
    private int TitleHeight => 16 + Titles.Count * LineHeight;

    private int Top => TitleHeight + (figure.Panels.Any(p => p.Title.Length > 0 || (p.Marks ?? []).Any(m => m.Y is null && m.ShowLabel)) ? 26 : 10);

    /// <summary>A panel with one series has its title for a name, and a bar that stands for one label has its tick.</summary>
    private static bool NeedsLegend(Panel panel) =>
        panel.Traces.Where(t => t.Role != TraceRole.Raw && !(t.XLabels?.Count == 1 && t.XLabels[0] == t.Name)).Select(t => t.Name).Distinct().Count() > 1;

    private static string CategoryKey(Figures.Trace trace) => trace.Category ?? trace.Name;

    private Layout MakeLayout()
    {
        var names = figure.Panels.SelectMany(p => p.Traces).Where(t => t.Role != TraceRole.Raw).Select(t => t.Name).Distinct().ToList();
        var right = DirectLabels ? 16 + (int)(names.Max(n => n.Length) * Style.CharacterWidth) : 16;
        return new Layout().With(
            ("title", Object(("text", string.Join("<br>", Titles)), ("x", 0.0), ("xref", "container"), ("xanchor", "left"), ("y", 1.0), ("yref", "container"), ("yanchor", "top"),
                ("pad", Object(("l", 12), ("t", 12))), ("font", Object(("size", Style.TitleSize))))),
            ("font", Object(("family", Style.Font), ("size", Style.TextSize), ("color", Style.Text))),
            ("paper_bgcolor", Style.Transparent),
            ("plot_bgcolor", Style.Transparent),
            ("autosize", true),
            ("height", Height),
            ("margin", Object(("l", 64), ("r", right), ("t", Top), ("b", 52))),
            ("showlegend", !DirectLabels && figure.Panels.Any(NeedsLegend)),
            ("legend", Object(("bgcolor", Style.Transparent), ("x", 1.02), ("xanchor", "left"), ("y", 1.0), ("yanchor", "top"), ("font", Object(("size", Style.TickSize))))),
            ("hovermode", "closest"),
            ("hoverlabel", Object(("font", Object(("family", Style.Font), ("size", Style.TickSize))))),
            ("bargap", 0.15),
            ("barmode", "group"),
            ("modebar", Object(("bgcolor", Style.Transparent), ("color", Style.AxisLine), ("activecolor", Style.Text))),
            ("meta", Object(("title", figure.Title), ("subtitle", figure.Subtitle), ("alt", figure.AltText), ("finding", figure.Finding), ("titleHeight", TitleHeight))));
    }

    private void DrawPanel(Panel panel, int index)
    {
        var place = Grid.Place(index);
        if (panel.Title.Length > 0)
            annotations.Add(PanelTitle(panel.Title, place));
        if (panel.HeatMap is { } map)
        {
            DrawHeatMap(panel, map, index, place);
            return;
        }

        panel = Labelled(panel, index);
        var (horizontal, vertical) = (AxisRange.Horizontal(panel), AxisRange.Vertical(panel));
        Layout.With((place.XAxis, Axes.Horizontal(panel, horizontal, place)), (place.YAxis, Axes.Vertical(panel, vertical, place)));
        var alone = BarsStandAlone(panel);
        foreach (var trace in panel.Traces)
        {
            var colour = ColourOf(trace);
            var legend = trace.Role != TraceRole.Raw && inLegend.Add(trace.Name);
            foreach (var drawn in Series.Draw(trace, panel, colour, place, legend))
                Traces.Add(alone ? drawn.With(("offsetgroup", "bars")) : drawn);
        }

        Marks.Draw(panel, place, vertical, Traces, annotations, shapes);
        if (DirectLabels)
            annotations.AddRange(LineLabels.Draw(panel, place, vertical, Height - Top - 52));
    }

    /// <summary>Maps on one scale share one colour bar, to the right of the last column.</summary>
    private void DrawHeatMap(Panel panel, HeatMap map, int index, PanelPlace place)
    {
        var sharing = Enumerable.Range(0, figure.Panels.Count)
            .Where(i => figure.Panels[i].HeatMap is { } m && (m.Unit, m.Minimum, m.Maximum) == (map.Unit, map.Minimum, map.Maximum)).ToList();
        var colours = "coloraxis" + Grid.Place(sharing[0]).Suffix;
        Traces.Add(HeatMaps.Trace(map, panel, place, colours));
        Layout.With((place.XAxis, HeatMaps.Columns(panel, place)), (place.YAxis, HeatMaps.Rows(Labelled(panel, index), place, RowNamesAreShown(index))));
        if (sharing[0] == index)
            Layout.With((colours, HeatMaps.Colours(map, sharing.Count == 1 ? place : Grid.Place(Math.Min(Grid.Columns, figure.Panels.Count) - 1))));
    }

    /// <summary>Small multiples name an axis that they share only once: at the left of a row and below a column.</summary>
    private Panel Labelled(Panel panel, int index) => panel with
    {
        X = !Grid.IsLastInColumn(index) && figure.Panels.All(p => p.X.Label == panel.X.Label) ? panel.X with { Label = "" } : panel.X,
        Y = !Grid.IsFirstInRow(index) && figure.Panels.All(p => p.Y.Label == panel.Y.Label) ? panel.Y with { Label = "" } : panel.Y,
    };

    private bool RowNamesAreShown(int index) => Grid.IsFirstInRow(index) || !figure.Panels[index].HeatMap!.Rows.SequenceEqual(figure.Panels[index - 1].HeatMap?.Rows ?? []);

    /// <summary>Whether no two bar series share a position: then every bar gets the full width instead of a slot among its neighbours.</summary>
    private static bool BarsStandAlone(Panel panel)
    {
        var bars = panel.Traces.Where(t => t.Kind == TraceKind.Bars).ToList();
        return bars.Count > 1 && bars.SelectMany(t => t.X.Distinct()).GroupBy(x => x).All(g => g.Count() == 1);
    }

    private string ColourOf(Figures.Trace trace) => trace.Role switch
    {
        TraceRole.Disagreement => Style.Disagreement,
        TraceRole.Baseline => Style.Baseline,
        TraceRole.Published when trace.Progress is null && trace.Category is null => Style.Published,
        _ => trace.Progress is { } progress ? Palette.ForProgress(progress) : categories(CategoryKey(trace)),
    };

    private static Dictionary<string, object> PanelTitle(string title, PanelPlace place) => Object(
        ("text", $"<b>{ChartText.Escape(title)}</b>"), ("showarrow", false),
        ("xref", place.X + " domain"), ("yref", place.Y + " domain"), ("x", 0), ("y", 1), ("xanchor", "left"), ("yanchor", "bottom"), ("yshift", 4),
        ("font", Object(("size", Style.TextSize))));
}
