// The loss of one held-out sequence.
using System.Text.Json.Serialization;

namespace Llm360.Notebooks;

/// <summary>The loss of one checkpoint on one held-out sequence.</summary>
public sealed class HeldOutRow
{
    /// <summary>Number of the checkpoint.</summary>
    [JsonPropertyName("checkpoint")]
    public int Checkpoint { get; set; }

    /// <summary>Line in <c>validation.jsonl</c>, from 0.</summary>
    [JsonPropertyName("row")]
    public int Row { get; set; }

    /// <summary>The sequence's source.</summary>
    [JsonPropertyName("source")]
    public string Source { get; set; } = "";

    /// <summary>
    /// Share of its tokens that are in runs of <see cref="HeldOutLoss.RunLength"/> tokens which
    /// occur in the training chunks, 0 to 1.
    /// </summary>
    [JsonPropertyName("copied")]
    public double Copied { get; set; }

    /// <summary>Mean loss of all tokens except the first, nats per token.</summary>
    [JsonPropertyName("loss")]
    public double Loss { get; set; }
}
