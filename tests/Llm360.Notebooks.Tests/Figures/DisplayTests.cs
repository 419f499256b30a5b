// Display of figures and tables in notebook hosts.
using System.Net;
using System.Xml.Linq;
using Microsoft.DotNet.Interactive.Formatting;

namespace Llm360.Notebooks.Tests;

public class DisplayTests
{
    private const string Hostile = "</script><img src=x onerror=alert(1)>\"'&{0}%{x}";

    private static Figure HostileFigure => new(Hostile, Hostile, Hostile,
        [new Panel(Hostile, new Axis(Hostile), new Axis(Hostile),
            [new Trace(Hostile, TraceKind.Bars, [0], [1], Hover: [Hostile], XLabels: [Hostile])])], Hostile);

    [Fact]
    public void Hostile_names_cannot_leave_the_html_of_a_figure()
    {
        var html = HostileFigure.ToHtml();
        Assert.Equal(1, Count(html, "<script"));
        Assert.Equal(1, Count(html, "</script"));
        Assert.Equal(1, Count(html, "<img"));
        Assert.Contains($"<img alt=\"{WebUtility.HtmlEncode(Hostile)}\"", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Hostile_names_are_text_to_plotly()
    {
        var plot = new PlotlyOf(HostileFigure);
        Assert.DoesNotContain("<img", plot.Layout["title"]!["text"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.DoesNotContain("<img", plot.Traces[0]["hovertemplate"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.DoesNotContain("%{x}", plot.Traces[0]["hovertemplate"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.DoesNotContain("<img", plot.Layout["xaxis"]!["ticktext"]![0]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_picture_in_the_html_is_the_figure_without_what_stands_beside_it()
    {
        foreach (var figure in SvgTests.Samples.Values)
        {
            var html = figure.ToHtml();
            var start = html.IndexOf("data:image/svg+xml,", StringComparison.Ordinal) + "data:image/svg+xml,".Length;
            var picture = XElement.Parse(Uri.UnescapeDataString(html[start..html.IndexOf('"', start)]));
            var whole = XElement.Parse(figure.ToSvg());
            whole.Elements().Where(e => e.Name.LocalName is "title" or "desc").Remove();
            Assert.True(XNode.DeepEquals(whole, picture), html);
        }
    }

    [Fact]
    public void The_same_figure_has_the_same_html() => Assert.Equal(HostileFigure.ToHtml(), HostileFigure.ToHtml());

    [Fact]
    public void Dotnet_interactive_finds_all_formatters_by_convention()
    {
        var figure = PlotlyOf.OnePanel(new Trace("a", TraceKind.Line, [0, 1], [1, 2]));
        Assert.Equal(figure.ToHtml(), figure.ToDisplayString("text/html"));
        Assert.Equal(PlotlyArrays.Pack(figure.ToPlotlyJson()), figure.ToDisplayString("application/vnd.plotly.v1+json"));
        Assert.Equal(figure.ToSvg(), figure.ToDisplayString("image/svg+xml"));
        Assert.Equal(string.Join(Environment.NewLine, "Title", "Subtitle", "Finding."), figure.ToDisplayString("text/plain"));
        Assert.Equal("text/html", Formatter.GetPreferredMimeTypesFor(typeof(Figure)).First());
        var table = new Table("c", [new("a")], [["1"]]);
        Assert.Equal(table.ToHtml(), table.ToDisplayString("text/html"));
    }

    [Fact]
    public void A_table_is_a_real_table_with_escaped_cells()
    {
        var html = new Table("Paper <and> here", [new("metric"), new("measured", ColumnAlignment.Right)],
            [["loss & co", "1.5"], [Hostile, "2"]]).ToHtml();
        Assert.Contains("<caption>Paper &lt;and&gt; here</caption>", html, StringComparison.Ordinal);
        Assert.Contains("<th scope=\"col\" style=\"text-align:right\">measured</th>", html, StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\" style=\"text-align:left\">loss &amp; co</th><td style=\"text-align:right\">1.5</td>", html,
            StringComparison.Ordinal);
        Assert.Equal(0, Count(html, "<img"));
    }

    [Fact]
    public void A_table_aligns_in_a_console()
    {
        var text = new Table("Losses", [new("model"), new("loss", ColumnAlignment.Right)],
            [["nano", "3.2"], ["a longer one", "12.25"]]).ToString();
        string[] lines = ["Losses", "model          loss", "------------  -----", "nano            3.2", "a longer one  12.25"];
        Assert.Equal(string.Join(Environment.NewLine, lines), text);
    }

    [Fact]
    public void A_table_refuses_a_row_of_another_width() =>
        Assert.Contains("row 1", Assert.Throws<Llm360Exception>(() => new Table("t", [new("a"), new("b")], [["1", "2"], ["1"]])).Where,
            StringComparison.Ordinal);

    [Fact]
    public void The_plotly_script_is_one_script_that_hides_from_module_loaders()
    {
        var script = FigureHtml.PlotlyScript;
        Assert.Equal(1, Count(script, "<script"));
        Assert.Equal(1, Count(script, "</script"));
        Assert.StartsWith("<script>if (!window.Plotly) { (function (define, module, exports) {", script, StringComparison.Ordinal);
        Assert.Contains("plotly.js v2.28", script, StringComparison.Ordinal);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
