// Charts of other libraries: the test's cells define types with their names and methods.
using Llm360.Notebooks.Kernel.Display;
using Llm360.Notebooks.Kernel.Execution;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Execution;

public sealed class ChartTests : IDisposable
{
    private readonly RecordingSink sink = new();
    private readonly TemporaryFolder folder = new();
    private readonly CSharpSession session;

    public ChartTests() =>
        session = new CSharpSession(sink, new SessionOptions { WorkingDirectory = folder.Path });

    public void Dispose()
    {
        session.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Charts_of_known_libraries_are_pictures_or_drawn_by_the_page()
    {
        TestAssembly.Compile(folder.File("charts.dll"), """
            namespace ScottPlot { public class Plot { public string GetSvgXml(int width, int height) => "<svg>scott</svg>"; } }
            namespace OxyPlot
            {
                public class PlotModel { }
                public static class SvgExporter
                {
                    public static string ExportToString(PlotModel model, double width, double height, bool isDocument,
                        object measurer = null) => "<svg>oxy</svg>";
                }
            }
            namespace XPlot.Plotly { public class PlotlyChart { public string GetInlineHtml() => "<div>x</div>"; } }
            namespace Plotly.NET
            {
                public abstract class GenericChart
                {
                    public static string toFigureJson(GenericChart chart) => "{\"data\":[{\"name\":\"</script>\"}],\"layout\":{}}";
                    public class Chart : GenericChart { }
                }
            }
            """);
        await RunAsync("#r \"charts.dll\"");
        await RunAsync("new ScottPlot.Plot()");
        Assert.Equal("<svg>scott</svg>", sink.Bundles("result").Last().Data["image/svg+xml"]!.ToString());
        await RunAsync("new OxyPlot.PlotModel()");
        Assert.Equal("<svg>oxy</svg>", sink.Bundles("result").Last().Data["image/svg+xml"]!.ToString());
        await RunAsync("new XPlot.Plotly.PlotlyChart()");
        Assert.Equal("<div>x</div>", sink.Bundles("result").Last().Data["text/html"]!.ToString());
        await RunAsync("new Plotly.NET.GenericChart.Chart()");
        var chart = sink.Bundles("result").Last().Data;
        Assert.Equal("</script>", chart[MimeBundle.Plotly]!["data"]![0]!["name"]!.ToString());
        Assert.DoesNotContain("</script>\"", chart["text/html"]!.ToString(), StringComparison.Ordinal);
        // As figures do, it takes plotly.js from the kernel's folder, and from nowhere else.
        Assert.Contains("kernelspecs/", chart["text/html"]!.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("https://", chart["text/html"]!.ToString(), StringComparison.Ordinal);
    }

    private async Task RunAsync(string code)
    {
        var result = await session.ExecuteAsync(code, TestContext.Current.CancellationToken);
        Assert.Equal("", string.Join('\n', result.Error?.Traceback ?? []));
    }
}
