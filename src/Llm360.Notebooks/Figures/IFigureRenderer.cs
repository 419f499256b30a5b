// The contract between figures as data and the assembly that draws them.
namespace Llm360.Notebooks;

/// <summary>
/// Draws figures. The only implementation is Llm360.Notebooks.Plotting, in a load context of its
/// own.
/// </summary>
public interface IFigureRenderer
{
    /// <summary>
    /// The figure as Plotly JSON: an object with <c>data</c>, <c>layout</c> and <c>config</c>.
    /// <c>layout.meta</c> has <c>title</c>, <c>subtitle</c>, <c>alt</c> and <c>finding</c>.
    /// </summary>
    string ToPlotlyJson(Figure figure);

    /// <summary>
    /// The figure as a static picture: an SVG document, 720 pixels wide, with a transparent
    /// background.
    /// </summary>
    string ToSvg(Figure figure);

    /// <summary>The source of plotly.js, minified, as shipped inside Plotly.NET.</summary>
    string PlotlyJavaScript { get; }
}
