// The scores of a grid, and statistics of them.
using System.Collections.Concurrent;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

/// <summary>Memorization scores of a grid of checkpoints and chunks.</summary>
/// <remarks>
/// Rows are stored in columns, about 70 bytes per row without token metrics. A
/// <see cref="MemorizationRow"/> is created on access.
/// </remarks>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed class MemorizationScores : IShownAsTable
{
    private readonly GridFill fill;
    private readonly ILookup<int, MemorizationCell> byCheckpoint;
    private readonly ConcurrentDictionary<(int Checkpoint, int ChunksSeen), RowView> seen = new();
    private readonly ConcurrentDictionary<(int Checkpoint, int ChunksSeen), RowView> unread = new();

    internal MemorizationScores(Suite suite, MemorizationSettings settings, GridRun<IReadOnlyList<MemorizationRow>> run)
    {
        (Suite, Settings, fill) = (suite, settings, run.Fill);
        Cells = [.. run.Cells.Select(c => new MemorizationCell(c))];
        byCheckpoint = Cells.ToLookup(c => c.Checkpoint.RequireIndex());
        Checkpoints = [.. Cells.Select(c => c.Checkpoint).Distinct().OrderBy(c => c.RequireIndex())];
    }

    /// <summary>The suite.</summary>
    public Suite Suite { get; }

    /// <summary>k, l and n.</summary>
    public MemorizationSettings Settings { get; }

    /// <summary>The cells, in checkpoint order.</summary>
    public IReadOnlyList<MemorizationCell> Cells { get; }

    /// <summary>The checkpoints, in training order.</summary>
    public IReadOnlyList<Checkpoint> Checkpoints { get; }

    /// <summary>All rows.</summary>
    public IReadOnlyList<MemorizationRow> Rows => field ??= RowView.All(Cells);

    /// <summary>Checkpoints and chunks that were missing and skipped.</summary>
    public IReadOnlyList<MissingPart> Skipped => fill.Skipped;

    /// <summary>
    /// The origin of the cells, for example <c>36 cells from the store, 0 computed</c>. It also
    /// says how many cells replaced stale ones, and which parts were skipped.
    /// </summary>
    public string Origin => $"{fill.FromStore} cells from the store, {fill.Computed} computed"
        + (fill.Stale == 0 ? "" : $", {fill.Stale} of them in place of stale cells")
        + (fill.Skipped.Count == 0 ? "" : $"; skipped because missing: {string.Join(", ", fill.Skipped)}");

    /// <summary>
    /// The sources of the scored sequences, each sequence once, canaries left out.
    /// </summary>
    internal IReadOnlyList<string> Sources => field ??= FindSources();

    /// <summary>Rows of a checkpoint on sequences it has seen, canaries left out.</summary>
    public IReadOnlyList<MemorizationRow> Seen(Checkpoint checkpoint) =>
        seen.GetOrAdd((checkpoint.RequireIndex(), checkpoint.RequireChunksSeen()), _ => RowView.Of(CellsSeen(checkpoint), canaries: false));

    /// <summary>
    /// Rows of a checkpoint on sequences that it has not read, canaries left out. These scores
    /// measure what can be guessed.
    /// </summary>
    public IReadOnlyList<MemorizationRow> Unread(Checkpoint checkpoint) =>
        unread.GetOrAdd((checkpoint.RequireIndex(), checkpoint.RequireChunksSeen()),
            _ => RowView.Of(CellsOf(checkpoint).Where(c => c.Chunk.Index >= checkpoint.ChunksSeen), canaries: false));

    /// <summary>
    /// The rows of the latest scored checkpoint, up to a given one, that had scored sequences still
    /// to read. Null if there is none; an untrained checkpoint does not count, because it can guess
    /// nothing.
    /// </summary>
    internal UnreadBaseline<MemorizationRow>? Baseline(Checkpoint upTo)
    {
        var latest = Checkpoints.LastOrDefault(
            c => c.RequireIndex() <= upTo.RequireIndex() && Seen(c).Count > 0 && Unread(c).Count > 0);
        return latest is null ? null : new(latest.Name, Seen(latest), Unread(latest));
    }

    /// <summary>Rows of the canaries, by how often each occurs in its chunk.</summary>
    public IEnumerable<IGrouping<int, MemorizationRow>> Canaries(Checkpoint checkpoint) =>
        RowView.Of(CellsSeen(checkpoint), canaries: true).GroupBy(r => r.CanaryRepetitions!.Value).OrderBy(g => g.Key);

    /// <summary>
    /// Pearson's r of a quantity between two checkpoints, over the sequences both have seen,
    /// canaries left out; NaN if it does not vary.
    /// </summary>
    public double Correlation(Checkpoint a, Checkpoint b, Func<MemorizationRow, double> quantity) =>
        Correlations([a, b], Seen, quantity)[0][1].R;

    /// <summary>The rows as a data frame.</summary>
    public DataFrame ToDataFrame() => ParquetRows.ToDataFrame(Rows);

    /// <summary>
    /// One row for each checkpoint: the sequences it has seen, their mean score and the share that
    /// is k-extractible, canaries left out.
    /// </summary>
    public Table ToTable() => new(
        $"Memorization of {Suite.Name}, k = {Settings.PromptLength}, l = {Settings.ContinuationLength}, canaries left out. {Origin}.",
        [
            new("checkpoint"), new("sequences seen", ColumnAlignment.Right),
            new("mean score", ColumnAlignment.Right), new("k-extractible", ColumnAlignment.Right),
        ],
        [.. Checkpoints.Select(Summary)]);

    /// <summary>The cells of a checkpoint.</summary>
    internal IEnumerable<MemorizationCell> CellsOf(Checkpoint checkpoint) => byCheckpoint[checkpoint.RequireIndex()];

    /// <summary>Rows of a checkpoint on sequences it has seen, canaries among them.</summary>
    internal IReadOnlyList<MemorizationRow> SeenWithCanaries(Checkpoint checkpoint) => RowView.All(CellsSeen(checkpoint));

    /// <summary>
    /// Pearson's r of every pair of checkpoints, [checkpoint, checkpoint], and the number of
    /// sequences compared.
    /// </summary>
    /// <param name="checkpoints">The checkpoints.</param>
    /// <param name="rows">
    /// <see cref="Seen"/> or <see cref="Unread"/>; sequences that both have are compared.
    /// </param>
    /// <param name="quantity">The quantity.</param>
    internal static IReadOnlyList<IReadOnlyList<(double R, long Count)>> Correlations(
        IReadOnlyList<Checkpoint> checkpoints,
        Func<Checkpoint, IReadOnlyList<MemorizationRow>> rows,
        Func<MemorizationRow, double> quantity)
    {
        var values = checkpoints.Select(c => new SequenceValues(rows(c), quantity)).ToList();
        var result = checkpoints.Select(_ => new (double, long)[checkpoints.Count]).ToList();
        for (var a = 0; a < checkpoints.Count; a++)
        {
            for (var b = a; b < checkpoints.Count; b++)
                result[a][b] = result[b][a] = SequenceValues.Pearson(SequenceValues.Pairs(values[a], values[b]));
        }

        return result;
    }

    private string[] Summary(Checkpoint checkpoint)
    {
        var rows = Seen(checkpoint);
        return rows.Count == 0 ? [checkpoint.Name, "0", "", ""] :
        [
            checkpoint.Name,
            FigureText.Count(rows.Count),
            FigureText.Number(rows.Average(r => r.Score)),
            FigureText.Percent(rows.Average(r => r.Extractible ? 1.0 : 0)),
        ];
    }

    private IEnumerable<MemorizationCell> CellsSeen(Checkpoint checkpoint) =>
        CellsOf(checkpoint).Where(c => c.Chunk.Index < checkpoint.ChunksSeen);

    private List<string> FindSources()
    {
        var sources = new List<string>();
        foreach (var chunk in Cells.GroupBy(c => c.Chunk.Index))
        {
            var rows = new HashSet<int>();
            foreach (var columns in chunk.Select(c => c.Columns))
            {
                foreach (var place in columns.Places(ofCanaries: false))
                {
                    var (row, source) = columns.Sequence(place);
                    if (rows.Add(row))
                        sources.Add(source);
                }
            }
        }

        return sources;
    }
}
