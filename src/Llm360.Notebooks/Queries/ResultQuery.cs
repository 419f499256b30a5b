// A SQL query over the results store, in a DuckDB that can read only its cells.
using DuckDB.NET.Data;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

/// <summary>A query that was run: its rows, as a data frame or a file.</summary>
/// <remarks>
/// DuckDB runs in memory with one thread, so that sums do not depend on scheduling. It may open the
/// cells of the analyses that the query mentions. Other files, extensions, the network, and
/// changed settings are refused.
/// </remarks>
internal sealed class ResultQuery : IDisposable
{
    private const string Result = "llm360_result";
    private const int LinesBefore = 1;
    private readonly DuckDBConnection connection;
    private readonly string sql;
    private readonly QueryViews views;
    private readonly string output = Path.Combine(Path.GetTempPath(), $"llm360-query-{Guid.NewGuid():N}");

    private ResultQuery(string sql, QueryViews views)
    {
        DuckDbNative.Require();
        (this.sql, this.views) = (sql, views);
        connection = new DuckDBConnection("DataSource=:memory:");
    }

    /// <summary>Runs a query.</summary>
    /// <param name="sql">One SELECT.</param>
    /// <param name="suite">Name of the suite whose results are visible; null for all.</param>
    /// <param name="root">Folder of all results; the workspace's when null.</param>
    /// <param name="cancellation">Stops the query.</param>
    /// <exception cref="Llm360Exception">
    /// The query is malformed or not allowed, or a cell is damaged.
    /// </exception>
    public static ResultQuery Run(string sql, string? suite = null, string? root = null, CancellationToken cancellation = default)
    {
        var query = new ResultQuery(sql, new QueryViews(StoreCatalog.Read(root ?? Workspace.ResultsFolder, suite)));
        try
        {
            query.Start(cancellation);
            return query;
        }
        catch
        {
            query.Dispose();
            throw;
        }
    }

    /// <summary>The rows. Types without a column type in data frames are text.</summary>
    public DataFrame ToDataFrame()
    {
        var columns = Columns().Select(c => new QueryColumn(c.Name, c.Type)).ToList();
        foreach (var column in columns.Where(c => c.IsHuge))
            column.FitsLong = Scalar($"select count(*) from {Result} where {column.Overflow}") is 0L;
        using var command = Command($"select {string.Join(", ", columns.Select(c => c.Expression))} from {Result}");
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            for (var i = 0; i < columns.Count; i++)
                columns[i].Append(reader.IsDBNull(i) ? null : reader.GetValue(i));
        }

        return new DataFrame(columns.Select(c => c.ToColumn()));
    }

    /// <summary>Writes the rows to a CSV file with a header.</summary>
    /// <exception cref="Llm360Exception">The file cannot be written.</exception>
    public void WriteCsv(string path) => Write(path, "format csv, header");

    /// <summary>Writes the rows to a Parquet file.</summary>
    /// <exception cref="Llm360Exception">The file cannot be written.</exception>
    public void WriteParquet(string path) => Write(path, "format parquet, compression zstd");

    /// <inheritdoc/>
    public void Dispose()
    {
        connection.Dispose();
        File.Delete(output);
    }

    private void Start(CancellationToken cancellation)
    {
        connection.Open();
        var sources = views.Mentioned(sql).ToList();
        Execute("set temp_directory=''");
        Execute("set threads=1");
        Execute("set autoinstall_known_extensions=false");
        Execute("set autoload_known_extensions=false");
        var cells = sources.SelectMany(s => s.Sources).SelectMany(s => s.Cells).Select(c => c.Path);
        Execute($"set allowed_paths={QueryViews.List([.. cells, output])}");
        Execute("set enable_external_access=false");
        Execute("set lock_configuration=true");
        var describes = QueryCheck.Describes(sql, Tree(), () => views.Description);
        foreach (var (view, parts) in sources)
        {
            foreach (var part in parts)
                part.Fill(connection, cancellation);
            Execute(QueryViews.Create(view, parts.Select(p => (p, ColumnsOf(p))).ToList()));
        }

        // DESCRIBE cannot create a table itself, so it becomes a subquery.
        var text = describes ? $"from ({sql.TrimEnd().TrimEnd(';')}\n)" : sql;
        using var command = Command($"create temp table {Result} as\n{text}");
        using var stop = cancellation.Register(command.Cancel);
        try
        {
            command.ExecuteNonQuery();
        }
        catch (DuckDBException e)
        {
            cancellation.ThrowIfCancellationRequested();
            throw QueryError.Of(e.Message, sql, LinesBefore, views.Description, e);
        }
    }

    private string Tree()
    {
        using var command = Command(QueryCheck.TreeStatement);
        command.Parameters.Add(new DuckDBParameter("sql", sql));
        return (string)command.ExecuteScalar()!;
    }

    private HashSet<string> ColumnsOf(QuerySource source) =>
        Described($"describe select * from {source.Relation}").Select(c => c.Name).ToHashSet();

    private List<(string Name, string Type)> Columns() => Described($"describe {Result}");

    private List<(string Name, string Type)> Described(string statement)
    {
        using var command = Command(statement);
        try
        {
            using var reader = command.ExecuteReader();
            var columns = new List<(string, string)>();
            while (reader.Read())
                columns.Add((reader.GetString(0), reader.GetString(1)));
            return columns;
        }
        catch (DuckDBException e)
        {
            throw new Llm360Exception($"A cell cannot be read: {e.Message.ReplaceLineEndings(" ")}", $"query: {QueryError.Short(sql)}",
                "Delete the cell: its analysis computes it again.", e);
        }
    }

    private void Write(string path, string options)
    {
        Execute($"copy {Result} to {QueryViews.Literal(output)} ({options}, use_tmp_file false)");
        AtomicFile.Write(path, stream =>
        {
            using var written = File.OpenRead(output);
            written.CopyTo(stream);
        });
    }

    private object? Scalar(string statement)
    {
        using var command = Command(statement);
        return command.ExecuteScalar();
    }

    private void Execute(string statement)
    {
        using var command = Command(statement);
        try
        {
            command.ExecuteNonQuery();
        }
        catch (DuckDBException e)
        {
            throw QueryError.Of(e.Message, sql, 0, views.Description, e);
        }
    }

    // Statements are built from quoted names, except for the user's own statement, which was
    // checked.
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA2100",
        Justification = "The user's query is the point; QueryCheck admits one SELECT.")]
    private DuckDBCommand Command(string statement)
    {
        var command = connection.CreateCommand();
        command.CommandText = statement;
        return command;
    }
}
