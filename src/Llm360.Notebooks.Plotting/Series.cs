// Lines, points and bars with their intervals.
using static Llm360.Notebooks.Plotting.Attributes;

namespace Llm360.Notebooks.Plotting;

/// <summary>
/// Builds the Plotly traces of one series. The interval band comes first, so that it is behind its
/// line.
/// </summary>
internal static class Series
{
    public static IEnumerable<Plotly.NET.Trace> Draw(Trace trace, Panel panel, string colour, PanelPlace place, bool legend)
    {
        if (trace.Kind == TraceKind.Line && trace.Low is not null)
            yield return Band(trace, panel, colour, place);
        var result = new Plotly.NET.Trace(trace.Kind == TraceKind.Bars ? "bar" : "scatter").With(
            ("name", ChartText.Escape(trace.Name)),
            ("x", Numbers.Json(trace.X)),
            ("y", Numbers.Measured(trace.Y)),
            ("xaxis", place.X),
            ("yaxis", place.Y),
            ("legendgroup", trace.Name),
            ("showlegend", legend),
            ("customdata", trace.Low?.Zip(trace.High!, (low, high) => new[] { Numbers.Measured(low), Numbers.Measured(high) }).ToArray()),
            ("hovertemplate", HoverTemplate(trace, panel)),
            ("hovertext", HoverText(trace)),
            ("meta", Meta(trace, panel)));
        yield return trace.Kind switch
        {
            TraceKind.Bars => AsBars(result, trace, colour),
            TraceKind.Points => AsPoints(result, trace, colour),
            _ => AsLine(result, trace, colour),
        };
    }

    private static Plotly.NET.Trace AsLine(Plotly.NET.Trace result, Trace trace, string colour)
    {
        var (raw, markers) = (trace.Role == TraceRole.Raw, HasMarkers(trace));
        return result.With(
            ("mode", markers ? "lines+markers" : "lines"),
            ("connectgaps", false),
            ("hoverinfo", raw ? "skip" : null),
            ("line", Object(
                ("color", colour),
                ("width", raw ? Style.RawWidth : Style.LineWidth),
                ("dash", trace.Role == TraceRole.Published ? "dash" : null))),
            ("marker", markers ? Marker(trace, colour) : null));
    }

    private static Plotly.NET.Trace AsPoints(Plotly.NET.Trace result, Trace trace, string colour) => result.With(
        ("mode", "markers"),
        ("marker", Marker(trace, colour)),
        ("error_y", ErrorBars(trace, colour)));

    private static Plotly.NET.Trace AsBars(Plotly.NET.Trace result, Trace trace, string colour)
    {
        var hollow = trace.Role == TraceRole.Published;
        return result.With(
            ("marker", Object(
                ("color", hollow ? Style.Transparent : colour),
                ("line", Object(("color", colour), ("width", hollow ? 2 : 0))))),
            ("error_y", ErrorBars(trace, Style.Text)));
    }

    private static Dictionary<string, object> Marker(Trace trace, string colour) => Object(
        ("color", colour),
        ("size", Style.MarkerSize),
        ("symbol", trace.Role == TraceRole.Published ? "circle-open" : "circle"),
        ("line", trace.Role == TraceRole.Published ? Object(("width", 1.75)) : null));

    private static Dictionary<string, object>? ErrorBars(Trace trace, string colour) => trace.Low is null ? null : Object(
        ("type", "data"),
        ("symmetric", false),
        ("array", Numbers.Json(trace.High!.Zip(trace.Y, (high, y) => high - y))),
        ("arrayminus", Numbers.Json(trace.Y.Zip(trace.Low, (y, low) => y - low))),
        ("color", colour),
        ("thickness", 1.5),
        ("width", 4));

