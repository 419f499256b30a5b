// Numbers in titles and findings, the same in every culture.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>Numbers as words.</summary>
internal static class FigureText
{
    /// <summary>Three significant digits.</summary>
    public static string Number(double value) => double.IsFinite(value) ? Rounded(value, 3) : "unknown";

    /// <summary>1.2 %, 12 %, with a space at which no line breaks.</summary>
    public static string Percent(double share) => double.IsFinite(share) ? Rounded(share * 100, share is < 0.1 and > -0.1 ? 2 : 3) + "\u00a0%" : "unknown";

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

    /// <summary>A text on one line, cut to a length; no character is cut in two.</summary>
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
