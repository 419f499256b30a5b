// A panel of series in a static picture: axes, grid, series, marks, names at the ends of lines.

namespace Llm360.Notebooks.Plotting.Svg;

/// <summary>One panel at its position.</summary>
internal sealed class SvgPanel
{
    private const int TickLength = 4;
    private const double Slope = 40;

    private readonly FigurePlan plan;
    private readonly Panel panel;
    private readonly (double Left, double Top, double Width, double Height) place;
    private readonly AxisRange vertical;
    private readonly SvgAxis x;
    private readonly SvgAxis y;

    /// <param name="plan">The plan of the figure.</param>
    /// <param name="panel">The panel with the labels to show.</param>
    /// <param name="place">Left, top, width and height of the plot, pixels.</param>
    public SvgPanel(FigurePlan plan, Panel panel, (double Left, double Top, double Width, double Height) place)
    {
        (this.plan, this.panel, this.place) = (plan, panel, place);
        vertical = AxisRange.Vertical(panel);
        var named = panel.Traces.Where(t => t.XLabels is not null).SelectMany(t => t.X.Zip(t.XLabels!));
        var names = named.DistinctBy(p => p.First).OrderBy(p => p.First).ToList();
        x = new SvgAxis(panel.X, AxisRange.Horizontal(panel), place.Left, place.Left + place.Width, names);
        y = new SvgAxis(panel.Y, vertical, place.Top + place.Height, place.Top, []);
        Sloping = x.LongestLabel > place.Width / Math.Max(1, x.Ticks.Count) - 4 && names.Count > 0;
    }

    /// <summary>Whether the names of the positions are too long to fit side by side.</summary>
    private bool Sloping { get; }

    /// <summary>Room that tick labels take below the plot, pixels.</summary>
    public double LabelsHeight => Sloping ? 14 + x.LongestLabel * Math.Sin(Slope * Math.PI / 180) : 20;

    private double Bottom => place.Top + place.Height;

    /// <param name="canvas">The picture.</param>
    /// <param name="labelsHeight">
    /// Distance from the plot to the title of the horizontal axis, the same for all panels.
    /// </param>
    public void Draw(SvgCanvas canvas, double labelsHeight)
    {
        DrawAxes(canvas, labelsHeight);
        var series = new SvgSeries(canvas, panel, x, y);
        using (canvas.Clip(place.Left - 1, place.Top - 1, place.Width + 2, place.Height + 2))
        {
            foreach (var mark in (panel.Marks ?? []).Where(m => m.Y is null))
                canvas.Line(x.Place(mark.X), place.Top, x.Place(mark.X), Bottom, Marks.Colour(mark), 1.25, "2 3");
            foreach (var trace in panel.Traces)
                series.Draw(trace, plan.ColourOf(trace));
        }

        foreach (var mark in panel.Marks ?? [])
            DrawMark(canvas, mark);
        if (!plan.DirectLabels)
            return;
        foreach (var end in LineLabels.Ends(panel, vertical, place.Height))
            canvas.Text(x.Place(end.X) + LineLabels.Gap, Bottom - end.Height, end.Name, middle: true);
    }

    private void DrawAxes(SvgCanvas canvas, double labelsHeight)
    {
        // Lines with the same style are adjacent, so that they become one element.
        foreach (var at in y.Ticks.Select(t => y.Place(t.Value)))
            canvas.Line(place.Left, at, place.Left + place.Width, at, Style.Grid);
        foreach (var at in y.Ticks.Select(t => y.Place(t.Value)))
            canvas.Line(place.Left - TickLength, at, place.Left, at, Style.AxisLine);
        foreach (var at in x.Ticks.Select(t => x.Place(t.Value)))
            canvas.Line(at, Bottom, at, Bottom + TickLength, Style.AxisLine);
        canvas.Line(place.Left, place.Top, place.Left, Bottom, Style.AxisLine);
        canvas.Line(place.Left, Bottom, place.Left + place.Width, Bottom, Style.AxisLine);
        if (vertical is { Log: false, Low: < 0, High: > 0 } && panel.Traces.Any(t => t.Kind == TraceKind.Bars))
            canvas.Line(place.Left, y.Place(0), place.Left + place.Width, y.Place(0), Style.AxisLine);
        // Labels take the anchor of their group.
        using (canvas.Group(("text-anchor", "end")))
        {
            foreach (var (value, text) in y.Ticks)
                canvas.Text(place.Left - TickLength - 4, y.Place(value), text, middle: true);
        }

        using (canvas.Group(("text-anchor", Sloping ? "end" : "middle")))
        {
            foreach (var (value, text) in x.Ticks)
            {
                if (Sloping)
                    canvas.Text(x.Place(value) + 4, Bottom + 14, text, angle: -Slope);
                else
                    canvas.Text(x.Place(value), Bottom + 18, text);
            }
        }

        canvas.Text(place.Left + place.Width / 2, Bottom + labelsHeight + 18, panel.X.Label, "middle", Style.TextSize);
        var side = place.Left - 20 - y.LongestLabel;
        canvas.Text(side, place.Top + place.Height / 2, panel.Y.Label, "middle", Style.TextSize, angle: -90);
    }

    private void DrawMark(SvgCanvas canvas, Mark mark)
    {
        var (px, py) = (x.Place(mark.X), mark.Y is { } value ? y.Place(value) : place.Top);
        if (!double.IsFinite(px + py))
            return;
        if (mark.Y is null)
        {
            if (mark.ShowLabel)
                canvas.Text(px, py - 5, mark.Label, "middle");
            return;
        }

        const double half = 7.5;
        var diamond = FormattableString.Invariant($"l{half} {half}l-{half} {half}l-{half} -{half}Z");
        canvas.Path(
            $"M{SvgCanvas.Number(px)} {SvgCanvas.Number(py - half)}{diamond}",
            ("fill", Marks.Colour(mark)), ("stroke", "#ffffff"), ("stroke-width", 1.5));
        if (!mark.ShowLabel)
            return;
        // The label is on the left, because most marks are at the right edge (score 1).
        var high = vertical.Place(mark.Y.Value) > 0.8;
        canvas.Text(px + (high ? -10 : 4), high ? py : py - 12, mark.Label, "end", middle: high);
    }
}
