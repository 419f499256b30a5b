// Number of samples until the true continuation appears: (n, p)-discoverable extraction.
using System.Text.Json.Serialization;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

/// <summary>One sequence and the number of samples that it needs.</summary>
public sealed class ExtractionRow
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

    /// <summary>log p_z: log-probability of the whole continuation, nats.</summary>
    [JsonPropertyName("log_pz")]
    public double LogPz { get; set; }

    /// <summary>
    /// Samples after which the continuation has appeared with probability 0.5: a whole number of at
    /// least 1, infinity if p_z = 0.
    /// </summary>
    [JsonPropertyName("samples_50")]
    public double Samples50 => ProbabilisticExtraction.Samples(LogPz, 0.5);

    /// <summary>Samples after which the continuation has appeared with probability 0.9.</summary>
    [JsonPropertyName("samples_90")]
    public double Samples90 => ProbabilisticExtraction.Samples(LogPz, 0.9);

    /// <summary>Whether greedy decoding finds it, which is n = 1 without sampling.</summary>
    [JsonPropertyName("extractible")]
    public bool Extractible { get; set; }
}

/// <summary>
/// (n, p)-discoverable extraction (Hayes et al. 2024, arXiv 2410.19482) of the sequences a
/// checkpoint has seen, canaries left out.
/// </summary>
/// <remarks>
/// A sequence is (n, p)-extractible if 1 - (1 - p_z)^n is at least p: the smallest n is log(1 - p)
/// / log(1 - p_z).
/// </remarks>
/// <param name="Scores">The scores from which they were computed.</param>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="TopK">Number of most probable tokens to sample from; null for all.</param>
/// <param name="Rows">The sequences.</param>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed record ProbabilisticExtraction(
    MemorizationScores Scores, Checkpoint Checkpoint, int? TopK, IReadOnlyList<ExtractionRow> Rows) : IShownAsTable
{
    /// <summary>
    /// What can be guessed; null if no scored checkpoint had scored sequences still to read.
    /// </summary>
    public UnreadBaseline<ExtractionRow>? Baseline { get; init; }

    /// <summary>The rows as a data frame.</summary>
    public DataFrame ToDataFrame() => ParquetRows.ToDataFrame(Rows);

    /// <summary>The first rows as a table.</summary>
    public Table ToTable() => RowTable.Of($"Draws that extract sequences from {Checkpoint} of {Scores.Suite.Name}", Rows);

    /// <summary>
    /// log(1 - p) / log(1 - p_z), not rounded; infinity if p_z is too small for a double, 0 if
    /// p_z = 1.
    /// </summary>
    /// <param name="logPz">log p_z, nats, at most 0.</param>
    /// <param name="p">Requested probability, above 0 and below 1.</param>
    public static double RealSamples(double logPz, double p)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(logPz, 0);
        if (p is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(p), p, "A probability above 0 and below 1.");
        return Log1P(-p) / Log1MinusExp(logPz);
    }

    /// <summary>
    /// The smallest whole number of samples, at least 1, after which the continuation has appeared
    /// with probability p.
    /// </summary>
    /// <param name="logPz">log p_z, nats, at most 0.</param>
    /// <param name="p">Requested probability, above 0 and below 1.</param>
    public static double Samples(double logPz, double p) => Math.Max(1, Math.Ceiling(RealSamples(logPz, p)));

    // log(1 - e^x) for x <= 0 without cancellation at either end.
    private static double Log1MinusExp(double x) => x > -Math.Log(2) ? Math.Log(-Expm1(x)) : Log1P(-Math.Exp(x));

    // The runtime's LogP1 and ExpM1 are Log(1 + x) and Exp(x) - 1, which lose precision near 0.
    // These functions keep it (Kahan's corrections; see Higham, Accuracy and Stability of Numerical
    // Algorithms, section 1.14.1).
    private static double Log1P(double x)
    {
        var u = 1 + x;
        return u == 1 ? x : double.IsInfinity(Math.Log(u)) ? Math.Log(u) : Math.Log(u) * (x / (u - 1));
    }

    private static double Expm1(double x)
    {
        var u = Math.Exp(x);
        return u == 1 ? x : (u - 1) * (x / Math.Log(u));
    }
}

/// <summary>Probabilistic extraction from scores.</summary>
public static class ExtractionOfScores
{
    /// <summary>The number of samples that each sequence needs.</summary>
    /// <param name="scores">Scores with token metrics.</param>
    /// <param name="checkpoint">The last scored when null.</param>
    /// <exception cref="Llm360Exception">Token metrics were not computed.</exception>
    public static ProbabilisticExtraction Extraction(this MemorizationScores scores, Checkpoint? checkpoint = null)
    {
        var at = checkpoint ?? scores.LastCheckpoint();
        var topK = scores.Settings.TopK;
        return new ProbabilisticExtraction(scores, at, topK, Rows(scores.Seen(at))) { Baseline = scores.Baseline(at)?.Select(Rows) };

        IReadOnlyList<ExtractionRow> Rows(IReadOnlyList<MemorizationRow> of) =>
        [
            .. of.Select(r => new ExtractionRow
            {
                Chunk = r.Chunk,
                Row = r.Row,
                Source = r.Source,
                LogPz = Math.Min(0, scores.Metric(topK is null ? r.LogPz : r.LogPzTopK)),
                Extractible = r.Extractible,
            }),
        ];
    }

    /// <summary>A token metric; an error if it was not computed.</summary>
    internal static double Metric(this MemorizationScores scores, double? value) => value
        ?? throw new Llm360Exception(
                "Token metrics were not asked for.",
                $"memorization of {scores.Suite.Name}",
                "Score with MemorizationSettings(TokenMetrics: true).");
}