    /// <summary>
    /// One closed outline for each run of known ends: forward along the lower ends, back along the
    /// upper ones.
    /// </summary>
    private static Plotly.NET.Trace Band(Trace trace, Panel panel, string colour, PanelPlace place)
    {
        var (x, y) = (new List<double?>(), new List<double?>());
        foreach (var run in Runs(trace))
        {
            if (x.Count > 0)
            {
                x.Add(null);
                y.Add(null);
            }

            var back = run.Reverse().ToList();
            x.AddRange(run.Concat(back).Select(i => Numbers.Json(trace.X[i])));
            y.AddRange(run.Select(i => Numbers.Measured(trace.Low![i])).Concat(back.Select(i => Numbers.Measured(trace.High![i]))));
        }

        return new Plotly.NET.Trace("scatter").With(
            ("name", ChartText.Escape(trace.Name)), ("x", x), ("y", y), ("xaxis", place.X), ("yaxis", place.Y),
            ("mode", "lines"), ("fill", "toself"),
            ("fillcolor", Palette.Fade(colour, Style.BandOpacity)), ("line", Object(("width", 0))),
            ("legendgroup", trace.Name), ("showlegend", false), ("hoverinfo", "skip"),
            ("meta", Object(("role", "interval"), ("panel", panel.Title))));
    }

    /// <summary>Runs of points whose two ends of the interval are known.</summary>
    internal static IEnumerable<IReadOnlyList<int>> Runs(Trace trace)
    {
        var run = new List<int>();
        for (var i = 0; i < trace.X.Count; i++)
        {
            if (double.IsFinite(trace.Low![i]) && double.IsFinite(trace.High![i]))
            {
                run.Add(i);
                continue;
            }

            if (run.Count > 0)
                yield return run;
            run = [];
        }

        if (run.Count > 0)
            yield return run;
    }

    /// <summary>
    /// Whether a line has a marker at every point. A baseline is a level, not a series of
    /// measurements.
    /// </summary>
    internal static bool HasMarkers(Trace trace) =>
        trace.Role != TraceRole.Raw
        && (HasLonePoint(trace.Y) || (trace.X.Count <= Style.MaximumMarkers && trace.Role != TraceRole.Baseline));

    /// <summary>
    /// A value between two gaps has no line, so it would be invisible without a marker.
    /// </summary>
    private static bool HasLonePoint(IReadOnlyList<double> y) => Enumerable.Range(0, y.Count).Any(i =>
        double.IsFinite(y[i])
        && (i == 0 || !double.IsFinite(y[i - 1]))
        && (i == y.Count - 1 || !double.IsFinite(y[i + 1])));

    private static string HoverTemplate(Trace trace, Panel panel)
    {
        var name = $"<extra>{ChartText.Escape(trace.Name)}</extra>";
        if (trace.Hover is not null)
            return ChartText.Escape(CommonStart(trace.Hover)) + "%{hovertext}" + name;
        var position = trace.XLabels is null ? $"{ChartText.Escape(panel.X.Label)}: %{{x}}" : "%{hovertext}";
        var interval = trace.Low is null ? "" : "<br>interval %{customdata[0]:.4~g} to %{customdata[1]:.4~g}";
        return $"{position}<br>{ChartText.Escape(panel.Y.Label)}: %{{y:.4~g}}{interval}{name}";
    }

    private static string[]? HoverText(Trace trace)
    {
        var start = trace.Hover is null ? 0 : CommonStart(trace.Hover).Length;
        return (trace.Hover ?? trace.XLabels)?.Select(t => ChartText.Escape(t.Length < start ? t : t[start..])).ToArray();
    }

    /// <summary>
    /// The words with which all texts begin. Texts of points that cannot be hovered over are empty.
    /// </summary>
    private static string CommonStart(IReadOnlyList<string> texts)
    {
        var all = texts.Where(t => t.Length > 0).ToList();
        if (all.Count < 2)
            return "";
        var (first, length) = (all[0], all.Min(t => t.Length));
        var same = Enumerable.Range(0, length).TakeWhile(i => all.TrueForAll(t => t[i] == first[i])).Count();
        return first[..(first[..same].LastIndexOf(' ') + 1)];
    }

    private static Dictionary<string, object> Meta(Trace trace, Panel panel) => Object(
        ("role", trace.Role switch
        {
            TraceRole.Measured => "measured",
            TraceRole.Published => "published",
            TraceRole.Baseline => "baseline",
            TraceRole.Raw => "raw",
            _ => "disagreement",
        }),
        ("panel", panel.Title.Length == 0 ? null : panel.Title),
        ("labels", trace.XLabels));
}
