// The answer to one query: a score for each row, and checks of its quality.
using System.Text.Json.Serialization;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

/// <summary>One row of <see cref="AttributionResult.ToDataFrame"/>.</summary>
public sealed class AttributionScore
{
    /// <summary>1 for the largest score; equal scores have equal ranks.</summary>
    [JsonPropertyName("rank")]
    public int Rank { get; set; }

    /// <summary>The score, in the unit of the method.</summary>
    [JsonPropertyName("score")]
    public double Score { get; set; }

    /// <summary>Unit of the score.</summary>
    [JsonPropertyName("unit")]
    public string Unit { get; set; } = "";

    /// <summary>Number of the chunk.</summary>
    [JsonPropertyName("chunk")]
    public int Chunk { get; set; }

    /// <summary>Line in the chunk, from 0.</summary>
    [JsonPropertyName("row")]
    public int Row { get; set; }

    /// <summary>Hash of the row's tokens.</summary>
    [JsonPropertyName("hash")]
    public string Hash { get; set; } = "";

    /// <summary>The row's source.</summary>
    [JsonPropertyName("source")]
    public string Source { get; set; } = "";

    /// <summary>Name of the canary; null for ordinary text.</summary>
    [JsonPropertyName("canary")]
    public string? Canary { get; set; }

    /// <summary>Whether the last checkpoint had seen it.</summary>
    [JsonPropertyName("seen")]
    public bool Seen { get; set; }
}

