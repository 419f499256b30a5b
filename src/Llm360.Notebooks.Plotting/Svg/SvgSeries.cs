// Lines, points and bars of a static picture, with their intervals.
using System.Text;
using static Llm360.Notebooks.Plotting.Svg.SvgCanvas;

namespace Llm360.Notebooks.Plotting.Svg;

/// <summary>Draws the series of one panel.</summary>
/// <param name="canvas">The picture.</param>
/// <param name="panel">The panel of the figure.</param>
/// <param name="x">Horizontal axis.</param>
/// <param name="y">Vertical axis.</param>
internal sealed class SvgSeries(SvgCanvas canvas, Panel panel, SvgAxis x, SvgAxis y)
{
    /// <summary>Share of a bar's slot that is empty, as in the interactive figure.</summary>
    private const double BarGap = 0.15;

    private const double ErrorWidth = 1.5;
    private const double ErrorCap = 4;
    private readonly List<Trace> bars = [.. panel.Traces.Where(t => t.Kind == TraceKind.Bars)];

    public void Draw(Trace trace, string colour)
    {
        if (trace.Kind == TraceKind.Bars)
        {
            DrawBars(trace, colour);
            DrawErrors(trace, Style.Text, Offset(trace));
            return;
        }

        if (trace.Kind == TraceKind.Line)
        {
            if (trace.Low is not null)
                canvas.Path(Band(trace), ("fill", colour), ("fill-opacity", Style.BandOpacity));
            canvas.Path(
                Line(trace),
                ("fill", "none"), ("stroke", colour), ("stroke-width", trace.Role == TraceRole.Raw ? Style.RawWidth : Style.LineWidth),
                ("stroke-linejoin", "round"), ("stroke-dasharray", Dash(trace)));
        }
        else
        {
            DrawErrors(trace, colour, 0);
        }

        if (trace.Kind == TraceKind.Points || Series.HasMarkers(trace))
            Markers(canvas, trace, colour, Places(trace.X, trace.Y).Where(p => double.IsFinite(p.X + p.Y)));
    }

    /// <summary>The points of a series; hollow if published.</summary>
    public static void Markers(
        SvgCanvas canvas, Trace trace, string colour, IEnumerable<(double X, double Y)> places)
    {
        if (trace.Role != TraceRole.Published)
        {
            canvas.Discs(places, Style.MarkerSize / 2.0, colour);
            return;
        }

        foreach (var (px, py) in places)
            canvas.Circle(px, py, Style.MarkerSize / 2.0, ("fill", "none"), ("stroke", colour), ("stroke-width", 1.75));
    }

    /// <summary>A bar; hollow if published.</summary>
    public static void Bar(SvgCanvas canvas, Trace trace, string colour, double left, double top, double width, double height)
    {
        if (trace.Role == TraceRole.Published)
            canvas.Rectangle(left, top, width, height, ("fill", "none"), ("stroke", colour), ("stroke-width", 2));
        else
            canvas.Rectangle(left, top, width, height, ("fill", colour));
    }

    /// <summary>The dashes of a published series.</summary>
    public static string? Dash(Trace trace) => trace.Role == TraceRole.Published ? "7 5" : null;

    private double BarWidth()
    {
        var places = bars.SelectMany(t => t.X).Where(double.IsFinite).Distinct().Order().ToList();
        var step = places.Count > 1 ? places.Zip(places.Skip(1), (a, b) => b - a).Min() : 1;
        return Math.Abs(x.Place(step) - x.Place(0)) * (1 - BarGap);
    }

    /// <summary>
    /// Distance of a bar's centre from its position. Bars at one position are drawn side by side.
    /// </summary>
    private double Offset(Trace trace) => Slots is 1 ? 0 : (bars.IndexOf(trace) - (bars.Count - 1) / 2.0) * BarWidth() / bars.Count;

    private int Slots => bars.Count < 2 || FigurePlan.BarsStandAlone(panel) ? 1 : bars.Count;

    private void DrawBars(Trace trace, string colour)
    {
        var (width, offset) = (BarWidth() / Slots, Offset(trace));
        foreach (var (px, py) in Places(trace.X, trace.Y).Where(p => double.IsFinite(p.X + p.Y)))
        {
            var zero = y.Place(0);
            if (Math.Abs(zero - py) >= 0.05)
                Bar(canvas, trace, colour, px + offset - width / 2, Math.Min(py, zero), width, Math.Abs(zero - py));
        }
    }

    private void DrawErrors(Trace trace, string colour, double offset)
    {
        if (trace.Low is null)
            return;
        for (var i = 0; i < trace.X.Count; i++)
        {
            var (px, low, high) = (x.Place(trace.X[i]) + offset, y.Place(trace.Low[i]), y.Place(trace.High![i]));
            if (double.IsFinite(px + low + high))
            {
                var path = $"M{Number(px)} {Number(low)}V{Number(high)}{Cap(px, low)}{Cap(px, high)}";
                canvas.Path(path, ("stroke", colour), ("stroke-width", ErrorWidth), ("fill", "none"));
            }
        }
    }

    private static string Cap(double px, double py) => $"M{Number(px - ErrorCap)} {Number(py)}h{Number(2 * ErrorCap)}";

    private string Line(Trace trace)
    {
        var path = new StringBuilder();
        var run = new List<(double X, double Y)>();
        foreach (var (px, py) in Places(trace.X, trace.Y).Append((double.NaN, double.NaN)))
        {
            if (double.IsFinite(px + py))
            {
                run.Add((px, py));
                continue;
            }

            path.Append(SvgPath.Line(run));
            run.Clear();
        }

        return path.ToString();
    }

    /// <summary>A closed outline for each run of known ends.</summary>
    private string Band(Trace trace)
    {
        var path = new StringBuilder();
        foreach (var run in Series.Runs(trace))
        {
            var low = run.Select(i => (X: x.Place(trace.X[i]), Y: y.Place(trace.Low![i])));
            var high = run.Select(i => (X: x.Place(trace.X[i]), Y: y.Place(trace.High![i])));
            var outline = low.Concat(high.Reverse()).Where(p => double.IsFinite(p.X + p.Y));
            // Whole pixels are enough for the edge of a faint area.
            path.Append(SvgPath.Line(outline.Select(p => (Math.Round(p.X), Math.Round(p.Y))))).Append('Z');
        }

        return path.ToString();
    }

    private IEnumerable<(double X, double Y)> Places(IReadOnlyList<double> xs, IReadOnlyList<double> ys) =>
        xs.Zip(ys, (a, b) => (x.Place(a), y.Place(b)));
}
