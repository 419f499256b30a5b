// The parts that the interactive and the static figure share: titles, sizes, panels and colours.

namespace Llm360.Notebooks.Plotting;

/// <summary>The properties of a figure that do not depend on how it is drawn.</summary>
internal sealed class FigurePlan
{
    /// <summary>Room below the plots for tick labels and axis title, pixels.</summary>
    public const int Bottom = 52;

    /// <summary>Room to the left of the plots, pixels.</summary>
    public const int Left = 64;

    /// <summary>Height of a line of title or subtitle, pixels.</summary>
    public const int LineHeight = 21;

    private const int TitleWidth = 66;
    private const int SubtitleWidth = 100;

    private readonly Figure figure;
    private readonly Func<string, string> categories;

    public FigurePlan(Figure figure)
    {
        this.figure = figure;
        var series = figure.Panels.SelectMany(p => p.Traces).ToList();
        var categorical = series.Where(t => t.Progress is null && t.Role is not TraceRole.Baseline and not TraceRole.Disagreement);
        categories = Palette.ForCategories(categorical.Select(CategoryKey));
        DirectLabels = LineLabels.Fit(figure);
        TitleLines = ChartText.Wrap(figure.Title, TitleWidth);
        SubtitleLines = ChartText.Wrap(figure.Subtitle, SubtitleWidth);
        var size = PanelSize.Of(figure, Top);
        (Grid, Height) = (size.Grid, size.Height);
        Names = [.. series.Where(t => t.Role != TraceRole.Raw).Select(t => t.Name).Distinct()];
        ShowLegend = !DirectLabels && figure.Panels.Any(NeedsLegend);
        // Directly labelled lines need room for their names.
        Right = DirectLabels ? 16 + (int)(Names.Max(n => n.Length) * Style.CharacterWidth) : 16;
    }

    public IReadOnlyList<string> TitleLines { get; }

    public IReadOnlyList<string> SubtitleLines { get; }

    public PanelGrid Grid { get; }

    public int Height { get; }

    /// <summary>
    /// Whether lines have their names at their ends, so that no legend is needed.
    /// </summary>
    public bool DirectLabels { get; }

    public bool ShowLegend { get; }

    /// <summary>Names of the series in the legend's order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Room to the right of the plots without a legend, pixels.</summary>
    public int Right { get; }

    /// <summary>
    /// Pixels that a page saves when it shows title and subtitle as its own text.
    /// </summary>
    public int TitleHeight => 16 + (TitleLines.Count + SubtitleLines.Count) * LineHeight;

    public int Top => TitleHeight + (figure.Panels.Any(HasTextAbove) ? 26 : 10);

    /// <summary>
    /// A panel whose shared axis labels appear only once among small multiples: at the left of a
    /// row and below a column.
    /// </summary>
    public Panel Labelled(int index)
    {
        var panel = figure.Panels[index];
        return panel with
        {
            X = !Grid.IsLastInColumn(index) && figure.Panels.All(p => p.X.Label == panel.X.Label) ? panel.X with { Label = "" } : panel.X,
            Y = !Grid.IsFirstInRow(index) && figure.Panels.All(p => p.Y.Label == panel.Y.Label) ? panel.Y with { Label = "" } : panel.Y,
        };
    }

    public bool RowNamesAreShown(int index) =>
        Grid.IsFirstInRow(index) || !figure.Panels[index].HeatMap!.Rows.SequenceEqual(figure.Panels[index - 1].HeatMap?.Rows ?? []);

    /// <summary>
    /// Panels whose heat maps have the same scale, so that they share one colour bar.
    /// </summary>
    public IReadOnlyList<int> SharingScale(HeatMap map)
    {
        return
        [
            .. Enumerable.Range(0, figure.Panels.Count)
                .Where(i => figure.Panels[i].HeatMap is { } other && Scale(other) == Scale(map)),
        ];

        static (string, double, double) Scale(HeatMap of) => (of.Unit, of.Minimum, of.Maximum);
    }

    public string ColourOf(Trace trace) => trace.Role switch
    {
        TraceRole.Disagreement => Style.Disagreement,
        TraceRole.Baseline => Style.Baseline,
        TraceRole.Raw => Style.Raw,
        TraceRole.Published when trace.Progress is null && trace.Category is null => Style.Published,
        _ => trace.Progress is { } progress ? Palette.ForProgress(progress) : categories(CategoryKey(trace)),
    };

    /// <summary>
    /// Whether no two bar series share a position. Then every bar has the full width.
    /// </summary>
    public static bool BarsStandAlone(Panel panel)
    {
        var bars = panel.Traces.Where(t => t.Kind == TraceKind.Bars).ToList();
        return bars.Count > 1 && bars.SelectMany(t => t.X.Distinct()).GroupBy(x => x).All(g => g.Count() == 1);
    }

    /// <summary>
    /// A panel with one series is named by its title, and a bar with a single label by its tick.
    /// </summary>
    private static bool NeedsLegend(Panel panel)
    {
        var unnamed = panel.Traces.Where(t => t.Role != TraceRole.Raw && !(t.XLabels?.Count == 1 && t.XLabels[0] == t.Name));
        return unnamed.Select(t => t.Name).Distinct().Count() > 1;
    }

    private static bool HasTextAbove(Panel panel) => panel.Title.Length > 0 || (panel.Marks ?? []).Any(m => m.Y is null && m.ShowLabel);

    private static string CategoryKey(Trace trace) => trace.Category ?? trace.Name;
}
