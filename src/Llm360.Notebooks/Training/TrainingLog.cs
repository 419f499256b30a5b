// The log of a training run, metrics.parquet: one row per step, with gaps marked.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>Reads a log and marks its gaps.</summary>
internal static class TrainingLog
{
    /// <summary>
    /// Reads a log. Rows that another kit wrote without the column of gaps get its values here.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// It is missing or not a Parquet file with these columns.
    /// </exception>
    public static async Task<IReadOnlyList<TrainingStep>> ReadAsync(string path, CancellationToken cancellation)
    {
        // The advice must not cause a training from the beginning.
        const string remedy = "Put back a copy of the log, or take it away: a suite is usable without it, "
            + "and a training that resumes marks the steps as lost.";
        var rows = await ParquetRows.ReadAsync<TrainingStep>(path, remedy, cancellation).ConfigureAwait(false);
        MarkGaps(rows);
        return rows;
    }

    /// <summary>Sets <see cref="TrainingStep.MissingBefore"/> of every row.</summary>
    /// <param name="rows">In the order of steps.</param>
    public static void MarkGaps(IReadOnlyList<TrainingStep> rows)
    {
        var next = 0L;
        foreach (var row in rows)
        {
            row.MissingBefore = row.Step > next ? row.Step - next : null;
            next = row.Step + 1;
        }
    }

    /// <summary>
    /// The lost steps in words, for example <c>0 to 7, 16 to 19</c>; null if there are none.
    /// </summary>
    /// <param name="rows">With gaps marked.</param>
    /// <param name="steps">Number of trained steps.</param>
    public static string? Gaps(IReadOnlyList<TrainingStep> rows, long steps)
    {
        var gaps = rows.Where(r => r.MissingBefore is not null)
            .Select(r => (First: r.Step - r.MissingBefore!.Value, Last: r.Step - 1)).ToList();
        var end = rows.Count == 0 ? 0 : rows[^1].Step + 1;
        if (end < steps)
            gaps.Add((end, steps - 1));
        return gaps.Count == 0 ? null
            : string.Join(", ", gaps.Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.First} to {g.Last}")));
    }
}
