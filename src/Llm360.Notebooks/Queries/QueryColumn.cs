// Converts a column of a query's result to a column of a data frame.
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

/// <summary>Collects the values of a column.</summary>
/// <param name="name">Its name.</param>
/// <param name="type">DuckDB's type.</param>
internal sealed class QueryColumn(string name, string type)
{
    private static readonly string[] Small = ["TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT"];
    private static readonly string[] Huge = ["UBIGINT", "HUGEINT", "UHUGEINT"];
    private readonly List<object?> values = [];

    /// <summary>Whether values may exceed 64 bits, as sums of integers in DuckDB do.</summary>
    public bool IsHuge => Huge.Contains(type);

    /// <summary>Whether all values fit 64 bits.</summary>
    public bool FitsLong { get; set; }

    /// <summary>The condition of a value that does not fit.</summary>
    public string Overflow => $"{Quoted} is not null and try_cast({Quoted} as bigint) is null";

    /// <summary>The column, cast to the type of the data frame.</summary>
    public string Expression => $"cast({Quoted} as {Target})";

    private string Quoted => QueryViews.Identifier(name);

    private string Target => type switch
    {
        "BOOLEAN" => "boolean",
        _ when Small.Contains(type) => "integer",
        "BIGINT" or "UINTEGER" => "bigint",
        _ when IsHuge => FitsLong ? "bigint" : "double",
        "FLOAT" or "DOUBLE" => "double",
        _ when type.StartsWith("DECIMAL", StringComparison.Ordinal) => "double",
        _ => "varchar",
    };

    /// <summary>Adds a value.</summary>
    public void Append(object? value) => values.Add(value);

    /// <summary>The column of a data frame.</summary>
    public DataFrameColumn ToColumn() => Target switch
    {
        "boolean" => new BooleanDataFrameColumn(name, values.Cast<bool?>()),
        "integer" => new Int32DataFrameColumn(name, values.Cast<int?>()),
        "bigint" => new Int64DataFrameColumn(name, values.Cast<long?>()),
        "double" => new DoubleDataFrameColumn(name, values.Cast<double?>()),
        _ => new StringDataFrameColumn(name, values.Cast<string?>()),
    };
}
