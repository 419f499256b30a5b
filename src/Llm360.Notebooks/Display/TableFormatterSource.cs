// Formatters of tables, and of results that are displayed as a table.
namespace Llm360.Notebooks;

/// <summary>
/// Formatters of <see cref="Table"/> and of results that are displayed as a table.
/// </summary>
public sealed class TableFormatterSource
{
    private readonly TypeFormatter[] formatters =
    [
        new(MimeTypes.Html, value => TableOf(value)?.ToHtml()),
        new(MimeTypes.Plain, value => TableOf(value)?.ToString()),
    ];

    /// <summary>HTML and text.</summary>
    public IEnumerable<TypeFormatter> CreateTypeFormatters() => formatters;

    private static Table? TableOf(object value) => value as Table ?? (value as IShownAsTable)?.ToTable();
}
