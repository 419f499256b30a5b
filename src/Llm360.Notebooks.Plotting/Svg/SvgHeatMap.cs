// A heat map in a static picture: square cells, numbers in small maps, names, colour bar.
using System.Globalization;

namespace Llm360.Notebooks.Plotting.Svg;

/// <summary>Draws matrices and their colour bar.</summary>
internal static class SvgHeatMap
{
    /// <summary>Width that a colour bar with ticks and title takes.</summary>
    public const int BarSpace = 76;

    /// <summary>
    /// Below this position on the scale, white text is easier to read than black.
    /// </summary>
    private const double DarkCells = 0.433;

    private const int BarWidth = 12;
    private const int BarSteps = 48;

    /// <summary>
    /// Room for the names of the columns, which are rotated if they are wider than a cell.
    /// </summary>
    public static double NamesHeight(HeatMap map, double width) => Turned(map, width / map.Columns.Count) ? Longest(map.Columns) + 10 : 22;

    /// <summary>
    /// Draws the cells from the upper left corner of a rectangle, as large as possible.
    /// </summary>
    /// <returns>Width and height of all cells, pixels.</returns>
    public static (double Width, double Height) Draw(
        SvgCanvas canvas, Panel panel, double left, double top, double width, double height, bool rowNames)
    {
        var map = panel.HeatMap!;
        var (columns, rows) = (map.Columns.Count, map.Rows.Count);
        var cell = Math.Min(width / columns, height / rows);
        var small = columns <= Style.MaximumCellText && rows <= Style.MaximumCellText;
        List<(double X, double Y, string Text)> onDark = [], onBright = [];
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++)
            {
                if (map.Values[r][c] is var value && !double.IsFinite(value))
                    continue;
                var place = Math.Clamp((value - map.Minimum) / (map.Maximum - map.Minimum), 0, 1);
                var (x, y) = (left + c * cell, top + r * cell);
                canvas.Rectangle(x + 0.5, y + 0.5, cell - 1, cell - 1, ("fill", Palette.Scale(place)));
                var text = value.ToString("F" + map.Digits, CultureInfo.InvariantCulture);
                if (small)
                    (place < DarkCells ? onDark : onBright).Add((x + cell / 2, y + cell / 2, text));
            }
        }

        Write(onDark, "#ffffff");
        Write(onBright, "#000000");
        var bottom = top + rows * cell;
        var turned = Turned(map, cell);
        // A name for every cell up to twenty, then for every second, third, ...
        foreach (var c in Enumerable.Range(0, columns).Where(c => c % ((columns + 19) / 20) == 0))
        {
            var x = left + (c + 0.5) * cell;
            if (turned)
                canvas.Text(x + 4, bottom + 8, map.Columns[c], "end", angle: -90);
            else
                canvas.Text(x, bottom + 18, map.Columns[c], "middle");
        }

        foreach (var r in Enumerable.Range(0, rowNames ? rows : 0).Where(r => r % ((rows + 19) / 20) == 0))
            canvas.Text(left - 8, top + (r + 0.5) * cell, map.Rows[r], "end", middle: true);
        return (columns * cell, rows * cell);

        // One group for each colour, so that a number needs only its position.
        void Write(List<(double X, double Y, string Text)> numbers, string colour)
        {
            if (numbers.Count == 0)
                return;
            var size = (int)Math.Min(Style.TickSize, cell / 2.6);
            using var group = canvas.Group(("text-anchor", "middle"), ("font-size", size), ("fill", colour));
            foreach (var (x, y, text) in numbers)
                canvas.Text(x, y + 0.35 * size, text);
        }
    }

    /// <summary>
    /// Draws the colour scale, lowest value at the bottom, with the unit beside it.
    /// </summary>
    public static void Bar(SvgCanvas canvas, HeatMap map, double left, double top, double height)
    {
        // Steps overlap a little, so that the background does not show between them.
        var step = height / BarSteps;
        for (var i = 0; i < BarSteps; i++)
            canvas.Rectangle(left, top + (BarSteps - 1 - i) * step, BarWidth, step + 0.5, ("fill", Palette.Scale((i + 0.5) / BarSteps)));
        var range = new AxisRange(map.Minimum, map.Maximum, Log: false);
        foreach (var (value, text) in SvgAxis.TicksOf(new Axis(""), range, height / SvgAxis.TickHeight))
            canvas.Text(left + BarWidth + 5, top + height * (1 - range.Place(value)), text, middle: true);
        canvas.Text(left + BarSpace - 20, top + height / 2, map.Unit, "middle", angle: 90);
    }

    /// <summary>Width of the longest name, pixels.</summary>
    public static double Longest(IReadOnlyList<string> names) => names.Select(n => n.Length).DefaultIfEmpty().Max() * Style.CharacterWidth;

    private static bool Turned(HeatMap map, double cell) => Longest(map.Columns) > cell * ((map.Columns.Count + 19) / 20) - 4;
}
