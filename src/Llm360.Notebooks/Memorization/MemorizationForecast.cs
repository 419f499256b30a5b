// Forecast of the last checkpoint's memorised sequences from those of earlier checkpoints.
using System.Text.Json.Serialization;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

/// <summary>One checkpoint's extractible set as a forecast of the last one's.</summary>
public sealed class ForecastRow
{
    /// <summary>Number of the earlier checkpoint.</summary>
    [JsonPropertyName("checkpoint")]
    public int Checkpoint { get; set; }

    /// <summary>Sequences compared: those that both checkpoints have seen.</summary>
    [JsonPropertyName("sequences")]
    public int Sequences { get; set; }

    /// <summary>Extractible from both.</summary>
    [JsonPropertyName("both")]
    public int Both { get; set; }

    /// <summary>Extractible from the earlier one only: false alarms.</summary>
    [JsonPropertyName("only_earlier")]
    public int OnlyEarlier { get; set; }

    /// <summary>Extractible from the last one only: missed.</summary>
    [JsonPropertyName("only_last")]
    public int OnlyLast { get; set; }

    /// <summary>
    /// both / (both + only_earlier); NaN if the earlier checkpoint has nothing extractible.
    /// </summary>
    [JsonPropertyName("precision")]
    public double Precision => (double)Both / (Both + OnlyEarlier);

    /// <summary>
    /// both / (both + only_last); NaN if the last checkpoint has nothing extractible.
    /// </summary>
    [JsonPropertyName("recall")]
    public double Recall => (double)Both / (Both + OnlyLast);

    /// <summary>
    /// Counts pairs that say whether a sequence is extractible from the earlier and from the last
    /// checkpoint.
    /// </summary>
    internal static ForecastRow Count(int checkpoint, IEnumerable<(bool Earlier, bool Last)> pairs)
    {
        var row = new ForecastRow { Checkpoint = checkpoint };
        foreach (var (earlier, last) in pairs)
        {
            row.Sequences++;
            row.Both += earlier && last ? 1 : 0;
            row.OnlyEarlier += earlier && !last ? 1 : 0;
            row.OnlyLast += !earlier && last ? 1 : 0;
        }

        return row;
    }
}

/// <summary>
/// Forecasts of the sequences extractible from the last checkpoint by those extractible from
/// earlier ones (Biderman et al. 2023, arXiv 2304.11158). Only sequences that both have seen count,
/// canaries left out.
/// </summary>
/// <param name="Scores">The scores from which they were computed.</param>
/// <param name="PromptLength">k.</param>
/// <param name="ContinuationLength">l.</param>
/// <param name="Last">The checkpoint that is forecast.</param>
/// <param name="Rows">
/// A row for each earlier checkpoint that has seen a scored sequence, in training order.
/// </param>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed record MemorizationForecast(
    MemorizationScores Scores, int PromptLength, int ContinuationLength, Checkpoint Last, IReadOnlyList<ForecastRow> Rows) : IShownAsTable
{
    /// <summary>
    /// The same for sequences that the earlier checkpoint had not read and the last one has. They
    /// show how much of a forecast can be guessed. Untrained checkpoints are left out.
    /// </summary>
    public IReadOnlyList<ForecastRow> Unread { get; init; } = [];

    /// <summary>The rows as a data frame.</summary>
    public DataFrame ToDataFrame() => ParquetRows.ToDataFrame(Rows);

    /// <summary>The first rows as a table.</summary>
    public Table ToTable() => RowTable.Of(
        $"Forecasts of the sequences extractible from {Last} of {Scores.Suite.Name}, k = {PromptLength}, l = {ContinuationLength}", Rows);
}

/// <summary>Forecasts from scores.</summary>
public static class ForecastOfScores
{
    /// <summary>
    /// Forecasts the last scored checkpoint's extractible set from each earlier one's.
    /// </summary>
    /// <param name="scores">Scores of at least two checkpoints.</param>
    /// <param name="promptLength">
    /// k; the scores' own when null. Other lengths need token metrics.
    /// </param>
    /// <param name="continuationLength">l; the scores' own when null.</param>
    /// <exception cref="Llm360Exception">
    /// Nothing was scored, or the scores do not cover the requested lengths.
    /// </exception>
    public static MemorizationForecast Forecast(this MemorizationScores scores, int? promptLength = null, int? continuationLength = null)
    {
        var lengths = ExtractionLengths.Of(scores, promptLength, continuationLength);
        var last = scores.LastCheckpoint();
        var final = scores.Seen(last).ToDictionary(r => (r.Chunk, r.Row), lengths.IsExtractible);
        var earlier = scores.Checkpoints.Where(c => c != last).ToList();
        return new MemorizationForecast(scores, lengths.PromptLength, lengths.ContinuationLength, last, Rows(earlier, scores.Seen))
        {
            Unread = Rows(earlier.Where(c => c.RequireChunksSeen() > 0), scores.Unread),
        };

        List<ForecastRow> Rows(IEnumerable<Checkpoint> checkpoints, Func<Checkpoint, IEnumerable<MemorizationRow>> compared) =>
        [
            .. checkpoints.Select(c => ForecastRow.Count(c.RequireIndex(), Pairs(compared(c)))).Where(r => r.Sequences > 0),
        ];

        IEnumerable<(bool Earlier, bool Last)> Pairs(IEnumerable<MemorizationRow> rows) => rows
            .Where(r => final.ContainsKey((r.Chunk, r.Row)))
            .Select(r => (lengths.IsExtractible(r), final[(r.Chunk, r.Row)]));
    }

    internal static Checkpoint LastCheckpoint(this MemorizationScores scores) => scores.Checkpoints.LastOrDefault()
        ?? throw new Llm360Exception("Nothing was scored.", $"suite {scores.Suite.Name}", "Score at least one checkpoint on one chunk.");
}
