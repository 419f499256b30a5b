// The scores of a grid and what is asked of them.
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

/// <summary>Memorization scores of a grid of checkpoints and chunks.</summary>
public sealed class MemorizationScores
{
    private readonly GridFill fill;

    internal MemorizationScores(Suite suite, MemorizationSettings settings, GridRun<MemorizationRow> run)
    {
        Suite = suite;
        Settings = settings;
        (Cells, fill) = (run.Cells, run.Fill);
        foreach (var cell in Cells)
        {
            foreach (var row in cell.Rows)
            {
                row.Checkpoint = cell.Checkpoint.Index;
                row.Chunk = cell.Chunk.Index;
            }
        }
    }

    /// <summary>The suite.</summary>
    public Suite Suite { get; }

    /// <summary>k, l and n.</summary>
    public MemorizationSettings Settings { get; }

    /// <summary>The cells, checkpoint by checkpoint.</summary>
    public IReadOnlyList<GridCell<MemorizationRow>> Cells { get; }

    /// <summary>The checkpoints, in training order.</summary>
    public IReadOnlyList<Checkpoint> Checkpoints => [.. Cells.Select(c => c.Checkpoint).Distinct().OrderBy(c => c.Index)];

    /// <summary>All rows.</summary>
    public IEnumerable<MemorizationRow> Rows => Cells.SelectMany(c => c.Rows);

    /// <summary>Checkpoints and chunks that were missing and skipped.</summary>
    public IReadOnlyList<MissingPart> Skipped => fill.Skipped;

    /// <summary>
    /// Where the cells came from, for example <c>36 cells from the store, 0 computed</c>. It also
    /// says how many cells took the place of stale ones, and which parts were skipped.
    /// </summary>
    public string Origin => $"{fill.FromStore} cells from the store, {fill.Computed} computed"
        + (fill.Stale == 0 ? "" : $", {fill.Stale} of them in place of stale cells")
        + (fill.Skipped.Count == 0 ? "" : $"; skipped because missing: {string.Join(", ", fill.Skipped)}");

    /// <summary>Rows of a checkpoint on sequences it has seen, canaries left out.</summary>
    public IReadOnlyList<MemorizationRow> Seen(Checkpoint checkpoint) =>
        [.. Rows.Where(r => r.Checkpoint == checkpoint.Index && r.Chunk < checkpoint.ChunksSeen && r.CanaryRepetitions is null)];

    /// <summary>Rows of the canaries, by how often each stands in its chunk.</summary>
    public IEnumerable<IGrouping<int, MemorizationRow>> Canaries(Checkpoint checkpoint) =>
        Rows.Where(r => r.Checkpoint == checkpoint.Index && r.Chunk < checkpoint.ChunksSeen && r.CanaryRepetitions is not null).GroupBy(r => r.CanaryRepetitions!.Value).OrderBy(g => g.Key);

    /// <summary>Pearson's r of a quantity between two checkpoints, over the sequences both have seen, canaries left out; NaN where it does not vary.</summary>
    public double Correlation(Checkpoint a, Checkpoint b, Func<MemorizationRow, double> quantity)
    {
        var second = Seen(b).ToDictionary(r => (r.Chunk, r.Row), quantity);
        return Pearson([.. Seen(a).Where(r => second.ContainsKey((r.Chunk, r.Row))).Select(r => (quantity(r), second[(r.Chunk, r.Row)]))]);
    }

    /// <summary>The rows as a data frame.</summary>
    public DataFrame ToDataFrame() => ParquetRows.ToDataFrame([.. Rows]);

    internal static double Pearson(IReadOnlyList<(double X, double Y)> pairs)
    {
        if (pairs.Count == 0)
            return double.NaN;
        double meanX = pairs.Average(p => p.X), meanY = pairs.Average(p => p.Y);
        var covariance = pairs.Sum(p => (p.X - meanX) * (p.Y - meanY));
        return covariance / Math.Sqrt(pairs.Sum(p => (p.X - meanX) * (p.X - meanX)) * pairs.Sum(p => (p.Y - meanY) * (p.Y - meanY)));
    }
}
