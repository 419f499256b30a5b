// One axis of a static picture: its ticks, their labels, and the pixels of values.
using System.Globalization;

namespace Llm360.Notebooks.Plotting.Svg;

/// <summary>Maps values to pixels and names the ticks.</summary>
internal sealed class SvgAxis
{
    /// <summary>Smallest distance of ticks on a vertical axis, pixels.</summary>
    public const double TickHeight = 42;

    private const double TickWidth = 48;

    private static readonly double[] StepFactors = [1, 2, 5, 10];
    private static readonly (double Size, string Suffix)[] Units = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")];

    private readonly AxisRange range;
    private readonly double from;
    private readonly double to;

    /// <param name="axis">Label and scale.</param>
    /// <param name="range">The visible part.</param>
    /// <param name="from">Pixel of the low end.</param>
    /// <param name="to">
    /// Pixel of the high end; smaller than <paramref name="from"/> on a vertical axis.
    /// </param>
    /// <param name="labels">Names of the positions; empty for numbers.</param>
    public SvgAxis(Axis axis, AxisRange range, double from, double to, IReadOnlyList<(double Value, string Text)> labels)
    {
        (this.range, this.from, this.to) = (range, from, to);
        Ticks = labels.Count > 0 ? labels : TicksOf(axis, range, Math.Abs(to - from) / (to < from ? TickHeight : TickWidth));
    }

    public IReadOnlyList<(double Value, string Text)> Ticks { get; }

    public double Length => Math.Abs(to - from);

    public double LongestLabel => Ticks.Select(t => t.Text.Length).DefaultIfEmpty().Max() * Style.CharacterWidth;

    /// <summary>Pixel of a value; NaN for a non-positive value on a logarithmic axis.</summary>
    public double Place(double value) =>
        double.IsFinite(value) && (!range.Log || value > 0) ? from + range.Place(value) * (to - from) : double.NaN;

    /// <summary>
    /// Ticks with numbers; <paramref name="count"/> is their approximate maximum on a linear axis.
    /// </summary>
    public static IReadOnlyList<(double Value, string Text)> TicksOf(Axis axis, AxisRange range, double count)
    {
        if (range.Log)
            return [.. range.LogTicks(axis.LogBase).Select(t => (t, Numbers.Human(t)))];
        var step = Step((range.High - range.Low) / Math.Max(2, count));
        var first = Math.Ceiling(range.Low / step - 1e-9);
        var ticks = (int)Math.Floor(range.High / step + 1e-9) - (int)first + 1;
        var largest = Math.Max(Math.Abs(range.Low), Math.Abs(range.High));
        return [.. Enumerable.Range(0, Math.Max(0, ticks)).Select(i => (first + i) * step).Select(v => (v, Text(v, step, largest)))];
    }

    /// <summary>
    /// The smallest of 1, 2, 5 times a power of ten that is not below <paramref name="least"/>.
    /// </summary>
    private static double Step(double least)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        return StepFactors.Select(m => m * power).First(s => s >= least * 0.999999);
    }

    // All labels of an axis have the same number of decimals, and the same suffix.
    private static string Text(double value, double step, double largest)
    {
        if (value == 0 || Math.Abs(value) < step / 1000)
            return "0";
        if (largest < 0.01)
            return value.ToString("0.##e0", CultureInfo.InvariantCulture);
        var (unit, suffix) = Units.FirstOrDefault(u => largest >= u.Size, (1, ""));
        var decimals = Math.Max(0, -(int)Math.Floor(Math.Log10(step / unit) + 1e-9));
        return (value / unit).ToString("F" + decimals, CultureInfo.InvariantCulture) + suffix;
    }
}
