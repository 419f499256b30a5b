// Memorization by source.
using System.Text.Json.Serialization;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

/// <summary>Memorization of one source's sequences.</summary>
public sealed class SourceRow
{
    /// <summary>The source.</summary>
    [JsonPropertyName("source")]
    public string Source { get; set; } = "";

    /// <summary>Sequences scored.</summary>
    [JsonPropertyName("sequences")]
    public int Sequences { get; set; }

    /// <summary>Mean memorization score.</summary>
    [JsonPropertyName("score")]
    public double Score { get; set; }

    /// <summary>Share of the sequences that is extractible.</summary>
    [JsonPropertyName("extractible")]
    public double Extractible { get; set; }
}

/// <summary>
/// Memorization by source at one checkpoint, for sequences it has seen, canaries left out.
/// </summary>
/// <param name="Scores">The scores from which it was computed.</param>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="Rows">One row for each source, by name.</param>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed record SourceMemorization(MemorizationScores Scores, Checkpoint Checkpoint, IReadOnlyList<SourceRow> Rows) : IShownAsTable
{
    /// <summary>The rows as a data frame.</summary>
    public DataFrame ToDataFrame() => ParquetRows.ToDataFrame(Rows);

    /// <summary>The first rows as a table.</summary>
    public Table ToTable() => RowTable.Of($"Memorization by source at {Checkpoint} of {Scores.Suite.Name}", Rows);

    internal static IReadOnlyList<SourceRow> Group(IEnumerable<MemorizationRow> rows) =>
    [
        .. rows.GroupBy(r => r.Source).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new SourceRow
            {
                Source = g.Key,
                Sequences = g.Count(),
                Score = g.Average(r => r.Score),
                Extractible = g.Average(r => r.Extractible ? 1.0 : 0),
            }),
    ];
}

/// <summary>Grouping scores by source.</summary>
public static class SourcesOfScores
{
    /// <summary>Mean score and extractible share of every source.</summary>
    /// <param name="scores">The scores.</param>
    /// <param name="checkpoint">The last scored when null.</param>
    public static SourceMemorization BySource(this MemorizationScores scores, Checkpoint? checkpoint = null)
    {
        var at = checkpoint ?? scores.LastCheckpoint();
        return new SourceMemorization(scores, at, SourceMemorization.Group(scores.Seen(at)));
    }
}
