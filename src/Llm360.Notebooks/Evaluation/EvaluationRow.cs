// One line of a stored evaluation: a choice of an item, or a document.
using System.Text.Json.Serialization;

namespace Llm360.Notebooks;

/// <summary>The score of one choice of one item, or of one document of a rolling task.</summary>
/// <remarks>
/// All metrics are computed from these lines, so a new metric needs no new scores.
/// </remarks>
public sealed class EvaluationRow
{
    /// <summary>Number of the item in its file, from 0.</summary>
    [JsonPropertyName("item")]
    public int Item { get; set; }

    /// <summary>Number of the choice, from 0; 0 for a document.</summary>
    [JsonPropertyName("choice")]
    public int Choice { get; set; }

    /// <summary>Number of the correct choice; null for a document.</summary>
    [JsonPropertyName("target")]
    public int? Target { get; set; }

    /// <summary>1 for a true answer, 0 for another; null if the task has no labels.</summary>
    [JsonPropertyName("label")]
    public int? Label { get; set; }

    /// <summary>Sum of log-probabilities of the scored tokens, nats.</summary>
    [JsonPropertyName("log_likelihood")]
    public double LogLikelihood { get; set; }

    /// <summary>Whether each scored token is the most probable one.</summary>
    [JsonPropertyName("is_greedy")]
    public bool IsGreedy { get; set; }

    /// <summary>Scored tokens.</summary>
    [JsonPropertyName("tokens")]
    public int Tokens { get; set; }

    /// <summary>Unicode code points of the choice or document, without a delimiter.</summary>
    [JsonPropertyName("characters")]
    public int Characters { get; set; }

    /// <summary>UTF-8 bytes of the choice or document.</summary>
    [JsonPropertyName("bytes")]
    public int Bytes { get; set; }

    /// <summary>Words of a document; null for a choice.</summary>
    [JsonPropertyName("words")]
    public int? Words { get; set; }

    /// <summary>Source of a document; null if it has none.</summary>
    [JsonPropertyName("source")]
    public string? Source { get; set; }

    internal static IReadOnlyList<EvaluationRow> Of(IEnumerable<ScoredItem> items) =>
        [.. items.SelectMany(i => i.Item.Requests.Select((r, c) => new EvaluationRow
    {
        Item = i.Item.Item.Index,
        Choice = c,
        Target = i.Item.Target,
        Label = i.Item.Labels?[c],
        LogLikelihood = i.Scores[c].LogLikelihood,
        IsGreedy = i.Scores[c].IsGreedy,
        Tokens = i.Tokens[c].Continuation.Length,
        Characters = PythonText.Length(r.Choice),
        Bytes = PythonText.Bytes(r.Choice),
    }))];

    internal static IReadOnlyList<EvaluationRow> Of(IEnumerable<ScoredDocument> documents) => [.. documents.Select(d => new EvaluationRow
    {
        Item = d.Item.Index,
        LogLikelihood = d.LogLikelihood,
        IsGreedy = d.Scores.All(s => s.IsGreedy),
        Tokens = d.Ids.Length,
        Characters = PythonText.Length(d.Text),
        Bytes = PythonText.Bytes(d.Text),
        Words = PythonText.Words(d.Text),
        Source = d.Source,
    })];
}
