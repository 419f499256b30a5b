// The scores of one sequence.
using System.Text.Json.Serialization;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

/// <summary>The scores of one sequence under a model.</summary>
/// <param name="Positions">One per token: the prediction of the token that follows it.</param>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed record SequenceScores(IReadOnlyList<TokenScore> Positions) : IShownAsTable
{
    /// <summary>
    /// Mean negative log-probability of all tokens but the first, nats; NaN for a single token.
    /// </summary>
    public double Loss => Positions.Count < 2 ? double.NaN : -Positions.Take(Positions.Count - 1).Average(p => (double)p.LogProbability);

    private IReadOnlyList<DataRow> Rows =>
        [.. Positions.Select((p, i) => new DataRow(i, p.LogProbability, p.Rank, p.Argmax, p.Entropy, p.Deviation))];

    /// <summary>
    /// A row for each position. The last position has no token to predict: NaN and rank -1.
    /// </summary>
    public DataFrame ToDataFrame() => ParquetRows.ToDataFrame(Rows);

    /// <summary>The first positions as a table.</summary>
    public Table ToTable() => RowTable.Of($"Predictions along a sequence, loss {FigureText.Number(Loss)} nats per token", Rows);

    private sealed record DataRow(
        [property: JsonPropertyName("position")] int Position,
        [property: JsonPropertyName("log_probability")] double LogProbability,
        [property: JsonPropertyName("rank")] int Rank,
        [property: JsonPropertyName("argmax")] int Argmax,
        [property: JsonPropertyName("entropy")] double Entropy,
        [property: JsonPropertyName("deviation")] double Deviation);
}
