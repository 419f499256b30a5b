// The style of each role, training progress and category.

namespace Llm360.Notebooks.Tests;

public class StyleTests
{
    private static readonly double[] X = [0, 1, 2];
    private static readonly double[] Y = [3, 1, 2];

    [Fact]
    public void Meta_holds_what_a_reader_without_the_picture_needs()
    {
        var meta = new PlotlyOf(PlotlyOf.OnePanel(new Trace("a", TraceKind.Line, X, Y))).Layout["meta"]!;
        Assert.Equal(
            ["Title", "Subtitle", "Alt", "Finding."],
            new[] { "title", "subtitle", "alt", "finding" }.Select(k => meta[k]!.GetValue<string>()));
    }

    [Fact]
    public void Published_lines_are_dashed_with_hollow_markers_and_baselines_grey()
    {
        var plot = new PlotlyOf(PlotlyOf.OnePanel(
            new Trace("measured", TraceKind.Line, X, Y, Progress: 0.5),
            new Trace("published", TraceKind.Line, X, Y, TraceRole.Published),
            new Trace("random", TraceKind.Line, X, Y, TraceRole.Baseline)));
        Assert.Null(plot.Series("measured")["line"]!["dash"]);
        Assert.Equal("circle", plot.Series("measured")["marker"]!["symbol"]!.GetValue<string>());
        Assert.Equal("dash", plot.Series("published")["line"]!["dash"]!.GetValue<string>());
        Assert.Equal("circle-open", plot.Series("published")["marker"]!["symbol"]!.GetValue<string>());
        Assert.Equal("#949494", plot.Series("random")["line"]!["color"]!.GetValue<string>());
    }

    [Fact]
    public void Published_bars_are_hollow_and_bars_start_at_zero()
    {
        var plot = new PlotlyOf(PlotlyOf.OnePanel(
            new Trace("here", TraceKind.Bars, X, [5, 6, 7]),
            new Trace("there", TraceKind.Bars, X, [5, 6, 7], TraceRole.Published)));
        Assert.Equal("rgba(0,0,0,0)", plot.Series("there")["marker"]!["color"]!.GetValue<string>());
        Assert.NotEqual("rgba(0,0,0,0)", plot.Series("here")["marker"]!["color"]!.GetValue<string>());
        Assert.Equal(0, plot.Layout["yaxis"]!["range"]![0]!.GetValue<double>());
    }

    [Fact]
    public void A_category_has_its_colour_in_every_figure_and_others_take_what_is_left()
    {
        string Colour(string[] categories, string which) =>
            new PlotlyOf(PlotlyOf.OnePanel([.. categories.Select(c => new Trace(c, TraceKind.Line, X, Y, Category: c))]))
            .Series(which)["line"]!["color"]!.GetValue<string>();
        Assert.Equal("#0072b2", Colour(["netcore"], "netcore"));
        Assert.Equal("#0072b2", Colour(["roslyn", "unheard of", "netcore"], "netcore"));
        Assert.Equal("#0072b2", Colour(["unheard of"], "unheard of"));
        Assert.Equal("#bd7b00", Colour(["unheard of", "netcore"], "unheard of"));
        string[] known = ["netcore", "aspnet", "roslyn", "plotly", "reactive", "notices", "series", "canary"];
        Assert.Equal(8, known.Select(k => Colour(known, k)).Distinct().Count());
    }

    [Fact]
    public void Only_disagreement_is_red()
    {
        var plot = new PlotlyOf(PlotlyOf.OnePanel([new Trace("off", TraceKind.Points, X, Y, TraceRole.Disagreement),
            .. Enumerable.Range(0, 12).Select(i => new Trace($"s{i}", TraceKind.Points, X, Y))]));
        Assert.Equal("#d0202e", plot.Series("off")["marker"]!["color"]!.GetValue<string>());
        Assert.DoesNotContain(
            plot.Traces.Where(t => PlotlyOf.Role(t) != "disagreement"),
            t => t["marker"]!["color"]!.GetValue<string>() == "#d0202e");
    }

    [Fact]
    public void Progress_runs_from_dark_to_bright()
    {
        var plot = new PlotlyOf(
            PlotlyOf.OnePanel([.. Enumerable.Range(0, 5).Select(i => new Trace($"c{i}", TraceKind.Line, X, Y, Progress: i / 4.0))]));
        var brightness =
            Enumerable.Range(0, 5).Select(i => Brightness(plot.Series($"c{i}")["line"]!["color"]!.GetValue<string>())).ToList();
        // The range is small, because both ends must be visible on white and on dark pages.
        Assert.Equal(brightness.Order(), brightness);
        Assert.True(brightness[4] > brightness[0] + 0.1);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(6, false)]
    public void Up_to_five_lines_are_labelled_directly_and_more_get_a_legend(int count, bool direct)
    {
        var plot =
            new PlotlyOf(PlotlyOf.OnePanel([.. Enumerable.Range(0, count).Select(i => new Trace($"line {i}", TraceKind.Line, X, Y))]));
        Assert.Equal(!direct, plot.Layout["showlegend"]!.GetValue<bool>());
        Assert.Equal(direct ? count : 0, plot.Layout["annotations"]!.AsArray().Count);
    }

    [Fact]
    public void Direct_labels_of_lines_that_end_at_one_point_do_not_overlap()
    {
        var plot = new PlotlyOf(PlotlyOf.OnePanel([.. Enumerable.Range(0, 5).Select(i => new Trace($"line {i}", TraceKind.Line, X, Y))]));
        var shifts = plot.Layout["annotations"]!.AsArray().Select(a => a!["yshift"]!.GetValue<double>()).Order().ToList();
        Assert.All(shifts.Zip(shifts.Skip(1)), pair => Assert.True(pair.Second - pair.First >= 15.9));
    }

    [Fact]
    public void Background_is_transparent_and_text_at_least_twelve_pixels()
    {
        var plot = new PlotlyOf(PlotlyOf.OnePanel(new Trace("a", TraceKind.Line, X, Y)));
        Assert.Equal("rgba(0,0,0,0)", plot.Layout["paper_bgcolor"]!.GetValue<string>());
        Assert.Equal("rgba(0,0,0,0)", plot.Layout["plot_bgcolor"]!.GetValue<string>());
        Assert.True(plot.Layout["xaxis"]!["tickfont"]!["size"]!.GetValue<int>() >= 12);
        Assert.Equal("svg", plot.Json["config"]!["toImageButtonOptions"]!["format"]!.GetValue<string>());
        Assert.True(plot.Json["config"]!["responsive"]!.GetValue<bool>());
    }

    private static double Brightness(string hex)
    {
        var parts = Convert.FromHexString(hex[1..]);
        return (0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]) / 255;
    }
}
