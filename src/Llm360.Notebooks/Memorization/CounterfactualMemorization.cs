// A proxy of counterfactual memorization: how reading a chunk changes the scores of its sequences.
using System.Text.Json.Serialization;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

/// <summary>One sequence just before and just after its chunk was read.</summary>
public sealed class CounterfactualRow
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

    /// <summary>Memorization score of the last checkpoint that had not read it.</summary>
    [JsonPropertyName("before")]
    public double Before { get; set; }

    /// <summary>Memorization score of the first checkpoint that had read it.</summary>
    [JsonPropertyName("after")]
    public double After { get; set; }

    /// <summary>after - before.</summary>
    [JsonPropertyName("difference")]
    public double Difference => After - Before;
}

/// <summary>
/// The score just after a chunk was read minus the score just before. It is a proxy of
/// counterfactual memorization, E[score | trained on x] - E[score | not trained on x] (Zhang et al.
/// 2023, arXiv 2112.12938), which needs many trainings.
/// </summary>
/// <param name="Suite">The suite.</param>
/// <param name="Settings">k, l and n.</param>
/// <param name="Chunks">The chunks compared.</param>
/// <param name="Rows">Every sequence. A canary has one row, for the first of its copies.</param>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed record CounterfactualMemorization(
    Suite Suite, MemorizationSettings Settings, IReadOnlyList<Chunk> Chunks, IReadOnlyList<CounterfactualRow> Rows) : IShownAsTable
{
    /// <summary>The rows as a data frame.</summary>
    public DataFrame ToDataFrame() => ParquetRows.ToDataFrame(Rows);

    /// <summary>The first rows as a table.</summary>
    public Table ToTable() => RowTable.Of($"Scores of {Suite.Name} just before and just after each chunk was read", Rows);
}

/// <summary>The counterfactual proxy of an analysis.</summary>
public static class CounterfactualOfAnalysis
{
    /// <summary>
    /// Scores each chunk with the checkpoint before it and the checkpoint after it. Cells in the
    /// results store are read.
    /// </summary>
    /// <param name="analysis">Suite and setting.</param>
    /// <param name="chunks">
    /// All that have both checkpoints when null. Chunks without both are left out.
    /// </param>
    /// <param name="options">How the grid runs; the defaults when null.</param>
    /// <exception cref="Llm360Exception">
    /// No chunk has both checkpoints, or one cannot be read.
    /// </exception>
    public static async Task<CounterfactualMemorization> CounterfactualAsync(
        this MemorizationAnalysis analysis, IReadOnlyList<Chunk>? chunks = null, GridOptions? options = null)
    {
        var suite = analysis.Suite;
        var bySeen = suite.Checkpoints.Where(c => c.ChunksSeen is not null).DistinctBy(c => c.ChunksSeen)
            .ToDictionary(c => c.RequireChunksSeen());
        var chosen = (chunks ?? suite.Chunks).Where(c => bySeen.ContainsKey(c.Index) && bySeen.ContainsKey(c.Index + 1)).ToList();
        if (chosen.Count == 0)
        {
            throw new Llm360Exception(
                "No chunk has a checkpoint just before and one just after it.",
                suite.Folder,
                "Choose chunks whose two checkpoints are there.");
        }

        // By checkpoint, so that a checkpoint between two chunks is loaded once.
        var before = new Dictionary<(int Chunk, int Row), double>();
        var rows = new List<CounterfactualRow>();
        foreach (var seen in chosen.SelectMany(c => new[] { c.Index, c.Index + 1 }).Distinct().Order())
        {
            var around = chosen.Where(c => c.Index == seen || c.Index + 1 == seen);
            var scores = await analysis.ScoreAsync([bySeen[seen]], [.. around], options).ConfigureAwait(false);
            rows.AddRange(scores.Rows.Where(r => r.Chunk + 1 == seen).OnceACanary().Select(r => new CounterfactualRow
            {
                Chunk = r.Chunk,
                Row = r.Row,
                Source = r.Source,
                Canary = r.Canary,
                CanaryRepetitions = r.CanaryRepetitions,
                Before = before[(r.Chunk, r.Row)],
                After = r.Score,
            }));
            foreach (var row in scores.Rows.Where(r => r.Chunk == seen))
                before[(row.Chunk, row.Row)] = row.Score;
        }

        return new CounterfactualMemorization(suite, analysis.Settings, chosen, rows);
    }
}
