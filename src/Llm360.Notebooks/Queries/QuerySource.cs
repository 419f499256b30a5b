// The cells of one analysis in one setting as rows: Parquet files, or scores of safetensors files.
using DuckDB.NET.Data;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>The cells of one analysis in one setting, as a relation of DuckDB.</summary>
internal sealed class QuerySource
{
    // The tensor of attribution scores, [queries, rows of the sample].
    private const string Scores = "scores";
    private readonly bool isParquet;

    public QuerySource(StoredAnalysis analysis)
    {
        Analysis = analysis;
        var cells = analysis.Cells();
        isParquet = cells.Any(c => Path.GetExtension(c.Path) == ".parquet");
        Cells = isParquet ? [.. cells.Where(c => Path.GetExtension(c.Path) == ".parquet")] : cells;
        HasRows = isParquet || (cells.Count > 0 && HasScores(cells[0].Path));
        Relation = isParquet
            ? $"read_parquet({QueryViews.List(Cells.Select(c => c.Path))}, {QueryViews.FileColumn}=true, union_by_name=true, "
                + "hive_partitioning=false)"
            : QueryViews.Identifier($"llm360_{analysis.Analysis}-{analysis.Setting}-{analysis.Suite}");
    }

    /// <summary>The analysis.</summary>
    public StoredAnalysis Analysis { get; }

    /// <summary>Its cells.</summary>
    public IReadOnlyList<StoredCell> Cells { get; }

    /// <summary>Whether the cells have rows; arrays other than scores have none.</summary>
    public bool HasRows { get; }

    /// <summary>The relation to select from.</summary>
    public string Relation { get; }

    /// <summary>
    /// Copies scores into a table: one row for each query and each row of a chunk's sample.
    /// </summary>
    /// <exception cref="Llm360Exception">A cell is damaged.</exception>
    public void Fill(DuckDBConnection connection, CancellationToken cancellation)
    {
        if (isParquet)
            return;
        using (var create = connection.CreateCommand())
        {
            create.CommandText = $"create table {Relation} "
                + $"({QueryViews.FileColumn} varchar, query integer, sampled_row integer, score double)";
            create.ExecuteNonQuery();
        }

        using var appender = connection.CreateAppender(Relation.Trim('"'));
        foreach (var cell in Cells)
        {
            cancellation.ThrowIfCancellationRequested();
            using var file = StateDict.Open(cell.Path);
            using var scores = file.View(Scores).to(torch.float64).cpu();
            var (values, rows) = (scores.data<double>().ToArray(), (int)scores.shape[^1]);
            for (var i = 0; i < values.Length; i++)
                appender.CreateRow().AppendValue(cell.Path).AppendValue(i / rows).AppendValue(i % rows).AppendValue(values[i]).EndRow();
        }
    }

    private static bool HasScores(string path)
    {
        using var file = StateDict.Open(path);
        return file.Entries.ContainsKey(Scores);
    }
}
