// Lines, marks and text have enough contrast on light and dark pages.
using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Llm360.Notebooks.Tests;

public sealed partial class ContrastTests
{
    private const double Mark = 3, Text = 4.5;
    private const string White = "#ffffff";

    // Background colours of the report, of JupyterLab and of VS Code.
    private static readonly string[] Pages = [White, "#15181c", "#111111", "#1e1e1e"];

    // Grid lines are exempt, because they only help the eye. Bands are exempt, because they lie
    // behind their lines.
    private const string Grid = "rgba(128,128,128,0.22)";

    private static readonly string Css = File.ReadAllText(
        Path.Combine(Workspace.Repository!, "src", "Llm360.Notebooks.Cli", "Site", "Assets", "site.css"));

    public static TheoryData<string> Kinds => [.. SvgTests.Samples.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_line_and_mark_of_a_figure_has_contrast_on_light_and_dark(string kind)
    {
        var svg = XElement.Parse(SvgTests.Samples[kind].ToSvg());
        var isMap = SvgTests.Samples[kind].Panels[0].HeatMap is not null;
        var colours = svg.Descendants().Where(e => e.Name.LocalName is "path" or "circle" && e.Attribute("fill-opacity") is null)
            .SelectMany(e => new[] { (string?)e.Attribute("stroke"), isMap ? null : (string?)e.Attribute("fill") })
            .Where(c => c is not (null or "none" or Grid or White)).Distinct().ToList();
        AssertContrast(colours!, Pages, Mark);
    }

    [Fact]
    public void All_places_in_training_and_all_categories_have_contrast()
    {
        Trace[] along = [.. Enumerable.Range(0, 41).Select(i => new Trace($"{i}", TraceKind.Line, [0, 1], [i, i], Progress: i / 40.0))];
        Trace[] categories = [.. Enumerable.Range(0, 8).Select(i => new Trace($"{i}", TraceKind.Line, [0, 1], [i, i], Category: $"c{i}"))];
        foreach (var traces in new[] { along, categories })
        {
            var lines = traces.Select(t => new PlotlyOf(PlotlyOf.OnePanel(traces)).Series(t.Name)["line"]!["color"]!.GetValue<string>());
            AssertContrast([.. lines.Distinct()], Pages, Mark);
        }
    }

    [Fact]
    public void The_text_of_a_picture_has_contrast_on_the_white_ground_that_its_html_gives_it()
    {
        var figure = SvgTests.Samples["correlation"];
        Assert.Contains("background:#fff\"", figure.ToHtml(), StringComparison.Ordinal);
        AssertContrast([(string)XElement.Parse(figure.ToSvg()).Attribute("fill")!], [White], Text);
    }

    [Fact]
    public void Numbers_in_a_heat_map_have_contrast_with_their_cells()
    {
        double[][] values = [.. Enumerable.Range(0, 10).Select(r => Enumerable.Range(0, 10).Select(c => (10 * r + c) / 99.0).ToArray())];
        List<string> names = [.. Enumerable.Range(0, 10).Select(i => $"n{i}")];
        var svg = XElement.Parse(
            PlotlyOf.Of(new Panel("", new Axis("x"), new Axis("y"), [], new HeatMap(names, names, values, "u", 0, 1))).ToSvg());
        var groups = svg.Elements().Where(e => e.Name.LocalName == "g" && e.Attribute("fill") is not null).ToList();
        Assert.Equal(100, groups.Sum(g => g.Elements().Count()));
        var cells = svg.Elements().Where(e => e.Name.LocalName == "path").Take(100).Select(e => (string)e.Attribute("fill")!).ToList();
        foreach (var (number, colour) in groups.SelectMany(g => g.Elements().Select(t => (t.Value, (string)g.Attribute("fill")!))))
        {
            var cell = (int)Math.Round(99 * double.Parse(number, CultureInfo.InvariantCulture));
            AssertContrast([colour], [cells[cell]], Text);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_colours_of_the_report_have_contrast(bool dark)
    {
        var from = dark ? Css.IndexOf("(prefers-color-scheme: dark)", StringComparison.Ordinal) : 0;
        var block = Css[Css.IndexOf(":root", from, StringComparison.Ordinal)..];
        var colours = Variable()
            .Matches(block[..block.IndexOf('}', StringComparison.Ordinal)])
            .ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);
        var grounds = new[] { colours["page"], colours["soft"] };
        string[] ink = ["text", "muted", "accent", "keyword", "string", "comment", "number", "error"];
        AssertContrast([.. ink.Select(i => colours[i])], grounds, Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Text_under_analysis_has_contrast(bool dark)
    {
        var tokens = Enumerable.Range(0, 41).Select(i => new TokenValue("t", i)).Prepend(new TokenValue("p", Prompt: true)).ToList();
        var html = new TokenText("loss", tokens).ToHtml();
        foreach (Match token in TokenStyle().Matches(html))
            AssertContrast([token.Groups[2].Value], [token.Groups[1].Value], Text);
        // The prompt has the text colour of the page at reduced opacity.
        var opacity = double.Parse(Regex.Match(html, "opacity:([0-9.]+)").Groups[1].Value, CultureInfo.InvariantCulture);
        var (text, page) = dark ? ("#e4e8ec", "#15181c") : ("#1f2328", White);
        var mixed = Enumerable.Range(0, 3).Select(i => opacity * Part(text, i) + (1 - opacity) * Part(page, i))
            .Select(v => ((int)v).ToString("x2", CultureInfo.InvariantCulture));
        AssertContrast(["#" + string.Concat(mixed)], [page], Text);

        static int Part(string hex, int i) => int.Parse(hex.AsSpan(1 + 2 * i, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    private static void AssertContrast(IReadOnlyList<string> colours, IReadOnlyList<string> grounds, double least)
    {
        var weak = from colour in colours
                   from ground in grounds
                   let contrast = Contrast(colour, ground)
                   where contrast < least
                   select FormattableString.Invariant($"{colour} on {ground}: {contrast:0.00}");
        Assert.Empty(weak);
    }

    /// <summary>Computes the contrast ratio of WCAG 2.</summary>
    private static double Contrast(string a, string b)
    {
        var (x, y) = (Luminance(a), Luminance(b));
        return (Math.Max(x, y) + 0.05) / (Math.Min(x, y) + 0.05);
    }

    private static double Luminance(string hex)
    {
        Assert.Matches("^#[0-9a-f]{6}$", hex);
        var parts = Enumerable.Range(0, 3)
            .Select(i => int.Parse(hex.AsSpan(1 + 2 * i, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0)
            .Select(v => v <= 0.04045 ? v / 12.92 : Math.Pow((v + 0.055) / 1.055, 2.4)).ToList();
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    }

    [GeneratedRegex("background:(#[0-9a-f]{6});color:(#[0-9a-f]{6})")]
    private static partial Regex TokenStyle();

    [GeneratedRegex(@"--([a-z]+): (#[0-9a-f]{6});")]
    private static partial Regex Variable();
}
