// Compact path data of SVG.
using System.Globalization;
using System.Text;

namespace Llm360.Notebooks.Plotting.Svg;

/// <summary>Writes points as relative steps, in tenths of a pixel.</summary>
internal static class SvgPath
{
    /// <summary>
    /// A line through points; empty for none. Rounding errors do not accumulate along the line.
    /// </summary>
    public static string Line(IEnumerable<(double X, double Y)> points)
    {
        var path = new StringBuilder();
        var (x, y) = (0L, 0L);
        foreach (var point in points)
        {
            var (nextX, nextY) = (Tenths(point.X), Tenths(point.Y));
            if (path.Length == 0)
                path.Append('M').Append(SvgCanvas.Number(point.X)).Append(' ').Append(SvgCanvas.Number(point.Y)).Append('l');
            else
                Append(Append(path, nextX - x), nextY - y);
            (x, y) = (nextX, nextY);
        }

        // A line with one point has no step.
        return path.Length > 0 && path[^1] == 'l' ? path.ToString(0, path.Length - 1) : path.ToString();
    }

    /// <summary>Dots: lines of zero length, for round ends.</summary>
    public static string Dots(IEnumerable<(double X, double Y)> points)
    {
        var path = new StringBuilder();
        var (x, y) = (0L, 0L);
        foreach (var point in points)
        {
            var (nextX, nextY) = (Tenths(point.X), Tenths(point.Y));
            if (path.Length == 0)
                path.Append('M').Append(SvgCanvas.Number(point.X)).Append(' ').Append(SvgCanvas.Number(point.Y));
            else
                Append(Append(path.Append('m'), nextX - x), nextY - y);
            path.Append("h0");
            (x, y) = (nextX, nextY);
        }

        return path.ToString();
    }

    private static long Tenths(double value) => (long)Math.Round(Math.Round(value, 1) * 10);

    // ".5", "-.5" and "3": a sign or a second decimal point separates two numbers, otherwise a
    // space.
    private static StringBuilder Append(StringBuilder path, long tenths)
    {
        var text = (tenths / 10.0).ToString("#.#", CultureInfo.InvariantCulture);
        text = text.Length == 0 ? "0" : text;
        if (text[0] is not '-' && char.IsAsciiDigit(path[^1]))
            path.Append(' ');
        return path.Append(text);
    }
}
