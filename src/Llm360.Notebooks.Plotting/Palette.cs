// The meaning of each colour, the same in every figure.
using System.Globalization;

namespace Llm360.Notebooks.Plotting;

/// <summary>
/// A scale for training progress, Viridis for heat maps, hues of Okabe and Ito for categories.
/// </summary>
internal static class Palette
{
    /// <summary>Viridis at ten even steps.</summary>
    private static readonly (byte R, byte G, byte B)[] Viridis =
    [
        (0x44, 0x01, 0x54), (0x48, 0x28, 0x78), (0x3e, 0x49, 0x89), (0x31, 0x68, 0x8e), (0x26, 0x82, 0x8e), (0x1f, 0x9e, 0x89),
        (0x35, 0xb7, 0x79), (0x6e, 0xce, 0x58), (0xb5, 0xde, 0x2b), (0xfd, 0xe7, 0x25),
    ];

    /// <summary>
    /// A scale in the order of Viridis (violet, blue, green, olive). Its lightness gives every
    /// position a contrast of at least 3:1 on white and on a dark page.
    /// </summary>
    private static readonly (byte R, byte G, byte B)[] Progress =
    [
        (0x77, 0x5b, 0xc0), (0x04, 0x75, 0xc8), (0x0e, 0x81, 0xaa), (0x0c, 0x8a, 0x9a), (0x0c, 0x92, 0x87), (0x01, 0x9c, 0x5e),
        (0x69, 0x9c, 0x2f), (0xa6, 0x94, 0x1b),
    ];

    /// <summary>
    /// Hues of Okabe and Ito. Orange, sky blue and yellow are darker than the originals, which are
    /// invisible on white. The neutral grey replaces black, which is invisible on a dark page.
    /// Vermillion comes late, because red means disagreement.
    /// </summary>
    internal static readonly string[] Categories =
        ["#0072b2", "#bd7b00", "#009e73", "#cc79a7", "#00a0b8", "#868c00", "#d55e00", Style.Text];

    private static readonly Dictionary<string, string> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        // The sources of the suites that are trained here.
        ["netcore"] = "#0072b2", ["aspnet"] = "#bd7b00", ["roslyn"] = "#009e73", ["plotly"] = "#cc79a7", ["reactive"] = "#00a0b8",
        ["notices"] = "#d55e00", ["canary"] = "#868c00", ["series"] = Style.Text,
        // The sources of Amber.
        ["refinedweb"] = "#0072b2", ["starcoder"] = "#bd7b00", ["c4"] = "#009e73", ["arxiv"] = "#cc79a7", ["book"] = "#00a0b8",
        ["wikipedia"] = "#868c00", ["stackexchange"] = "#d55e00",
    };

    /// <summary>
    /// The colours of a figure's categories. Known keys have fixed colours; the others take the
    /// remaining ones in order of appearance.
    /// </summary>
    public static Func<string, string> ForCategories(IEnumerable<string> keys)
    {
        var distinct = keys.Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        var taken = distinct.Where(Known.ContainsKey).Select(k => Known[k]).ToHashSet();
        var free = Categories.Where(c => !taken.Contains(c)).DefaultIfEmpty(Style.Text).ToList();
        var chosen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var key in distinct)
        {
            chosen[key] = Known.TryGetValue(key, out var colour)
                ? colour
                : free[chosen.Keys.Count(k => !Known.ContainsKey(k)) % free.Count];
        }

        return key => chosen[key];
    }

    /// <summary>Colour of a position in training, for a line or a mark.</summary>
    public static string ForProgress(double progress) => Between(Progress, Math.Clamp(double.IsNaN(progress) ? 0 : progress, 0, 1));

    /// <summary>The whole of Viridis as a Plotly colour scale.</summary>
    public static object[] ColourScale =>
        [.. Viridis.Select((colour, i) => new object[] { Math.Round(i / (Viridis.Length - 1.0), 4), Hex(colour) })];

    /// <summary>A colour with another opacity.</summary>
    public static string Fade(string hex, double opacity)
    {
        int Part(int at) => int.Parse(hex.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"rgba({Part(1)},{Part(3)},{Part(5)},{opacity})");
    }

    /// <summary>Viridis at a position from 0 to 1.</summary>
    internal static string Scale(double place) => Between(Viridis, place);

    private static string Between((byte R, byte G, byte B)[] colours, double place)
    {
        var at = place * (colours.Length - 1);
        var below = Math.Min((int)at, colours.Length - 2);
        byte Mix(byte a, byte b) => (byte)Math.Round(a + (b - a) * (at - below));
        var (low, high) = (colours[below], colours[below + 1]);
        return Hex((Mix(low.R, high.R), Mix(low.G, high.G), Mix(low.B, high.B)));
    }

    private static string Hex((byte R, byte G, byte B) c) => $"#{c.R:x2}{c.G:x2}{c.B:x2}";
}
