// How a table shows itself in a notebook.
namespace Llm360.Notebooks;

/// <summary>Formatters of <see cref="Table"/>.</summary>
public sealed class TableFormatterSource
{
    private readonly TypeFormatter[] formatters =
    [
        new(MimeTypes.Html, value => (value as Table)?.ToHtml()),
        new(MimeTypes.Plain, value => (value as Table)?.ToString()),
    ];

    /// <summary>HTML and text.</summary>
    public IEnumerable<TypeFormatter> CreateTypeFormatters() => formatters;
}
