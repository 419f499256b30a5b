// Checks the syntax tree of a query before it runs: a query may only read.
using System.Globalization;
using System.Text.Json;

namespace Llm360.Notebooks;

/// <summary>Accepts one SELECT without table functions that reach beyond the store.</summary>
internal static class QueryCheck
{
    /// <summary>
    /// The statement that returns the syntax tree. DuckDB serialises only SELECT.
    /// </summary>
    public const string TreeStatement = "select json_serialize_sql($sql::varchar)";

    // All other table functions read files, change settings, or take statements as text.
    private static readonly HashSet<string> TableFunctions =
        new(["range", "generate_series", "unnest", "repeat", "repeat_row", "duckdb_views", "duckdb_columns", "duckdb_functions"],
            StringComparer.OrdinalIgnoreCase);

    /// <summary>Checks a syntax tree.</summary>
    /// <param name="sql">The query.</param>
    /// <param name="tree">Its tree.</param>
    /// <param name="views">The views that can be selected from, for messages.</param>
    /// <returns>Whether the statement is DESCRIBE, SHOW or SUMMARIZE.</returns>
    /// <exception cref="Llm360Exception">
    /// The text is not one query, or it calls a function that is not allowed.
    /// </exception>
    public static bool Describes(string sql, string tree, Func<string> views)
    {
        using var document = JsonDocument.Parse(tree, new JsonDocumentOptions { MaxDepth = 100_000 });
        var root = document.RootElement;
        if (root.GetProperty("error").GetBoolean())
        {
            // Such a text is not run: after a prefix, it might be more than one statement.
            throw root.GetProperty("error_type").GetString() == "parser"
                ? QueryError.OfParser(root.GetProperty("error_message").GetString()!, Position(root), sql, views())
                : Refused("The text is not a SELECT. Queries read the store and change nothing.", sql);
        }

        var statements = root.GetProperty("statements");
        if (statements.GetArrayLength() != 1)
        {
            throw Refused(statements.GetArrayLength() == 0 ? "The query is empty."
                : $"The text holds {statements.GetArrayLength()} queries.", sql);
        }

        if (Functions(root).FirstOrDefault(f => !TableFunctions.Contains(f)) is { } function)
        {
            throw new Llm360Exception($"The table function {function} is not allowed: a query reads the store and no other file.",
                $"query: {QueryError.Short(sql)}", "Select from a view of the store instead, such as memorization.");
        }

        return statements[0].GetProperty("node") is var node && node.TryGetProperty("from_table", out var from)
            && from.GetProperty("type").GetString() == "SHOW_REF";
    }

    private static int Position(JsonElement root) => root.TryGetProperty("position", out var position)
        && int.TryParse(position.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;

    private static Llm360Exception Refused(string what, string sql) =>
        new(what, $"query: {QueryError.Short(sql)}",
            "Give one SELECT, such as: select checkpoint, avg(score) from memorization group by all");

    private static IEnumerable<string> Functions(JsonElement element)
    {
        var pending = new Stack<JsonElement>([element]);
        while (pending.TryPop(out var next))
        {
            if (next.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in next.EnumerateArray())
                    pending.Push(item);
            }
            else if (next.ValueKind == JsonValueKind.Object)
            {
                if (next.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String
                    && type.GetString() == "TABLE_FUNCTION"
                    && next.TryGetProperty("function", out var call))
                {
                    yield return call.TryGetProperty("function_name", out var name) ? name.GetString()! : "?";
                }

                foreach (var property in next.EnumerateObject())
                    pending.Push(property.Value);
            }
        }
    }
}
