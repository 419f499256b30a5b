// How a figure is displayed in notebooks and consoles, and written to files.

namespace Llm360.Notebooks;

[TypeFormatterSource(
    typeof(FigureFormatterSource),
    PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plotly, MimeTypes.Svg, MimeTypes.Plain])]
public sealed partial record Figure
{
    /// <summary>Plotly JSON: an object with <c>data</c>, <c>layout</c> and <c>config</c>.</summary>
    /// <exception cref="Llm360Exception">
    /// The lists of the figure differ in length, or the plotting folder is missing.
    /// </exception>
    public string ToPlotlyJson() => FigureRendering.Renderer.ToPlotlyJson(this);

    /// <summary>
    /// A static picture as an SVG document, for readers and programs that run no scripts.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// The lists of the figure differ in length, or the plotting folder is missing.
    /// </exception>
    public string ToSvg() => FigureRendering.Renderer.ToSvg(this);

    /// <summary>
    /// An HTML fragment with a picture of the figure. The picture becomes interactive on a page
    /// with plotly.js.
    /// </summary>
    public string ToHtml() => FigureHtml.ToHtml(this);

    /// <summary>Title, subtitle and finding, one on each line.</summary>
    public override string ToString() =>
        string.Join(Environment.NewLine, new[] { Title, Subtitle, Finding }.Where(line => line.Length > 0));
}
