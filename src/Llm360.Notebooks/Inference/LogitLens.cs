// The logit lens: a model's predictions if its residual stream ended earlier.
using System.Text.Json.Serialization;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

/// <summary>The most probable next token, by point of the residual stream and position.</summary>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed class LogitLens : IShownAsTable
{
    internal LogitLens(
        IReadOnlyList<string> tokenTexts, IReadOnlyList<string> sites, IReadOnlyList<IReadOnlyList<TokenPrediction>> predictions) =>
        (TokenTexts, Sites, Predictions) = (tokenTexts, sites, predictions);

    /// <summary>The text of each token that the model has read.</summary>
    public IReadOnlyList<string> TokenTexts { get; }

    /// <summary>The points: every block's input, and the output of the last block.</summary>
    public IReadOnlyList<string> Sites { get; }

    /// <summary>
    /// The most probable token by point and position. The last point has the model's own
    /// predictions.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<TokenPrediction>> Predictions { get; }

    /// <summary>A row for each point in the order of the blocks, a column for each token.</summary>
    public Table ToTable() => new(
        "Logit lens: the most probable next token after each token at every point of the residual stream, with its probability",
        [new("residual stream"), .. TokenTexts.Select(t => new TableColumn(TokenNames.Quoted(t)))],
        [.. Sites.Select((site, i) => (IReadOnlyList<string>)[site, .. Predictions[i].Select(p => p.ToString())])]);

    /// <summary>
    /// A row for each point and position: the most probable token and its probability.
    /// </summary>
    public DataFrame ToDataFrame() => ParquetRows.ToDataFrame<DataRow>(
    [
        .. Sites.SelectMany((site, i) => Predictions[i].Select((p, t) =>
            new DataRow(site, t, TokenTexts[t], p.Token, p.Text, p.Probability))),
    ]);

    /// <summary>The table as HTML.</summary>
    public string ToHtml() => ToTable().ToHtml();

    /// <summary>The table as text.</summary>
    public override string ToString() => ToTable().ToString();

    private sealed record DataRow(
        [property: JsonPropertyName("site")] string Site,
        [property: JsonPropertyName("position")] int Position,
        [property: JsonPropertyName("text")] string Text,
        [property: JsonPropertyName("next_token")] int NextToken,
        [property: JsonPropertyName("next_text")] string NextText,
        [property: JsonPropertyName("next_probability")] double NextProbability);
}
