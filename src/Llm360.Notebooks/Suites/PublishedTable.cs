// A table of a publication: columns with units, rows by column names, and checks of its means.
using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

/// <summary>A column of a <see cref="PublishedTable"/>.</summary>
/// <param name="Name">Its name in the rows.</param>
/// <param name="Title">Its header.</param>
/// <param name="Unit">For example <c>%</c>; null for texts and truth values.</param>
/// <param name="MeanOf">
/// The columns before it whose mean it states; null if it states no mean.
/// </param>
public sealed record PublishedColumn(string Name, string Title, string? Unit = null, IReadOnlyList<string>? MeanOf = null);

/// <summary>A table of a publication. A value that is missing in a row was not published.</summary>
/// <param name="Name">Unique within its paper, such as <c>landscape</c>.</param>
/// <param name="Title">Description of the table.</param>
/// <param name="Source">The table or page of the publication.</param>
/// <param name="Verified">Whether it was checked in the source.</param>
/// <param name="Columns">The first names the rows.</param>
/// <param name="Rows">Values by the names of the columns: texts, numbers, true or false.</param>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed record PublishedTable(
    string Name,
    string Title,
    string Source,
    bool Verified,
    IReadOnlyList<PublishedColumn> Columns,
    IReadOnlyList<IReadOnlyDictionary<string, JsonElement>> Rows) : IShownAsTable
{
    /// <summary>
    /// Smallest difference at which a stated mean is marked; rounding changes less.
    /// </summary>
    private const double LargestRounding = 0.01;

    /// <summary>The column with a name.</summary>
    /// <exception cref="Llm360Exception">There is none.</exception>
    public PublishedColumn Column(string name) => Columns.FirstOrDefault(c => c.Name == name) ?? throw new Llm360Exception(
        $"The published table {Name} has no column \"{Printable.Value(name)}\".",
        Source,
        $"Choose one of: {string.Join(", ", Columns.Select(c => c.Name))}.");

    /// <summary>The text of a cell; null if none was given.</summary>
    public static string? Text(IReadOnlyDictionary<string, JsonElement> row, string column) =>
        Cell(row, column) is { ValueKind: JsonValueKind.String } cell ? cell.GetString() : null;

    /// <summary>The number of a cell as printed; null if none was given.</summary>
    public static double? Number(IReadOnlyDictionary<string, JsonElement> row, string column) =>
        Cell(row, column) is { ValueKind: JsonValueKind.Number } cell ? cell.GetDouble() : null;

    /// <summary>The truth value of a cell; null if none was given.</summary>
    public static bool? Flag(IReadOnlyDictionary<string, JsonElement> row, string column) =>
        Cell(row, column) is { ValueKind: JsonValueKind.True or JsonValueKind.False } cell ? cell.GetBoolean() : null;

    /// <summary>
    /// A number as computed from the others: a mean is computed from its columns, including means
    /// among them. Other numbers are as printed. Null if a value is missing.
    /// </summary>
    /// <exception cref="Llm360Exception">There is no such column.</exception>
    public double? Computed(IReadOnlyDictionary<string, JsonElement> row, string column)
    {
        if (Column(column).MeanOf is not { } parts)
            return Number(row, column);
        List<double?> values = [.. parts.Select(p => Computed(row, p))];
        return values.Average(v => v ?? double.NaN) is var mean && double.IsNaN(mean) ? null : mean;
    }

    /// <summary>
    /// Whether a printed mean differs from the mean of its columns by more than rounding.
    /// </summary>
    public bool IsSlip(IReadOnlyDictionary<string, JsonElement> row, string column) =>
        Column(column).MeanOf is not null && Number(row, column) is { } printed && Computed(row, column) is { } computed
        && Math.Abs(printed - computed) >= LargestRounding;

    /// <summary>The rows for which all the columns are true.</summary>
    /// <param name="columns">Columns of truth values; an empty list keeps all rows.</param>
    /// <exception cref="Llm360Exception">There is no such column.</exception>
    public PublishedTable Where(params IReadOnlyList<string> columns)
    {
        foreach (var column in columns)
            _ = Column(column);
        return this with { Rows = [.. Rows.Where(r => columns.All(c => Flag(r, c) == true))] };
    }

    /// <summary>
    /// The rows as a table; means that differ from the mean of their columns are marked with the
    /// computed value.
    /// </summary>
    public Table ToTable()
    {
        var slips = Rows.Sum(r => Columns.Count(c => IsSlip(r, c.Name)));
        var marked = slips == 0 ? "" : $" Printed means that differ from the mean of their columns: {slips}. The computed mean is added.";
        var unread = Verified ? "" : " Not verified: from memory.";
        return new Table(
            $"{Title} ({Source}), {Rows.Count} rows.{marked}{unread}",
            [.. Columns.Select(c => new TableColumn(Header(c), c.Unit is null ? ColumnAlignment.Left : ColumnAlignment.Right))],
            [.. Rows.Select(row => Columns.Select(c => Shown(row, c)).ToList())]);
    }

    /// <summary>The values as a data frame, as printed.</summary>
    public DataFrame ToDataFrame() => new(Columns.Select(Frame));

    private static string Header(PublishedColumn column) => column.Unit is null ? column.Title : $"{column.Title} ({column.Unit})";

    private static JsonElement? Cell(IReadOnlyDictionary<string, JsonElement> row, string column)
    {
        ArgumentNullException.ThrowIfNull(row);
        return row.TryGetValue(column, out var cell) ? cell : null;
    }

    private string Shown(IReadOnlyDictionary<string, JsonElement> row, PublishedColumn column) => Cell(row, column.Name) switch
    {
        null => "not given",
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { ValueKind: JsonValueKind.Number } number when IsSlip(row, column.Name) =>
            $"{Plain(number.GetDouble())} (computed: {Plain(Computed(row, column.Name)!.Value)})",
        { ValueKind: JsonValueKind.Number } number => Plain(number.GetDouble()),
        { ValueKind: JsonValueKind.True } => "yes",
        _ => "no",
    };

    private static string Plain(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private DataFrameColumn Frame(PublishedColumn column)
    {
        var kinds = Rows.Select(r => Cell(r, column.Name)?.ValueKind).OfType<JsonValueKind>().ToHashSet();
        if (kinds.Contains(JsonValueKind.Number))
            return new DoubleDataFrameColumn(column.Name, Rows.Select(r => Number(r, column.Name)));
        return kinds.Overlaps([JsonValueKind.True, JsonValueKind.False])
            ? new BooleanDataFrameColumn(column.Name, Rows.Select(r => Flag(r, column.Name)))
            : new StringDataFrameColumn(column.Name, Rows.Select(r => Text(r, column.Name)));
    }
}
