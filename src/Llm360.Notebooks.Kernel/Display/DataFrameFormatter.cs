// Tables: a DataFrame as HTML and as plain text, its first rows and its size.
using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks.Kernel.Display;

internal static class DataFrameFormatter
{
    private const int ShownRows = 20;

    public static MimeBundle? TryFormat(object value) => value is DataFrame frame ? MimeBundle.Html(ToHtml(frame), ToText(frame)) : null;

    private static string ToHtml(DataFrame frame)
    {
        var html = new StringBuilder("<table class=\"dataframe\">\n<thead><tr>");
        foreach (var column in frame.Columns)
            html.Append(CultureInfo.InvariantCulture, $"<th{Align(column)}>{Encode(column.Name)}<br><small>{Encode(TypeName(column.DataType))}</small></th>");
        html.Append("</tr></thead>\n<tbody>\n");
        for (long row = 0; row < Shown(frame); row++)
        {
            html.Append("<tr>");
            foreach (var column in frame.Columns)
                html.Append(CultureInfo.InvariantCulture, $"<td{Align(column)}>{Encode(Cell(column[row]))}</td>");
            html.Append("</tr>\n");
        }

        return html.Append(CultureInfo.InvariantCulture, $"</tbody>\n</table>\n<p>{Size(frame, "×")}</p>").ToString();
    }

    private static string ToText(DataFrame frame)
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
        return text.Append(Size(frame, "x")).ToString();
    }

    private static long Shown(DataFrame frame) => Math.Min(frame.Rows.Count, ShownRows);

    private static string Size(DataFrame frame, string times)
    {
        var size = string.Create(CultureInfo.InvariantCulture, $"{frame.Rows.Count} rows {times} {frame.Columns.Count} columns");
        return frame.Rows.Count > ShownRows ? string.Create(CultureInfo.InvariantCulture, $"{size}, the first {ShownRows} shown") : size;
    }

    private static string Align(DataFrameColumn column) => column.IsNumericColumn() ? " style=\"text-align:right\"" : " style=\"text-align:left\"";

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
