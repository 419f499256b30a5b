// The views that a query can select from: one for each analysis of the store.
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Llm360.Notebooks;

/// <summary>Writes the SQL of the views.</summary>
/// <remarks>
/// A view has the columns <c>suite</c>, <c>setting</c> (the hash in the folder's name), the
/// settings, <c>checkpoint</c>, <c>checkpoint_index</c> (its number), a column for the item such as
/// <c>chunk</c>, and those of the cells. A setting whose name is also a column of the cells is
/// called <c>setting_NAME</c>.
/// </remarks>
internal sealed class QueryViews(IReadOnlyList<StoredAnalysis> analyses)
{
    /// <summary>The column with the path of a row's cell.</summary>
    public const string FileColumn = "filename";

    private static readonly string[] Fixed = ["suite", "setting", "checkpoint", "checkpoint_index"];

    /// <summary>The views that can be selected from, for messages.</summary>
    public string Description
    {
        get
        {
            List<string> names = [.. Names.Where(n => Sources(n).Any(s => s.HasRows))];
            return names.Count == 0 ? "The store holds no results yet; llm360 grid memorization -s nano computes some."
                : $"Views of the store: {string.Join(", ", names)}. \"describe {names[0]}\" lists the columns.";
        }
    }

    private IEnumerable<string> Names => analyses.Select(a => ViewOf(a.Analysis)).Distinct();

    /// <summary>
    /// The views that a query mentions, with their cells. Opening the others would take time.
    /// </summary>
    public IEnumerable<(string View, IReadOnlyList<QuerySource> Sources)> Mentioned(string sql) =>
        from name in Names
        where sql.Contains(name, StringComparison.OrdinalIgnoreCase)
        let sources = Sources(name).Where(s => s.HasRows).ToList()
        where sources.Count > 0
        select (name, (IReadOnlyList<QuerySource>)sources);

    /// <summary>The statement that creates a view.</summary>
    /// <param name="view">Its name.</param>
    /// <param name="parts">
    /// The analyses in their settings, each with the columns of its cells.
    /// </param>
    public static string Create(string view, IEnumerable<(QuerySource Source, HashSet<string> Columns)> parts) =>
        $"create view {Identifier(view)} as {string.Join("\nunion all by name\n", parts.Select(p => Select(p.Source, p.Columns)))}";

    /// <summary>A list of texts in SQL.</summary>
    public static string List(IEnumerable<string> values) => $"[{string.Join(", ", values.Select(Literal))}]";

    /// <summary>A text in SQL.</summary>
    public static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A name in SQL.</summary>
    public static string Identifier(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private IEnumerable<QuerySource> Sources(string view) =>
        analyses.Where(a => ViewOf(a.Analysis) == view).Select(a => new QuerySource(a));

    /// <summary>The view of an analysis.</summary>
    public static string ViewOf(string analysis) => analysis.Replace('-', '_').ToLowerInvariant();

    private static string Select(QuerySource source, HashSet<string> columns)
    {
        var analysis = source.Analysis;
        var axes = source.Cells.Select(c => c.Axis).Distinct().ToList();
        List<string> own = [.. Fixed, .. axes];
        var settings = analysis.FlatSettings().Where(s => !own.Contains(s.Name))
            .Select(s => $"{Value(s.Value)} as {Identifier(columns.Contains(s.Name) ? $"setting_{s.Name}" : s.Name)}");
        const string checkpoint = $"regexp_extract({FileColumn}, '[/\\\\]checkpoint=([^/\\\\]+)[/\\\\]', 1)";
        // An expression of only the file's name: a filter on it can skip files.
        IEnumerable<string> selected =
        [
            $"{Literal(analysis.Suite)} as suite",
            $"{Literal(analysis.Setting)} as setting",
            .. settings,
            $"{checkpoint} as checkpoint",
            $"try_cast(regexp_extract({checkpoint}, '([0-9]+)$', 1) as integer) as checkpoint_index",
            .. axes.Select(axis => Item(axis, source.Cells)),
            // Columns with the names of the partition keys would repeat them.
            $"columns(c -> c not in ({string.Join(", ", own.Append(FileColumn).Select(Literal))}))",
        ];
        return $"select {string.Join(", ", selected)} from {source.Relation}";
    }

    private static string Item(string axis, IReadOnlyList<StoredCell> cells)
    {
        var isNumber = cells.Where(c => c.Axis == axis)
            .All(c => int.TryParse(c.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        var pattern = $@"[/\\]{Regex.Escape(axis)}=([^/\\]+)\.[a-z]+$";
        var text = $"nullif(regexp_extract({FileColumn}, {Literal(pattern)}, 1), '')";
        return $"{(isNumber ? $"cast({text} as integer)" : text)} as {Identifier(axis)}";
    }

    private static string Value(JsonNode? value) => value?.GetValueKind() switch
    {
        null or JsonValueKind.Null => "null",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Number => value.ToJsonString(),
        JsonValueKind.String => Literal(value.GetValue<string>()),
        _ => Literal(value.ToJsonString()),
    };
}
