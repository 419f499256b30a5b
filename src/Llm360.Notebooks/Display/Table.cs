// A small table of text, for example of hyperparameters or of published and measured numbers.
using System.Net;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>How a column's cells are aligned.</summary>
public enum ColumnAlignment
{
    /// <summary>Words.</summary>
    Left,

    /// <summary>Numbers.</summary>
    Right,
}

/// <summary>One column of a <see cref="Table"/>.</summary>
/// <param name="Header">Quantity and unit.</param>
/// <param name="Alignment">Right for numbers.</param>
public sealed record TableColumn(string Header, ColumnAlignment Alignment = ColumnAlignment.Left);

/// <summary>
/// A table for a notebook, the report site and a console. The first column names the rows.
/// </summary>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed record Table
{
    /// <summary>Makes a table.</summary>
    /// <param name="caption">One sentence that says what the table shows, with n.</param>
    /// <param name="columns">At least one.</param>
    /// <param name="rows">Each with one text for each column.</param>
    /// <exception cref="Llm360Exception">
    /// There is no column, or the number of cells in a row differs from the number of columns.
    /// </exception>
    public Table(string caption, IReadOnlyList<TableColumn> columns, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(rows);
        if (columns.Count == 0)
            throw new Llm360Exception("The table has no column.", $"table \"{caption}\"", "Give it at least one.");
        for (var i = 0; i < rows.Count; i++)
        {
            if (rows[i].Count != columns.Count)
            {
                throw new Llm360Exception(
                    $"A row has {rows[i].Count} cells for {columns.Count} columns.",
                    $"table \"{caption}\", row {i}",
                    "Give one cell for each column; an empty text for none.");
            }
        }

        (Caption, Columns, Rows) = (caption, columns, rows);
    }

    /// <summary>What the table shows.</summary>
    public string Caption { get; }

    /// <summary>Headers and alignments.</summary>
    public IReadOnlyList<TableColumn> Columns { get; }

    /// <summary>The cells, row by row.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Rows { get; }

    /// <summary>An HTML table with caption and scoped headers; all text is escaped.</summary>
    public string ToHtml()
    {
        var html = new StringBuilder("<table class=\"llm360-table\">\n");
        html.Append("<caption>").Append(WebUtility.HtmlEncode(Caption)).Append("</caption>\n<thead><tr>");
        foreach (var column in Columns)
            html.Append("<th scope=\"col\"").Append(Style(column)).Append('>').Append(WebUtility.HtmlEncode(column.Header)).Append("</th>");
        html.Append("</tr></thead>\n<tbody>\n");
        foreach (var row in Rows)
        {
            html.Append("<tr>");
            for (var i = 0; i < row.Count; i++)
            {
                var (open, close) = i == 0 ? ("<th scope=\"row\"", "</th>") : ("<td", "</td>");
                html.Append(open).Append(Style(Columns[i])).Append('>').Append(WebUtility.HtmlEncode(row[i])).Append(close);
            }

            html.Append("</tr>\n");
        }

        return html.Append("</tbody>\n</table>").ToString();

        static string Style(TableColumn column) =>
            $" style=\"text-align:{(column.Alignment == ColumnAlignment.Right ? "right" : "left")}\"";
    }

    /// <summary>Caption, headers, a rule and the rows, aligned with spaces.</summary>
    public override string ToString()
    {
        var headers = Columns.Select(c => c.Header).ToList();
        var widths = Columns.Select((_, i) => Rows.Select(r => r[i].Length).Append(headers[i].Length).Max()).ToList();
        var lines = new List<string> { Caption, Line(headers), string.Join("  ", widths.Select(w => new string('-', w))) };
        lines.AddRange(Rows.Select(Line));
        return string.Join(Environment.NewLine, lines);

        string Line(IReadOnlyList<string> cells) => string.Join("  ", cells.Select(Cell)).TrimEnd();

        string Cell(string text, int i) =>
            Columns[i].Alignment == ColumnAlignment.Right ? text.PadLeft(widths[i]) : text.PadRight(widths[i]);
    }
}
