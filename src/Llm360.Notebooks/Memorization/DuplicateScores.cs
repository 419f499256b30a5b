// Memorization against the number of occurrences of a sequence in the corpus.
using System.Text.Json.Serialization;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

/// <summary>
/// One sequence, its memorization, and the occurrences of its first k + l tokens in what the
/// checkpoint has read.
/// </summary>
public sealed class DuplicateRow
{
    /// <summary>Number of the chunk.</summary>
    [JsonPropertyName("chunk")]
    public int Chunk { get; set; }

    /// <summary>Line in the chunk, from 0.</summary>
    [JsonPropertyName("row")]
    public int Row { get; set; }

    /// <summary>The sequence's source.</summary>
    [JsonPropertyName("source")]
    public string Source { get; set; } = "";

    /// <summary>The canary's name in <c>canaries.json</c>; null for ordinary text.</summary>
    [JsonPropertyName("canary")]
    public string? Canary { get; set; }

    /// <summary>How often the canary occurs in its chunk; null for ordinary text.</summary>
    [JsonPropertyName("canary_repetitions")]
    public int? CanaryRepetitions { get; set; }

    /// <summary>
    /// Occurrences of the counted tokens at any position of a row, including the sequence itself.
    /// </summary>
    [JsonPropertyName("duplicates")]
    public long Duplicates { get; set; }

    /// <summary>The memorization score, of the lengths that were scored.</summary>
    [JsonPropertyName("score")]
    public double Score { get; set; }

    /// <summary>Whether the sequence is extractible with this k and l.</summary>
    [JsonPropertyName("extractible")]
    public bool Extractible { get; set; }

    /// <summary>The k + l tokens; not a column.</summary>
    [JsonIgnore]
    internal int[] Tokens { get; set; } = [];
}

/// <summary>
/// Scores of one checkpoint with exact counts of duplicates, or of near copies, in the chunks that
/// it has seen.
/// </summary>
/// <param name="Scores">The scores from which they were computed.</param>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="PromptLength">k.</param>
/// <param name="ContinuationLength">l.</param>
/// <param name="Rows">The sequences it has seen, canaries among them.</param>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed record DuplicateScores(
    MemorizationScores Scores,
    Checkpoint Checkpoint,
    int PromptLength,
    int ContinuationLength,
    IReadOnlyList<DuplicateRow> Rows) : IShownAsTable
{
    /// <summary>First of the tokens whose occurrences were counted.</summary>
    public int CountedFrom { get; init; }

    /// <summary>
    /// How many tokens were counted together: k + l for exact duplicates, fewer for near copies.
    /// </summary>
    public int CountedLength { get; init; } = PromptLength + ContinuationLength;

    /// <summary>
    /// What can be guessed; null if no scored checkpoint had scored sequences still to read.
    /// Occurrences are counted in the same chunks as for <see cref="Rows"/>, and the sequence
    /// itself counts, too.
    /// </summary>
    public UnreadBaseline<DuplicateRow>? Baseline { get; init; }

    /// <summary>The reason why nothing was counted, if there are no rows; null otherwise.</summary>
    public string? NotCounted { get; init; }

    /// <summary>The rows as a data frame.</summary>
    public DataFrame ToDataFrame() => ParquetRows.ToDataFrame(Rows);

    /// <summary>The first rows as a table, or the reason why nothing was counted.</summary>
    public Table ToTable() => RowTable.Of(
        $"Scores at {Checkpoint} of {Scores.Suite.Name} with counts of duplicates{(NotCounted is null ? "" : $" ({NotCounted})")}", Rows);
}

/// <summary>Counting the duplicates of scored sequences.</summary>
public static class DuplicatesOfScores
{
    /// <summary>
    /// Counts, in all chunks that a checkpoint has seen, the occurrences of every scored sequence's
    /// first k + l tokens.
    /// </summary>
    /// <param name="scores">The scores.</param>
    /// <param name="checkpoint">The last scored when null.</param>
    /// <param name="promptLength">
    /// k; the scores' own when null. Other lengths need token metrics.
    /// </param>
    /// <param name="continuationLength">l; the scores' own when null.</param>
    /// <param name="run">Progress, in chunks, and cancellation.</param>
    /// <returns>
    /// The counts. If chunks that were seen are on the Hub only, there are no rows and a reason:
    /// the chunks are not fetched for this.
    /// </returns>
    /// <exception cref="Llm360Exception">
    /// A chunk cannot be read, or the scores do not cover the requested lengths.
    /// </exception>
    public static async Task<DuplicateScores> DuplicatesAsync(
        this MemorizationScores scores,
        Checkpoint? checkpoint = null,
        int? promptLength = null,
        int? continuationLength = null,
        RunOptions? run = null)
    {
        var lengths = ExtractionLengths.Of(scores, promptLength, continuationLength);
        return await CountAsync(scores, checkpoint, lengths, 0, lengths.Total, run).ConfigureAwait(false);
    }

