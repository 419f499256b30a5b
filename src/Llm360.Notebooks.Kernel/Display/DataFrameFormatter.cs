// Tables: a DataFrame as HTML with pages, and as plain text with its first rows and its size.
using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks.Kernel.Display;

internal static class DataFrameFormatter
{
    private const int PageRows = 20;

    /// <summary>The maximum number of rows in a table.</summary>
    public const int MostRows = 500;

    // Wide tables have fewer pages, so that a notebook stays small.
    private const int MostCells = 2_400;

    // Notebook's style sheet makes an output element a grey block of its own.
    private const string Inline = "display:inline;padding:0;color:inherit;font:inherit";

    // Inline handlers: every front end keeps them with the buttons. A separate script would have to
    // find its table first.
    private const string Turn =
        "var d=this.closest('div'),p=Array.from(d.querySelectorAll('tbody')),i=p.findIndex(function(x){return !x.hidden}),"
        + "j=Math.min(p.length-1,Math.max(0,i+STEP));p[i].hidden=true;p[j].hidden=false;"
        + "d.querySelector('output').textContent=p[j].dataset.rows;";

    public static MimeBundle? TryFormat(object value) => value is DataFrame frame ? Format(frame, frame.Rows.Count, isWhole: true) : null;

    /// <summary>A table with the first rows of a longer one.</summary>
    /// <param name="frame">The rows that are available.</param>
    /// <param name="count">The number of rows in all, as far as known.</param>
    /// <param name="isWhole">Whether there are certainly no more rows.</param>
    public static MimeBundle Format(DataFrame frame, long count, bool isWhole)
    {
        var more = isWhole ? "" : ", perhaps more: show ToList() for all";
        return MimeBundle.Html(ToHtml(frame, count, more), ToText(frame, count, more));
    }

    private static string ToHtml(DataFrame frame, long count, string more)
    {
        var html = new StringBuilder("<div><table class=\"dataframe\">\n<thead><tr>");
        foreach (var column in frame.Columns)
        {
            var head = $"{Encode(column.Name)}<br><small>{Encode(TypeName(column.DataType))}</small>";
            html.Append(CultureInfo.InvariantCulture, $"<th{Align(column)}>{head}</th>");
        }

        html.Append("</tr></thead>\n");
        var most = Math.Clamp(MostCells / Math.Max(1, frame.Columns.Count) / PageRows * PageRows, PageRows, MostRows);
        var rows = Math.Min(frame.Rows.Count, most);
        for (long first = 0; first == 0 || first < rows; first += PageRows)
            AppendPage(html, frame, first, Math.Min(first + PageRows, rows));
        html.Append(CultureInfo.InvariantCulture, $"</table>\n<p>{Size(frame, count, "×")}{more}");
        if (rows > PageRows)
        {
            html.Append(CultureInfo.InvariantCulture, $"; {Button("previous rows", "-1", "‹")} rows ")
                .Append(CultureInfo.InvariantCulture, $"<output style=\"{Inline}\">{Range(0, PageRows)}</output> ")
                .Append(Button("next rows", "1", "›"));
            if (rows < count)
                html.Append(CultureInfo.InvariantCulture, $" of the first {most}");
        }

        return html.Append("</p></div>").ToString();
    }

    private static string Button(string label, string step, string arrow)
    {
        var turn = Turn.Replace("STEP", step, StringComparison.Ordinal);
        return $"<button type=\"button\" aria-label=\"{label}\" onclick=\"{turn}\">{arrow}</button>";
    }

    private static void AppendPage(StringBuilder html, DataFrame frame, long first, long end)
    {
        html.Append(CultureInfo.InvariantCulture, $"<tbody data-rows=\"{Range(first, end)}\"{(first > 0 ? " hidden" : "")}>\n");
        for (var row = first; row < end; row++)
        {
            html.Append("<tr>");
            foreach (var column in frame.Columns)
                html.Append(CultureInfo.InvariantCulture, $"<td{Align(column)}>{Encode(Cell(column[row]))}</td>");
            html.Append("</tr>\n");
        }

        html.Append("</tbody>\n");
    }

    private static string Range(long first, long end) => string.Create(CultureInfo.InvariantCulture, $"{first + 1} to {end}");

    private static string ToText(DataFrame frame, long count, string more)
    {
        var columns = frame.Columns.Select(column =>
        {
            var cells = new List<string> { column.Name, TypeName(column.DataType) };
            for (long row = 0; row < Shown(frame); row++)
                cells.Add(Cell(column[row]));
            var width = cells.Max(cell => cell.Length);
            return cells.ConvertAll(cell => column.IsNumericColumn() ? cell.PadLeft(width) : cell.PadRight(width));
        }).ToList();
        var text = new StringBuilder();
        for (var line = 0; columns.Count > 0 && line < columns[0].Count; line++)
            text.Append(string.Join("  ", columns.Select(column => column[line])).TrimEnd()).Append('\n');
        text.Append(Size(frame, count, "x")).Append(more);
        if (count > PageRows)
            text.Append(CultureInfo.InvariantCulture, $", the first {PageRows} shown");
        return text.ToString();
    }

    private static long Shown(DataFrame frame) => Math.Min(frame.Rows.Count, PageRows);

    private static string Size(DataFrame frame, long count, string times) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} rows {times} {frame.Columns.Count} columns");

    private static string Align(DataFrameColumn column) =>
        column.IsNumericColumn() ? " style=\"text-align:right\"" : " style=\"text-align:left\"";

    private static string Cell(object? value) => value switch
    {
        null => "null",
        double number => number.ToString("G6", CultureInfo.InvariantCulture),
        float number => number.ToString("G6", CultureInfo.InvariantCulture),
        _ => ValueFormatter.Plain(value),
    };

    private static string Encode(string text) => WebUtility.HtmlEncode(text);

    private static string TypeName(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean => "bool",
        TypeCode.Byte => "byte",
        TypeCode.Int16 => "short",
        TypeCode.Int32 => "int",
        TypeCode.Int64 => "long",
        TypeCode.UInt32 => "uint",
        TypeCode.UInt64 => "ulong",
        TypeCode.Single => "float",
        TypeCode.Double => "double",
        TypeCode.Decimal => "decimal",
        TypeCode.String => "string",
        _ => type.Name,
    };
}
