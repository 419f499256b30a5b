// A figure as a static picture, for readers and programs that run no scripts.

namespace Llm360.Notebooks.Plotting.Svg;

/// <summary>Draws a figure with the sizes, colours and ranges of the interactive figure.</summary>
internal sealed class SvgFigure
{
    private const double AxisTitle = 26;
    private const double LegendGap = 14;
    private const double LegendLine = 18;
    private const double LegendMark = 26;

    private readonly Figure figure;
    private readonly FigurePlan plan;
    private readonly SvgCanvas canvas;
    private readonly double left;
    private readonly double right;
    private readonly double inner;
    private readonly double height;
    private readonly double labels;

    public SvgFigure(Figure figure)
    {
        (this.figure, plan) = (figure, new FigurePlan(figure));
        var maps = figure.Panels.Where(p => p.HeatMap is not null).Select(p => p.HeatMap!).ToList();
        left = Math.Max(FigurePlan.Left, maps.Select(m => SvgHeatMap.Longest(m.Rows) + 34).DefaultIfEmpty().Max());
        right = plan.ShowLegend ? LegendGap + LegendMark + 12 + plan.Names.Max(n => n.Length) * Style.CharacterWidth
            : maps.Count > 0 ? SvgHeatMap.BarSpace
            : plan.Right;
        inner = Style.Width - left - right;
        // Additional room below the plots makes the picture higher, not the plots smaller.
        height = plan.Height - plan.Top - FigurePlan.Bottom;
        var names = maps.Select(m => SvgHeatMap.NamesHeight(m, inner / plan.Grid.Columns)).DefaultIfEmpty().Max();
        labels = Enumerable.Range(0, figure.Panels.Count).Select(i => Panel(i)?.LabelsHeight ?? 0).Max();
        var below = Math.Max(labels, names) + AxisTitle;
        var legend = plan.ShowLegend ? plan.Top + plan.Names.Count * LegendLine : 0;
        var whole = Math.Max(plan.Top + height + Math.Max(FigurePlan.Bottom, below), legend);
        canvas = new SvgCanvas(Style.Width, whole, figure.Title, figure.AltText);
        DrawTitles();
        for (var i = 0; i < figure.Panels.Count; i++)
            DrawPanel(i);
        if (plan.ShowLegend)
            DrawLegend();
    }

    public override string ToString() => canvas.ToString();

    private void DrawTitles()
    {
        var y = 12.0;
        foreach (var (line, isTitle) in plan.TitleLines.Select(l => (l, true)).Concat(plan.SubtitleLines.Select(l => (l, false))))
            canvas.Text(12, (y += FigurePlan.LineHeight) - 6, line, size: isTitle ? Style.TitleSize : Style.TextSize, bold: isTitle);
    }

    /// <summary>Left, top, width and height of a panel's plot, pixels.</summary>
    private (double Left, double Top, double Width, double Height) Place(int index)
    {
        var (across, up) = (plan.Grid.Place(index).Across, plan.Grid.Place(index).Up);
        return (left + across[0] * inner, plan.Top + (1 - up[1]) * height, (across[1] - across[0]) * inner, (up[1] - up[0]) * height);
    }

    private SvgPanel? Panel(int index) =>
        figure.Panels[index].HeatMap is null ? new SvgPanel(plan, plan.Labelled(index), Place(index)) : null;

    private void DrawPanel(int index)
    {
        var (x, y, width, high) = Place(index);
        if (figure.Panels[index].Title.Length > 0)
            canvas.Text(x, y - 7, figure.Panels[index].Title, size: Style.TextSize, bold: true);
        if (Panel(index) is { } series)
        {
            series.Draw(canvas, labels);
            return;
        }

        var panel = plan.Labelled(index);
        var map = panel.HeatMap!;
        var rowNames = plan.RowNamesAreShown(index);
        var drawn = SvgHeatMap.Draw(canvas, panel, x, y, width, high, rowNames);
        var below = y + drawn.Height + SvgHeatMap.NamesHeight(map, drawn.Width) + 16;
        canvas.Text(x + drawn.Width / 2, below, panel.X.Label, "middle", Style.TextSize);
        if (rowNames)
            canvas.Text(x - SvgHeatMap.Longest(map.Rows) - 18, y + drawn.Height / 2, panel.Y.Label, "middle", Style.TextSize, angle: -90);
        // Heat maps with the same scale share a colour bar, right of the last column.
        var sharing = plan.SharingScale(map);
        if (sharing.Count == 1 || index == Math.Min(plan.Grid.Columns, figure.Panels.Count) - 1)
            SvgHeatMap.Bar(canvas, map, x + drawn.Width + 10, y, drawn.Height);
    }

    private void DrawLegend()
    {
        var series = figure.Panels.SelectMany(p => p.Traces).Where(t => t.Role != TraceRole.Raw).DistinctBy(t => t.Name);
        var (x, y) = (left + inner + LegendGap, plan.Top + LegendLine / 2);
        foreach (var trace in series)
        {
            var colour = plan.ColourOf(trace);
            if (trace.Kind == TraceKind.Bars)
                SvgSeries.Bar(canvas, trace, colour, x + 6, y - 6, 12, 12);
            if (trace.Kind == TraceKind.Line)
                canvas.Line(x, y, x + LegendMark - 2, y, colour, Style.LineWidth, SvgSeries.Dash(trace));
            if (trace.Kind == TraceKind.Points || (trace.Kind == TraceKind.Line && Series.HasMarkers(trace)))
                SvgSeries.Markers(canvas, trace, colour, [(x + LegendMark / 2 - 1, y)]);
            canvas.Text(x + LegendMark + 4, y, trace.Name, middle: true);
            y += LegendLine;
        }
    }
}
