// The renderer: converts a figure to one Plotly.NET chart.
using Plotly.NET;

namespace Llm360.Notebooks.Plotting;

/// <summary>Draws figures with Plotly.NET.</summary>
public sealed class PlotlyFigureRenderer : IFigureRenderer
{
    private readonly Lazy<string> javaScript = new(ReadJavaScript);

    /// <inheritdoc/>
    public string PlotlyJavaScript => javaScript.Value;

    /// <inheritdoc/>
    public string ToPlotlyJson(Notebooks.Figure figure) => GenericChart.toJson(ToChart(figure));

    /// <inheritdoc/>
    public string ToSvg(Notebooks.Figure figure)
    {
        FigureCheck.Require(figure);
        return new Svg.SvgFigure(figure).ToString();
    }

    /// <summary>The figure as a chart that Plotly.NET can combine, style further or save.</summary>
    /// <exception cref="Llm360Exception">
    /// The figure has no panel, or the lists of a series differ in length.
    /// </exception>
    public static GenericChart ToChart(Notebooks.Figure figure)
    {
        FigureCheck.Require(figure);
        var drawing = new Drawing(figure);
        var chart = GenericChart.ofTraceObjects(false, drawing.Traces);
        chart = GenericChart.setLayout(drawing.Layout, chart);
        return GenericChart.setConfig(Toolbar(figure, drawing.Height), chart);
    }

    private static Config Toolbar(Notebooks.Figure figure, int height) => new Config().With(
        ("responsive", true),
        ("displaylogo", false),
        ("modeBarButtonsToRemove", new[] { "select2d", "lasso2d", "autoScale2d" }),
        ("toImageButtonOptions", Attributes.Object(
            ("format", "svg"),
            ("filename", ChartText.FileName(figure.Title)),
            ("width", Style.Width),
            ("height", height))));

    private static string ReadJavaScript()
    {
        var assembly = typeof(GenericChart).Assembly;
        var name = assembly.GetManifestResourceNames().FirstOrDefault(n => n.EndsWith(".min.js", StringComparison.Ordinal))
            ?? throw new Llm360Exception(
                "Plotly.NET holds no plotly.js.",
                assembly.Location,
                "Rebuild with the version of Plotly.NET named in Directory.Packages.props.");
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
