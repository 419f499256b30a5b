// suite.Query("select ..."): SQL over the stored results of a suite.
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

/// <summary>Queries over stored results.</summary>
public static class SuiteQueries
{
    /// <summary>
    /// Runs a SQL query over the stored results of a suite. Nothing is computed or changed.
    /// </summary>
    /// <remarks>
    /// Each analysis is a view, such as <c>memorization</c>, <c>evaluation</c> and
    /// <c>held_out_loss</c>, over all its settings. Columns are <c>suite</c>, <c>setting</c> (the
    /// hash of the settings), each setting by its name, <c>checkpoint</c>, <c>checkpoint_index</c>,
    /// the item such as <c>chunk</c> or <c>task</c>, and those of the rows. The dialect is
    /// DuckDB's. Analyses whose cells are arrays have no view. Stale cells do not appear.
    /// </remarks>
    /// <param name="suite">The suite.</param>
    /// <param name="sql">One SELECT or DESCRIBE.</param>
    /// <returns>The rows. Dates, lists and structures are text.</returns>
    /// <example>
    /// <c>suite.Query("select checkpoint, avg(score) from memorization group by all order by
    /// all")</c>
    /// </example>
    /// <exception cref="Llm360Exception">
    /// The query is malformed, it is not one SELECT, or it reads more than the store.
    /// </exception>
    public static DataFrame Query(this Suite suite, string sql) => Query(suite, sql, null);

    /// <summary>The same over a store in another folder.</summary>
    internal static DataFrame Query(this Suite suite, string sql, string? root)
    {
        ArgumentNullException.ThrowIfNull(suite);
        ArgumentNullException.ThrowIfNull(sql);
        using var query = ResultQuery.Run(sql, suite.Name, root, AmbientWork.Cancellation);
        return query.ToDataFrame();
    }
}
