// The formatters of a figure in a notebook.

namespace Llm360.Notebooks;

/// <summary>Formatters of <see cref="Figure"/>.</summary>
public sealed class FigureFormatterSource
{
    private readonly TypeFormatter[] formatters =
    [
        new(MimeTypes.Html, value => (value as Figure)?.ToHtml()),
        new(MimeTypes.Plotly, value => value is Figure figure ? PlotlyArrays.Pack(figure.ToPlotlyJson()) : null),
        new(MimeTypes.Svg, value => (value as Figure)?.ToSvg()),
        new(MimeTypes.Plain, value => (value as Figure)?.ToString()),
    ];

    /// <summary>HTML with a picture and a script, Plotly JSON, a picture, and text.</summary>
    public IEnumerable<TypeFormatter> CreateTypeFormatters() => formatters;
}
