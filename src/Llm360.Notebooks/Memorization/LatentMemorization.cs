// Latent memorization: what a model retains of a sequence that it does not reproduce.
using System.Text.Json.Serialization;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

/// <summary>One sequence under one checkpoint, with its age.</summary>
public sealed class LatentRow
{
    /// <summary>Number of the checkpoint.</summary>
    [JsonPropertyName("checkpoint")]
    public int Checkpoint { get; set; }

    /// <summary>Number of the chunk.</summary>
    [JsonPropertyName("chunk")]
    public int Chunk { get; set; }

    /// <summary>Line in the chunk, from 0.</summary>
    [JsonPropertyName("row")]
    public int Row { get; set; }

    /// <summary>The canary's name in <c>canaries.json</c>; null for ordinary text.</summary>
    [JsonPropertyName("canary")]
    public string? Canary { get; set; }

    /// <summary>How often the canary occurs in its chunk; null for ordinary text.</summary>
    [JsonPropertyName("canary_repetitions")]
    public int? CanaryRepetitions { get; set; }

    /// <summary>Chunks read since the sequence's own: 0 just after it, negative before.</summary>
    [JsonPropertyName("age")]
    public int Age { get; set; }

    /// <summary>Mean cross-entropy of the continuation's tokens, nats.</summary>
    [JsonPropertyName("loss")]
    public double Loss { get; set; }
}

/// <summary>
/// Cross-entropy of sequences along checkpoints, before and after each was read (Duan et al. 2024,
/// arXiv 2406.14549).
/// </summary>
/// <param name="Scores">The scores from which they were computed.</param>
/// <param name="Rows">
/// Every sequence under every checkpoint. A canary has one row, for the first of its copies.
/// </param>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed record LatentMemorization(MemorizationScores Scores, IReadOnlyList<LatentRow> Rows) : IShownAsTable
{
    /// <summary>The rows as a data frame.</summary>
    public DataFrame ToDataFrame() => ParquetRows.ToDataFrame(Rows);

    /// <summary>The first rows as a table.</summary>
    public Table ToTable() => RowTable.Of($"Loss of sequences of {Scores.Suite.Name} before and after each was read", Rows);
}

/// <summary>Latent memorization from scores.</summary>
public static class LatentOfScores
{
    /// <summary>Adds to every scored sequence the number of chunks read since its own.</summary>
    /// <param name="scores">Scores with token metrics.</param>
    /// <exception cref="Llm360Exception">Token metrics were not computed.</exception>
    public static LatentMemorization Latent(this MemorizationScores scores)
    {
        var seen = scores.Checkpoints.ToDictionary(c => c.RequireIndex(), c => c.RequireChunksSeen());
        return new LatentMemorization(scores, [.. scores.Rows.OnceACanary().Select(r => new LatentRow
        {
            Checkpoint = r.Checkpoint,
            Chunk = r.Chunk,
            Row = r.Row,
            Canary = r.Canary,
            CanaryRepetitions = r.CanaryRepetitions,
            Age = seen[r.Checkpoint] - 1 - r.Chunk,
            Loss = scores.Metric(r.Loss),
        })]);
    }

    /// <summary>
    /// All rows of ordinary text, and one row of each canary, because its copies have the same
    /// tokens at the same positions.
    /// </summary>
    internal static IEnumerable<MemorizationRow> OnceACanary(this IEnumerable<MemorizationRow> rows) =>
        rows.DistinctBy(r => (r.Checkpoint, r.Chunk, r.Canary, Row: r.Canary is null ? r.Row : -1));
}