    /// <summary>
    /// Counts, in all chunks that a checkpoint has seen, near copies of every scored sequence. A
    /// near copy has the same tokens around the start of the continuation; the tokens before and
    /// after them may differ.
    /// </summary>
    /// <param name="scores">The scores.</param>
    /// <param name="checkpoint">The last scored when null.</param>
    /// <param name="window">
    /// Tokens that must be equal, one half in the prompt and one in the continuation; 2 to twice
    /// the shorter of k and l.
    /// </param>
    /// <param name="run">Progress, in chunks, and cancellation.</param>
    /// <returns>
    /// The counts. If chunks that were seen are on the Hub only, there are no rows and a reason.
    /// </returns>
    /// <exception cref="Llm360Exception">
    /// A chunk cannot be read, or the window is longer than the scored tokens.
    /// </exception>
    public static async Task<DuplicateScores> NearCopiesAsync(
        this MemorizationScores scores,
        Checkpoint? checkpoint = null,
        int window = 16,
        RunOptions? run = null)
    {
        var lengths = ExtractionLengths.Of(scores, null, null);
        var longest = 2 * Math.Min(lengths.PromptLength, lengths.ContinuationLength);
        if (window < 2 || window > longest)
        {
            throw new Llm360Exception(
                $"A window of {window} tokens around the start of the continuation was asked for.", "window", $"Choose 2 to {longest}.");
        }

        return await CountAsync(scores, checkpoint, lengths, lengths.PromptLength - (window / 2), window, run).ConfigureAwait(false);
    }

    private static async Task<DuplicateScores> CountAsync(
        MemorizationScores scores, Checkpoint? checkpoint, ExtractionLengths lengths, int from, int length, RunOptions? run)
    {
        var at = checkpoint ?? scores.LastCheckpoint();
        var chunksSeen = at.RequireChunksSeen();
        List<Chunk> corpus = [.. scores.Suite.Chunks.Where(c => c.Index < chunksSeen)];
        var result = new DuplicateScores(scores, at, lengths.PromptLength, lengths.ContinuationLength, [])
        {
            CountedFrom = from,
            CountedLength = length,
        };
        // Amber's chunks have 7.5 TB, so running a cell must not start to fetch them.
        if (corpus.Count(c => c.IsOnHub) is > 0 and var away)
        {
            return result with
            {
                NotCounted = $"Counting reads all of the {corpus.Count} chunks that {at} has seen, and {away} of them are on the Hub only; "
                    + $"in the suite's folder, in {SuiteLayout.Train}/, they would be found.",
            };
        }

        var seen = scores.SeenWithCanaries(at);
        var baseline = scores.Baseline(at);
        List<MemorizationRow> sequences = [.. seen, .. baseline?.Read ?? [], .. baseline?.Unread ?? []];
        sequences = [.. sequences.DistinctBy(r => (r.Chunk, r.Row))];
        var tokens = await scores.TokensAsync(sequences, lengths.Total, run.StopToken()).ConfigureAwait(false);
        var counts = await SequenceCounts.CountAsync([.. tokens.Select(t => t[from..(from + length)])], corpus, run).ConfigureAwait(false);
        var places = sequences.Index().ToDictionary(r => (r.Item.Chunk, r.Item.Row), r => r.Index);
        return result with { Rows = Rows(seen), Baseline = baseline?.Select(Rows) };

        IReadOnlyList<DuplicateRow> Rows(IReadOnlyList<MemorizationRow> of) =>
        [
            .. of.Select(r => (Row: r, Place: places[(r.Chunk, r.Row)])).Select(r => new DuplicateRow
            {
                Chunk = r.Row.Chunk,
                Row = r.Row.Row,
                Source = r.Row.Source,
                Canary = r.Row.Canary,
                CanaryRepetitions = r.Row.CanaryRepetitions,
                Duplicates = counts[r.Place] + (r.Row.Chunk < chunksSeen ? 0 : 1),
                Score = r.Row.Score,
                Extractible = lengths.IsExtractible(r.Row),
                Tokens = tokens[r.Place],
            }),
        ];
    }

    /// <summary>The first tokens of scored sequences, read from their chunks.</summary>
    internal static Task<int[][]> TokensAsync(
        this MemorizationScores scores, IReadOnlyList<MemorizationRow> rows, int length, CancellationToken? cancellation = null)
    {
        var stop = cancellation ?? AmbientWork.Cancellation;
        return Task.Run(
            () =>
            {
                var tokens = new int[rows.Count][];
                foreach (var chunk in rows.Index().GroupBy(r => r.Item.Chunk))
                {
                    var wanted = chunk.ToLookup(r => r.Item.Row, r => r.Index);
                    var count = chunk.Max(r => r.Item.Row) + 1;
                    foreach (var (line, row) in ChunkReader.Read(scores.Suite.Chunk(chunk.Key), count, stop).Index())
                    {
                        foreach (var i in wanted[line])
                            tokens[i] = row.TokenIds[..length];
                    }
                }

                return tokens;
            },
            stop);
    }
}
