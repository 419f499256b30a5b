// Numbers in titles and findings, formatted independently of the culture.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>Formats numbers.</summary>
internal static class FigureText
{
    /// <summary>Three significant digits.</summary>
    public static string Number(double value) => double.IsFinite(value) ? Rounded(value, 3) : "unknown";

    /// <summary>1.2%, 12%.</summary>
    public static string Percent(double share) =>
        double.IsFinite(share) ? Rounded(share * 100, share is < 0.1 and > -0.1 ? 2 : 3) + "%" : "unknown";

    /// <summary>
    /// A value with its 95% interval: <c>0.004, 95% CI [-0.003, 0.011]</c>. The width of the
    /// interval determines the number of digits. Without an interval, only the value.
    /// </summary>
    public static string WithInterval(double value, double low, double high, bool isShare = false)
    {
        if (!(high > low) || !double.IsFinite(value))
            return isShare ? Percent(value) : Number(value);
        var (scale, sign) = isShare ? (100, "%") : (1, "");
        var half = (high - low) / 2 * scale;
        var power = (int)Math.Floor(Math.Log10(half));
        // A single first digit of 1 or 2 would be rounded by up to a half, so a second digit is
        // added.
        var decimals = (half / Math.Pow(10, power) < 3 ? 1 : 0) - power;
        return $"{Fixed(value)}, 95% CI [{Fixed(low)}, {Fixed(high)}]";

        string Fixed(double x)
        {
            var rounded = decimals > 15 ? x * scale : Math.Round(x * scale, Math.Max(0, decimals));
            var format = decimals > 9 ? "0.##e0" : $"F{Math.Max(0, decimals)}";
            return (rounded == 0 ? 0 : rounded).ToString(format, CultureInfo.InvariantCulture) + sign;
        }
    }

    /// <summary>12.6M, 1.26T.</summary>
    public static string Human(double value)
    {
        foreach (var (size, suffix) in new[] { (1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k") })
        {
            if (Math.Abs(value) >= size)
                return Rounded(value / size, 3) + suffix;
        }

        return Number(value);
    }

    /// <summary>12,600.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A text on one line, truncated to a length without splitting a character.</summary>
    public static string Shortened(string text, int length)
    {
        var line = text.ReplaceLineEndings(" ").Trim();
        return line.Length <= length ? line : line[..(char.IsHighSurrogate(line[length - 1]) ? length - 1 : length)] + "…";
    }

    /// <summary>A number with the sign written out.</summary>
    public static string Signed(double value) => value > 0 ? "+" + Number(value) : Number(value);

    private static string Rounded(double value, int digits)
    {
        if (value == 0)
            return "0";
        var decimals = digits - 1 - (int)Math.Floor(Math.Log10(Math.Abs(value)));
        return decimals > 9 ? value.ToString("0.##e0", CultureInfo.InvariantCulture)
            : value.ToString(decimals > 0 ? "0." + new string('#', decimals) : "0", CultureInfo.InvariantCulture);
    }
}
