// The loss on held-out sequences along checkpoints, and the share of each copied in training.
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

/// <summary>Losses on held-out sequences.</summary>
/// <param name="Suite">The suite.</param>
/// <param name="Checkpoints">In training order.</param>
/// <param name="Rows">One row for each checkpoint and sequence.</param>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed record HeldOutLoss(Suite Suite, IReadOnlyList<Checkpoint> Checkpoints, IReadOnlyList<HeldOutRow> Rows) : IShownAsTable
{
    /// <summary>Smallest length of a run of tokens that counts as copied.</summary>
    public const int RunLength = 16;

    /// <summary>
    /// Smallest share of copied tokens at which a sequence has near copies in the training text.
    /// </summary>
    public const double NearCopy = 0.5;

    /// <summary>
    /// The reason why nothing was measured and there are no rows; null otherwise.
    /// </summary>
    public string? NotMeasured { get; init; }

    /// <summary>The rows as a data frame.</summary>
    public DataFrame ToDataFrame() => ParquetRows.ToDataFrame(Rows);

    /// <inheritdoc/>
    Table IShownAsTable.ToTable() => RowTable.Of($"Held-out loss of {Suite.Name}", Rows);
}

/// <summary>Measuring the held-out loss of a suite.</summary>
public static class HeldOutLossOfSuite
{
    /// <summary>
    /// Measures every held-out sequence with every checkpoint. A document is held out with its
    /// exact copies, so the training text can contain only near copies.
    /// </summary>
    /// <param name="suite">The suite.</param>
    /// <param name="checkpoints">All of the suite's when null.</param>
    /// <param name="options">
    /// Device, precision, progress and other options; the defaults when null. Results are stored.
    /// </param>
    /// <returns>The losses. For a suite on the Hub, there are no rows and a reason.</returns>
    /// <exception cref="Llm360Exception">
    /// A checkpoint, a chunk or the held-out sequences are missing or cannot be read.
    /// </exception>
    public static async Task<HeldOutLoss> HeldOutLossAsync(
        this Suite suite, IReadOnlyList<Checkpoint>? checkpoints = null, GridOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(suite);
        if (suite.Recipe is null)
        {
            return new(suite, [], [])
            {
                NotMeasured = $"Which text was held out is known only of suites that are trained here, and {suite.Name} is on the Hub.",
            };
        }

        var rows = ChunkReader.Read(suite.ValidationPath).ToList();
        var copied = await CopiedAsync(suite, rows, options).ConfigureAwait(false);
        // Version 1: mean over all tokens except the first.
        var analysis = new GridAnalysis<IReadOnlyList<HeldOutRow>>(
            "held-out-loss", Version: 1, new { HeldOutLoss.RunLength }, new ParquetCells<HeldOutRow>(), Compute)
        {
            Task = $"held-out loss of {suite.Name}",
        };
        var item = GridItem.Of("rows", "validation", Fingerprint.Of(suite.ValidationPath));
        var store = new ResultStore<IReadOnlyList<HeldOutRow>>(suite, analysis);
        var run = await Grid.RunAsync(store, checkpoints ?? suite.Checkpoints, [item], options).ConfigureAwait(false);
        // The copied share is the same for all checkpoints, and the chunks are not part of a cell's
        // identity.
        var losses = run.Cells.SelectMany(c => c.Content).Select(r => With(r, copied[r.Row]));
        return new(suite, [.. run.Cells.Select(c => c.Checkpoint)], [.. losses]);

        IReadOnlyList<HeldOutRow> Compute(GridContext context)
        {
            var requests = rows.ConvertAll(r => new TokenRequest(r.TokenIds[..1], r.TokenIds[1..]));
            var scores = RequestScoring.Score(context.Model, requests, new ScoringOptions(), Place, null, context.Cancellation);
            return
            [
                .. rows.Select((r, i) => new HeldOutRow
                {
                    Checkpoint = context.Checkpoint.RequireIndex(),
                    Row = i,
                    Source = r.Source,
                    Loss = -scores[i].LogLikelihood / requests[i].Continuation.Length,
                }),
            ];
        }

        string Place(int row) => FormattableString.Invariant($"{suite.ValidationPath}, row {row}");

        static HeldOutRow With(HeldOutRow row, double copied) =>
            new() { Checkpoint = row.Checkpoint, Row = row.Row, Source = row.Source, Loss = row.Loss, Copied = copied };
    }

    /// <summary>The share of each row's tokens that are in runs from the training chunks.</summary>
    internal static async Task<double[]> CopiedAsync(Suite suite, IReadOnlyList<TokenRow> rows, RunOptions? options)
    {
        const int length = HeldOutLoss.RunLength;
        List<int[]> runs = [.. rows.SelectMany(r => Enumerable.Range(0, Runs(r)).Select(i => r.TokenIds[i..(i + length)]))];
        var counts = await SequenceCounts.CountAsync(runs, [.. suite.Chunks], options).ConfigureAwait(false);
        var copied = new double[rows.Count];
        var first = 0;
        foreach (var (n, row) in rows.Index())
        {
            var covered = new bool[row.TokenIds.Length];
            for (var i = 0; i < Runs(row); i++)
            {
                if (counts[first + i] > 0)
                    covered.AsSpan(i, length).Fill(true);
            }

            first += Runs(row);
            copied[n] = covered.Count(c => c) / (double)Math.Max(1, covered.Length);
        }

        return copied;

        static int Runs(TokenRow row) => Math.Max(0, row.TokenIds.Length - length + 1);
    }
}
