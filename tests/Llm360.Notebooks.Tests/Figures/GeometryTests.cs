// Axes, gaps, intervals, heat maps, panels.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Tests;

public class GeometryTests
{
    [Fact]
    public void A_gap_is_null_and_splits_the_band()
    {
        var plot = new PlotlyOf(PlotlyOf.OnePanel(new Trace("a", TraceKind.Line, [0, 1, 2, 3], [1, double.NaN, 3, 4],
            Low: [0, double.NaN, 2, 3], High: [2, double.NaN, 4, double.PositiveInfinity])));
        var band = plot.Traces[0];
        Assert.Equal("interval", PlotlyOf.Role(band));
        Assert.Equal("[0,0,null,2,2]", Compact(band["x"]!));
        Assert.Equal("[0,2,null,2,4]", Compact(band["y"]!));
        Assert.Equal("[1,null,3,4]", Compact(plot.Traces[1]["y"]!));
        Assert.False(plot.Traces[1]["connectgaps"]!.GetValue<bool>());
    }

    [Fact]
    public void Bars_and_points_have_error_bars_as_distances()
    {
        var plot = new PlotlyOf(PlotlyOf.OnePanel(new Trace("a", TraceKind.Points, [0, 1], [2, 3], Low: [1.5, 1], High: [4, 3.5])));
        Assert.Equal("[2,0.5]", Compact(plot.Series("a")["error_y"]!["array"]!));
        Assert.Equal("[0.5,2]", Compact(plot.Series("a")["error_y"]!["arrayminus"]!));
        Assert.Equal("[[1.5,4],[1,3.5]]", Compact(plot.Series("a")["customdata"]!));
    }

    [Fact]
    public void A_log_axis_has_human_ticks()
    {
        var axis = Plot(new Axis("n", Log: true)).Layout["xaxis"]!;
        Assert.Equal("log", axis["type"]!.GetValue<string>());
        Assert.Equal("[\"10\",\"100\",\"1k\",\"10k\",\"100k\",\"1M\"]", Compact(axis["ticktext"]!));
        var binary = Plot(new Axis("n", Log: true, LogBase: 2)).Layout["xaxis"]!;
        Assert.Contains("2.05k", binary["ticktext"]!.AsArray().Select(t => t!.GetValue<string>()));
        Assert.True(binary["ticktext"]!.AsArray().Count <= 12);

        static PlotlyOf Plot(Axis x) =>
            new(PlotlyOf.Of(new Panel("", x, new Axis("y"), [new Trace("a", TraceKind.Line, [10, 1000, 1e6], [1, 2, 3])])));
    }

    [Fact]
    public void Nothing_positive_on_a_log_axis_still_draws()
    {
        var axis = new PlotlyOf(PlotlyOf.Of(
            new Panel("", new Axis("x"), new Axis("y", Log: true), [new Trace("a", TraceKind.Line, [0, 1], [0, -1])]))).Layout["yaxis"]!;
        Assert.All(axis["range"]!.AsArray(), end => Assert.True(double.IsFinite(end!.GetValue<double>())));
    }

    [Theory]
    [InlineData(12, true)]
    [InlineData(13, false)]
    public void Small_heat_maps_carry_their_numbers(int size, bool text)
    {
        var names = Enumerable.Range(0, size).Select(i => $"ckpt_{i:000}").ToList();
        var values = names.Select((_, i) => (IReadOnlyList<double>)[.. names.Select((_, j) => i == j ? 1 : double.NaN)]).ToList();
        var plot = new PlotlyOf(
            PlotlyOf.Of(new Panel("", new Axis("checkpoint"), new Axis("checkpoint"), [], new HeatMap(names, names, values, "r", 0, 1))));
        Assert.Equal(text ? "%{z:.2f}" : null, plot.Traces[0]["texttemplate"]?.GetValue<string>());
        Assert.Equal("x", plot.Layout["yaxis"]!["scaleanchor"]!.GetValue<string>());
        Assert.Equal("reversed", plot.Layout["yaxis"]!["autorange"]!.GetValue<string>());
        Assert.Equal("r", plot.Layout["coloraxis"]!["colorbar"]!["title"]!["text"]!.GetValue<string>());
        Assert.Null(plot.Traces[0]["z"]![0]![1]);
    }

    [Fact]
    public void Panels_have_axes_of_their_own_and_do_not_overlap()
    {
        var panels = Enumerable.Range(0, 5)
            .Select(i => new Panel($"p{i}", new Axis("x"), new Axis("y"), [new Trace("a", TraceKind.Line, [0, 1], [1, 2])]))
            .ToArray();
        var plot = new PlotlyOf(PlotlyOf.Of(panels));
        Assert.Equal(["x", "x2", "x3", "x4", "x5"], plot.Traces.Select(t => t["xaxis"]!.GetValue<string>()));
        var boxes = Enumerable.Range(1, 5)
            .Select(i => i == 1 ? "" : $"{i}")
            .Select(s => (X: Ends(plot.Layout["xaxis" + s]!), Y: Ends(plot.Layout["yaxis" + s]!)))
            .ToList();
        for (var i = 0; i < boxes.Count; i++)
        {
            for (var j = i + 1; j < boxes.Count; j++)
                Assert.True(boxes[i].X.High < boxes[j].X.Low || boxes[j].X.High < boxes[i].X.Low || boxes[i].Y.Low > boxes[j].Y.High);
        }

        static (double Low, double High) Ends(JsonNode axis) =>
            (axis["domain"]![0]!.GetValue<double>(), axis["domain"]![1]!.GetValue<double>());
    }

    [Fact]
    public void Lists_of_different_length_are_refused_with_the_series_name()
    {
        var error = Assert.Throws<Llm360Exception>(() => PlotlyOf.OnePanel(new Trace("loss", TraceKind.Line, [0, 1], [1])).ToPlotlyJson());
        Assert.Contains("loss", error.Where, StringComparison.Ordinal);
        Assert.Throws<Llm360Exception>(() => PlotlyOf.Of().ToPlotlyJson());
    }

    [Fact]
    public void Single_bars_with_positions_of_their_own_are_full_width_and_need_no_legend()
    {
        var plot = new PlotlyOf(PlotlyOf.OnePanel(
            [.. new[] { "netcore", "roslyn" }.Select((s, i) => new Trace(s, TraceKind.Bars, [i], [i + 1], Category: s, XLabels: [s]))]));
        Assert.All(plot.Traces, t => Assert.Equal("bars", t["offsetgroup"]!.GetValue<string>()));
        Assert.False(plot.Layout["showlegend"]!.GetValue<bool>());
        Assert.Equal("[\"netcore\",\"roslyn\"]", Compact(plot.Layout["xaxis"]!["ticktext"]!));
    }

    private static string Compact(JsonNode node) => node.ToJsonString().Replace(".0", "", StringComparison.Ordinal);
}