/// <summary>Scores of all rows for one query, by one method.</summary>
[TypeFormatterSource(typeof(AttributionFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed class AttributionResult
{
    private const int Shown = 5;
    private readonly AttributionIndex index;
    private readonly IReadOnlyList<IReadOnlyList<double>> atCheckpoints;
    private readonly Lazy<int[]> ranks, order;
    private readonly Lazy<int[]> words;

    internal AttributionResult(
        AttributionIndex index, int[] query, int number, IReadOnlyList<double> scores, IReadOnlyList<IReadOnlyList<double>> atCheckpoints,
        IReadOnlyList<(string Name, AttributionResult Result)> others)
    {
        (this.index, Query, Number, Scores, this.atCheckpoints, Others) = (index, query, number, scores, atCheckpoints, others);
        order = new(() => Order(Scores));
        ranks = new(() => Ranks(Scores));
        words = new(() => Ranks([.. new Bm25().Score([query], [.. Rows.Select(r => r.TokenIds)]).Cast<double>()]));
    }

    /// <summary>The query's tokens.</summary>
    public IReadOnlyList<int> Query { get; }

    /// <summary>The query as text; ids if the suite has no tokenizer.</summary>
    public string QueryText => index.Tokenizer?.Decode(Query) ?? string.Join(' ', Query);

    /// <summary>Name of the method.</summary>
    public string Method => index.Analysis.Name;

    /// <summary>Unit of a score. Positive: training on the row lowers the query's loss.</summary>
    public string Unit => index.Analysis.Unit;

    /// <summary>The suite.</summary>
    public Suite Suite => index.Analysis.Suite;

    /// <summary>The checkpoints, in training order.</summary>
    public IReadOnlyList<Checkpoint> Checkpoints => index.Checkpoints;

    /// <summary>The rows that were scored.</summary>
    public IReadOnlyList<AttributionRow> Rows => index.Rows;

    /// <summary>
    /// The score of each of <see cref="Rows"/>: over all checkpoints for methods that sum or
    /// average, else at the last one.
    /// </summary>
    public IReadOnlyList<double> Scores { get; }

    /// <summary>
    /// The unseen-chunk control at each checkpoint that has unseen rows, with k = 20.
    /// </summary>
    public IReadOnlyList<UnseenControl> Controls => field ??= Control(20);

    /// <summary>Results of other methods for the same query.</summary>
    internal IReadOnlyList<(string Name, AttributionResult Result)> Others { get; }

    /// <summary>Index among the queries of a call.</summary>
    internal int Number { get; }

    internal AttributionIndex Index => index;

    /// <summary>The scores at one checkpoint alone.</summary>
    /// <exception cref="Llm360Exception">The index has no such checkpoint.</exception>
    public IReadOnlyList<double> ScoresAt(Checkpoint checkpoint) => atCheckpoints[Place(checkpoint)];

    /// <summary>The rows with the largest scores.</summary>
    /// <param name="count">Number of rows, at least 1.</param>
    public AttributionTop Top(int count = 20)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return new AttributionTop(this, [.. order.Value.Take(count)]);
    }

    /// <summary>All rows as a data frame, the largest score first.</summary>
    public DataFrame ToDataFrame() => ParquetRows.ToDataFrame(ToScores());

    /// <summary>All rows with their scores, the largest first.</summary>
    public IReadOnlyList<AttributionScore> ToScores() => [.. order.Value.Select(Score)];

    /// <summary>The rank of a row, from 1; equal scores have equal ranks.</summary>
    /// <exception cref="Llm360Exception">The row is not in the index.</exception>
    public int RankOf(AttributionRow row) => ranks.Value[Place(row)];

    /// <summary>The share of relevant rows among the first <paramref name="count"/> rows.</summary>
    /// <param name="count">k; if there are at most k relevant rows, all of them can be
    /// found.</param>
    /// <param name="isWanted">Whether a row is relevant, for example a row of a canary.</param>
    /// <returns>Relevant rows found divided by all relevant rows; NaN if there are none.</returns>
    public double Recall(int count, Func<AttributionRow, bool> isWanted)
    {
        var wanted = Rows.Count(isWanted);
        return wanted == 0 ? double.NaN : (double)order.Value.Take(count).Count(i => isWanted(Rows[i])) / wanted;
    }

    /// <summary>The unseen-chunk control at each checkpoint that has unseen rows.</summary>
    /// <param name="top">k of the share of unseen rows among the first.</param>
    public IReadOnlyList<UnseenControl> Control(int top) =>
    [
        .. Checkpoints.Select((c, i) => UnseenControl.Of(c, atCheckpoints[i], index.Exposures, top)).Where(
            c => c is { Seen: > 0, Unseen: > 0 }),
    ];

    /// <summary>
    /// The contribution of each token of a row to its score, at the last checkpoint. The
    /// contributions of methods on block linears add up to the score; those of tracin, graddot and
    /// gradcos leave out norms and biases. It costs one pass for the query and one for the row.
    /// </summary>
    /// <param name="row">A row of the index.</param>
    /// <exception cref="Llm360Exception">The method's score is not a sum over tokens.</exception>
    public async Task<TokenInfluence> PerTokenAsync(AttributionRow row) =>
        new(this, row, await index.TokenScoresAsync([.. Query], row).ConfigureAwait(false));

    /// <summary>The first rows as HTML.</summary>
    public string ToHtml() => Top(Shown).ToHtml();

    /// <summary>The first rows as text.</summary>
    public override string ToString() => Top(Shown).ToString();

    /// <summary>The text of a row; ids if the suite has no tokenizer.</summary>
    internal string TextOf(AttributionRow row) => string.Concat(RowText.Texts(row.TokenIds, index.Tokenizer));

    /// <summary>The rank of a row by BM25, the baseline for all methods.</summary>
    internal int WordRank(int row) => words.Value[row];

    internal int Rank(int row) => ranks.Value[row];

    internal bool IsSeen(AttributionRow row) => row.Chunk < Checkpoints[^1].RequireChunksSeen();

    internal AttributionScore Score(int place)
    {
        var row = Rows[place];
        return new AttributionScore
        {
            Rank = ranks.Value[place], Score = Scores[place], Unit = Unit, Chunk = row.Chunk, Row = row.Row, Hash = row.Hash,
            Source = row.Source, Canary = row.Canary, Seen = IsSeen(row),
        };
    }

    private static int[] Order(IReadOnlyList<double> scores) => [.. Enumerable.Range(0, scores.Count).OrderByDescending(i => scores[i])];

    private static int[] Ranks(IReadOnlyList<double> scores)
    {
        var (result, order) = (new int[scores.Count], Order(scores));
        foreach (var (i, place) in order.Index())
            result[place] = i > 0 && scores[order[i - 1]] == scores[place] ? result[order[i - 1]] : i + 1;
        return result;
    }

    private int Place(AttributionRow row)
    {
        for (var i = 0; i < Rows.Count; i++)
        {
            if (Rows[i].Chunk == row.Chunk && Rows[i].Row == row.Row)
                return i;
        }

        throw new Llm360Exception($"The index has no {row}.", index.Analysis.Name, "Ask for a row of the index.");
    }

    private int Place(Checkpoint checkpoint)
    {
        for (var i = 0; i < Checkpoints.Count; i++)
        {
            if (Checkpoints[i].Name == checkpoint.Name)
                return i;
        }

        throw new Llm360Exception(
            $"The index has no checkpoint {checkpoint}.", index.Analysis.Name, $"Choose one of {string.Join(", ", Checkpoints)}.");
    }
}
