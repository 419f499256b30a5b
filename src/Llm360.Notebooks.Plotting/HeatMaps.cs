// Heat maps: square cells, numbers in the cells of small maps, one colour bar with its unit.
using Plotly.NET.LayoutObjects;
using static Llm360.Notebooks.Plotting.Attributes;

namespace Llm360.Notebooks.Plotting;

/// <summary>Builds the trace, the axes and the colour axis of a matrix.</summary>
internal static class HeatMaps
{
    public static Plotly.NET.Trace Trace(HeatMap map, Panel panel, PanelPlace place, string colours)
    {
        var small = map.Columns.Count <= Style.MaximumCellText && map.Rows.Count <= Style.MaximumCellText;
        var unit = ChartText.Escape(map.Unit);
        return new Plotly.NET.Trace("heatmap").With(
            ("name", panel.Title.Length > 0 ? panel.Title : map.Unit),
            // Names that look like numbers must stay names: positions are numbers, names tick
            // labels.
            ("z", map.Values.Select(Numbers.Json).ToArray()),
            ("customdata", map.Rows.Select(r => map.Columns.Select(c => new[] { r, c }).ToArray()).ToArray()),
            ("hovertemplate", $"%{{customdata[0]}} × %{{customdata[1]}}<br>{unit}: %{{z:.{map.Digits + 1}f}}<extra></extra>"),
            ("texttemplate", small ? $"%{{z:.{map.Digits}f}}" : null),
            ("textfont", small ? Object(("size", Style.TickSize)) : null),
            ("xgap", 1),
            ("ygap", 1),
            ("coloraxis", colours),
            ("xaxis", place.X),
            ("yaxis", place.Y),
            ("meta", Object(("role", "matrix"), ("panel", panel.Title), ("unit", map.Unit), ("columns", map.Columns), ("rows", map.Rows))));
    }

    public static LinearAxis Columns(Panel panel, PanelPlace place) =>
        Named(panel.X, panel.HeatMap!.Columns, place.Y, place.Across).With(("constrain", "domain"), ("constraintoward", "left"));

    public static LinearAxis Rows(Panel panel, PanelPlace place, bool named) =>
        Named(panel.Y, panel.HeatMap!.Rows, place.X, place.Up).With(
            ("showticklabels", named),
            ("autorange", "reversed"),
            ("scaleanchor", place.X),
            ("constrain", "domain"),
            ("constraintoward", "top"));

    /// <summary>
    /// The scale from the darkest to the brightest value, with the colour bar beside the panel.
    /// </summary>
    public static ColorAxis Colours(HeatMap map, PanelPlace place) => new ColorAxis().With(
        ("colorscale", Palette.ColourScale),
        ("cmin", map.Minimum),
        ("cmax", map.Maximum),
        ("colorbar", Object(
            ("title", Object(("text", ChartText.Escape(map.Unit)), ("side", "right"), ("font", Object(("size", Style.TickSize))))),
            ("thickness", 12), ("outlinewidth", 0), ("x", place.Across[1] + 0.01), ("y", place.Up[1]), ("yanchor", "top"),
            ("len", place.Up[1] - place.Up[0]),
            ("tickfont", Object(("size", Style.TickSize))))));

    private static LinearAxis Named(Axis axis, IReadOnlyList<string> names, string anchor, double[] domain)
    {
        // A label for every cell up to twenty, then for every second, third, ...
        var every = (names.Count + 19) / 20;
        var shown = Enumerable.Range(0, names.Count).Where(i => i % every == 0).ToArray();
        return Axes.Common(axis, null, anchor, domain).With(
            ("showgrid", false),
            ("showline", false),
            ("tickmode", "array"),
            ("tickvals", shown),
            ("ticktext", shown.Select(i => ChartText.Escape(names[i])).ToArray()));
    }
}
