// Tables of records, and cards of one record.
using System.Globalization;
using System.Reflection;
using System.Text.Json.Serialization;

namespace Llm360.Notebooks;

/// <summary>Makes tables of records. The columns are those of the data frame.</summary>
internal static class RowTable
{
    private const int Shown = 10;

    /// <summary>The first rows of a result.</summary>
    /// <param name="caption">Description of the rows. The number of rows is added.</param>
    /// <param name="rows">All rows.</param>
    public static Table Of<T>(string caption, IReadOnlyList<T> rows)
    {
        var columns = typeof(T).GetProperties()
            .Where(p => p.GetCustomAttribute<JsonPropertyNameAttribute>() is not null).ToList();
        var count = rows.Count == 1 ? "1 row" : $"{FigureText.Count(rows.Count)} rows";
        return new Table(
            $"{caption}: {count}{(rows.Count > Shown ? $", the first {Shown} shown; ToDataFrame() has all" : "")}.",
            [.. columns.Select(Column)],
            [.. rows.Take(Shown).Select(row => columns.Select(c => Text(c.GetValue(row))).ToList())]);
    }

    /// <summary>Names and values of one object. Values that are null are left out.</summary>
    public static Table Card(string caption, params IEnumerable<(string Name, object? Value)> facts) => new(
        caption,
        [new("quantity"), new("value", ColumnAlignment.Right)],
        [.. facts.Where(f => f.Value is not null).Select(f => new[] { f.Name, Text(f.Value) })]);

    /// <summary>A value in a table: three significant digits, or grouped digits.</summary>
    public static string Text(object? value) => value switch
    {
        null => "",
        double number => double.IsNaN(number) ? "" : FigureText.Number(number),
        int or long => ((IFormattable)value).ToString("N0", CultureInfo.InvariantCulture),
        bool yes => yes ? "yes" : "no",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private static TableColumn Column(PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var isNumber = type == typeof(double) || type == typeof(int) || type == typeof(long);
        var name = property.GetCustomAttribute<JsonPropertyNameAttribute>()!.Name.Replace('_', ' ');
        return new TableColumn(name, isNumber ? ColumnAlignment.Right : ColumnAlignment.Left);
    }
}
