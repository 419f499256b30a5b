// The static SVG of a figure: content, colours, and that nothing lies outside the edges.
using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Llm360.Notebooks.Tests;

public sealed partial class SvgTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";
    private static readonly double[] X = [0, 1, 2, 3];

    public static TheoryData<string> Kinds => [.. Samples.Keys];

    public static TheoryData<string> OfThePaper => [.. Samples.Keys.Where(k => k != "hostile")];

    internal static Dictionary<string, Figure> Samples { get; } = new()
    {
        ["loss"] = Figures.TrainingLoss(Series("nano"), published: Series("Amber")),
        ["learning rate"] = Figures.LearningRate(new TrainingSeries("nano", "steps", X, [0, 3e-4, 2e-4, 1e-4])),
        ["gradient norm"] = Figures.GradientNorm(Series("nano"), clip: 1),
        ["validation"] = Figures.ValidationLoss("nano", "tokens", 8,
            [new("a", X, [4, 3, double.NaN, 2], [3.9, 2.9, double.NaN, 1.9], [4.1, 3.1, double.NaN, 2.1]), new("b", X, [5, 4, 3, 3])]),
        ["mix"] = Figures.DataMix(new DataMix("nano", [new("netcore", 5e6), new("roslyn", 3e6)]), DataMix.Amber),
        ["histograms"] = Figures.MemorizationHistogram("nano", 4,
            [.. Enumerable.Range(0, 8).Select(i => new ScoreDistribution($"ckpt_{i:000}", i / 7.0, [9, 4, 2, 1, i]))]),
        ["by chunk"] = Figures.MemorizationByChunk("nano", 4, 4,
            [.. Enumerable.Range(0, 7).Select(i => new ChunkScores(
                $"ckpt_{i:000}", i / 6.0, i % 4, [0, 1, 2, 3], [0.1, 0.2, 0.15, 0.1], [0.05, 0.1, 0.1, 0], [0.2, 0.3, 0.2, 0.2]))]),
        ["correlation"] = Figures.CheckpointCorrelation("nano", ["ckpt_000", "ckpt_001"], 8,
            new CorrelationMatrix("score", [[1, 0.3], [0.3, 1]]),
            new CorrelationMatrix("k-extractible", [[1, double.NaN], [double.NaN, 1]])),
        ["exposure"] = Figures.Exposure("nano", "ckpt_036", 8, 256, [(1, 2), (1, 1), (4, 7.5), (4, 7), (0, 1), (0, 2)]),
        ["groups"] = Figures.Counterfactual("nano", 4, 4, 2, [new("ordinary text", [0.01, -0.05]), new("canary × 32", [0.9, 0.8])]),
        ["classes"] = Figures.RecallClasses("nano", "ckpt_036", 8, 8, 100, [("recited", 3), ("reconstructed", 1), ("recollected", 0)],
            new("ckpt_030", [], [MeasuredGroup.OfShare("recited", 1, 9), MeasuredGroup.OfShare("recollected", 0, 9)])),
        ["forecast"] = Figures.Forecast("nano", 8, 8, "ckpt_036", [new("ckpt_012", 12, 50, 2, 1, 3), new("ckpt_024", 24, 90, 4, 0, 1)],
            [new("ckpt_012", 12, 30, 1, 1, 3)]),
        ["duplicates"] = Figures.ScoreByDuplicates("nano", "ckpt_036", 4, 4, "mean memorization score", false,
            [.. Enumerable.Range(1, 40).Select(i => new DuplicatePoint(i, i / 40.0, i % 3 == 0))]),
        ["draws"] = Figures.SamplesToExtract("nano", "ckpt_036", 4, 4, "all tokens", [-1, -5, -30, double.NegativeInfinity], 1),
        ["latent"] = Figures.LatentMemorization("nano", 4, 4,
            [
                new("ordinary text", [-1, 0, 1], [new("a", [5, 4]), new("a", [5, 3]), new("a", [4, 4])]),
                new("canary × 4", [-1, 0, 1], [new("b", [8, 7]), new("b", [3, 2]), new("b", [5, 4])]),
            ]),
        ["nothing"] = new Figure("Nothing to draw", "nano", "Nothing to draw.",
            [new Panel("", new Axis("tokens"), new Axis(""), [])], "No log."),
        ["hostile"] = new Figure("</svg><script>alert(1)</script>\u0001\ud800", "&<>\"'", "]]>",
            [new Panel("<", new Axis("&"), new Axis("<b>"), [new Trace("<i>", TraceKind.Bars, [0], [1], XLabels: ["</text>"])])], ""),
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_picture_is_well_formed_says_what_it_is_and_keeps_within_its_edges(string kind)
    {
        var figure = Samples[kind];
        var svg = XElement.Parse(figure.ToSvg());
        var (width, height) = (Number(svg, "width"), Number(svg, "height"));
        Assert.Equal(720, width);
        Assert.Equal(figure.ToSvg(), figure.ToSvg());
        Assert.Single(svg.Elements(Svg + "title"));
        Assert.Single(svg.Elements(Svg + "desc"));
        Assert.DoesNotContain(svg.Descendants(),
            e => e.Name.LocalName is not ("title" or "desc" or "path" or "rect" or "circle" or "text" or "g" or "clipPath"));
        foreach (var attribute in svg.DescendantsAndSelf().Attributes())
            Assert.DoesNotMatch("NaN|Infinity|∞", attribute.Value);
        foreach (var text in svg.Descendants(Svg + "text"))
        {
            Assert.InRange(Number(text, "x"), 0, width);
            Assert.InRange(Number(text, "y"), 0, height);
        }

        foreach (var point in svg.Descendants(Svg + "path").SelectMany(p => Absolute().Matches((string)p.Attribute("d")!)))
        {
            Assert.InRange(double.Parse(point.Groups[1].Value, CultureInfo.InvariantCulture), 0, width);
            Assert.InRange(double.Parse(point.Groups[2].Value, CultureInfo.InvariantCulture), -1e6, 1e6); // clipped to its panel
        }
    }

    [Theory]
    [MemberData(nameof(OfThePaper))]
    public void Title_axes_names_and_marks_can_be_read(string kind)
    {
        var (figure, plotly) = (Samples[kind], new PlotlyOf(Samples[kind]));
        var texts = XElement.Parse(figure.ToSvg()).Descendants(Svg + "text").Select(t => t.Value).ToList();
        Assert.Equal(figure.Title, string.Join(' ', texts.TakeWhile(t => figure.Title.Contains(t, StringComparison.Ordinal))));
        Assert.Contains(figure.Subtitle, string.Join(' ', texts), StringComparison.Ordinal);
        foreach (var panel in figure.Panels)
        {
            Assert.Contains(panel.X.Label, texts);
            Assert.Contains(panel.Y.Label, texts);
            Assert.All((panel.Marks ?? []).Where(m => m.ShowLabel), m => Assert.Contains(m.Label, texts));
            Assert.All(panel.HeatMap?.Columns ?? [], c => Assert.Contains(c, texts));
            Assert.All(panel.Traces.SelectMany(t => t.XLabels ?? []), l => Assert.Contains(l, texts));
        }

        if (plotly.Layout["showlegend"]?.GetValue<bool>() == true || plotly.Layout["annotations"]!.AsArray().Count > figure.Panels.Count)
            Assert.All(
                figure.Panels.SelectMany(p => p.Traces).Where(t => t.Role != TraceRole.Raw && figure.Panels.Count == 1),
                t => Assert.Contains(t.Name, texts));
    }

    [Theory]
    [InlineData(TraceKind.Line, TraceRole.Measured)]
    [InlineData(TraceKind.Line, TraceRole.Published)]
    [InlineData(TraceKind.Line, TraceRole.Baseline)]
    [InlineData(TraceKind.Bars, TraceRole.Measured)]
    [InlineData(TraceKind.Bars, TraceRole.Published)]
    [InlineData(TraceKind.Points, TraceRole.Disagreement)]
    public void A_series_has_the_colour_and_the_look_of_the_interactive_figure(TraceKind kind, TraceRole role)
    {
        var figure = PlotlyOf.OnePanel(new Trace("a", kind, X, [1, 2, 3, 4], role));
        var trace = new PlotlyOf(figure).Series("a");
        var colour = (kind == TraceKind.Line
            ? trace["line"]!["color"]
            : kind == TraceKind.Bars ? trace["marker"]!["line"]!["color"]
            : trace["marker"]!["color"])!.GetValue<string>();
        var svg = XElement.Parse(figure.ToSvg());
        var coloured =
            svg.Descendants().Where(e => (string?)e.Attribute("fill") == colour || (string?)e.Attribute("stroke") == colour).ToList();
        Assert.NotEmpty(coloured);
        if (role == TraceRole.Published)
            Assert.All(coloured, e => Assert.Equal("none", (string?)e.Attribute("fill")));
        if (kind == TraceKind.Line)
            Assert.Equal(role == TraceRole.Published, coloured.Exists(e => e.Attribute("stroke-dasharray") is not null));
    }

    [Fact]
    public void Values_lie_where_the_axes_say()
    {
        var figure = PlotlyOf.Of(new Panel("", new Axis("x", Log: true, Minimum: 1, Maximum: 100), new Axis("y", Minimum: 0, Maximum: 10),
            [new Trace("a", TraceKind.Points, [1, 10, 100, 0], [0, 5, 10, 5])]));
        var svg = XElement.Parse(figure.ToSvg());
        // Zero has no position on a logarithmic axis.
        var points = svg.Descendants(Svg + "path").Where(p => (string?)p.Attribute("stroke-linecap") == "round")
            .SelectMany(p => Dots((string)p.Attribute("d")!)).ToList();
        Assert.Equal(3, points.Count);
        Assert.Equal((points[0].X + points[2].X) / 2, points[1].X, 0.11);
        Assert.Equal((points[0].Y + points[2].Y) / 2, points[1].Y, 0.11);
        foreach (var (label, x) in new[] { ("1", points[0].X), ("10", points[1].X), ("100", points[2].X) })
            Assert.Contains(svg.Descendants(Svg + "text"), t => t.Value == label && Math.Abs(Number(t, "x") - x) < 0.11);
    }

    [Fact]
    public void A_gap_breaks_the_line_and_its_band()
    {
        var svg = XElement.Parse(PlotlyOf.OnePanel(new Trace("a", TraceKind.Line, [0, 1, 2, 3, 4], [1, 2, double.NaN, 2, 1],
            Low: [0, 1, double.NaN, 1, 0], High: [2, 3, double.NaN, 3, 2])).ToSvg());
        foreach (var path in svg.Descendants(Svg + "g").Elements(Svg + "path").Where(p => p.Attribute("stroke-linecap") is null))
            Assert.Equal(2, ((string)path.Attribute("d")!).Count(c => c == 'M'));
    }

    private static TrainingSeries Series(string model) => new(model, "tokens",
        [.. Enumerable.Range(0, 600).Select(i => i * 1e4)],
        [.. Enumerable.Range(0, 600).Select(i => 2 + 6 * Math.Exp(-i / 90.0))]);

    [Fact]
    public void A_line_passes_through_its_points()
    {
        double[] y = [.. Enumerable.Range(0, 300).Select(i => 5 + 4 * Math.Sin(i * i))];
        var panel = new Panel("", new Axis("x"), new Axis("y", Minimum: 0, Maximum: 10),
            [new Trace("a", TraceKind.Line, [.. y.Select((_, i) => (double)i)], y)]);
        var svg = XElement.Parse(PlotlyOf.Of(panel).ToSvg());
        var path = (string)svg.Elements(Svg + "g").Elements(Svg + "path").Single().Attribute("d")!;
        var steps = Step().Matches(path).Select(m => Parsed(m.Value)).Chunk(2).ToList();
        Assert.Equal(300, steps.Count);
        var heights = steps.Skip(1).Aggregate(new List<double> { steps[0][1] }, (all, step) => [.. all, all[^1] + step[1]]);
        // The axis runs from 0 at the bottom to 10 at the top.
        var (low, high) = (heights.Max(), heights.Min());
        var scale = (low - high) / (y.Max() - y.Min());
        Assert.All(heights.Zip(y), p => Assert.Equal(low - (p.Second - y.Min()) * scale, p.First, 0.16));
        Assert.InRange(path.Length, 1, 300 * 10);
    }

    [Fact]
    public void Marks_that_look_alike_are_one_element()
    {
        var trace = new Trace("a", TraceKind.Bars, [0, 1, 2, 3], [1, 2, 0, 3]);
        var svg = XElement.Parse(PlotlyOf.OnePanel(trace, new Trace("b", TraceKind.Points, X, [1, 2, 3, 4])).ToSvg());
        var drawn = svg.Elements(Svg + "g").Elements(Svg + "path").ToList();
        // Four points, but three bars, because one bar has no height.
        Assert.Equal([3, 4], drawn.Select(p => ((string)p.Attribute("d")!).Count(c => c is 'M' or 'm')));
    }

    // Reads the dots of a path: "M1 2h0m3 4h0" has the dots (1, 2) and (4, 6).
    private static IEnumerable<(double X, double Y)> Dots(string path)
    {
        var (x, y) = (0.0, 0.0);
        foreach (var dot in path.Split("h0", StringSplitOptions.RemoveEmptyEntries))
        {
            var step = Step().Matches(dot).Select(m => Parsed(m.Value)).ToList();
            (x, y) = (x + step[0], y + step[1]);
            yield return (x, y);
        }
    }

    private static double Number(XElement element, string attribute) => Parsed((string)element.Attribute(attribute)!);

    private static double Parsed(string number) => double.Parse(number, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"-?[0-9]*\.?[0-9]+")]
    private static partial Regex Step();

    [GeneratedRegex("M(-?[0-9.]+) (-?[0-9.]+)")]
    private static partial Regex Absolute();
}
