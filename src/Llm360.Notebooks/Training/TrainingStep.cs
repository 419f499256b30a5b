// One row of a suite's metrics.
using System.Text.Json.Serialization;

namespace Llm360.Notebooks;

/// <summary>One training step: a row of <c>metrics.parquet</c>.</summary>
public sealed class TrainingStep
{
    /// <summary>Number of the step, counted from 0.</summary>
    [JsonPropertyName("step")]
    public long Step { get; set; }

    /// <summary>
    /// The chunk that the batch came from; the checkpoint after it is <c>chunk + 1</c>.
    /// </summary>
    [JsonPropertyName("chunk")]
    public int Chunk { get; set; }

    /// <summary>Tokens trained on so far, including this step.</summary>
    [JsonPropertyName("tokens")]
    public long Tokens { get; set; }

    /// <summary>Mean loss of the batch before the update, nats per token.</summary>
    [JsonPropertyName("loss")]
    public double Loss { get; set; }

    /// <summary>Learning rate of the update.</summary>
    [JsonPropertyName("learning_rate")]
    public double LearningRate { get; set; }

    /// <summary>Global norm of the gradient before clipping.</summary>
    [JsonPropertyName("grad_norm")]
    public double GradientNorm { get; set; }

    /// <summary>Speed of this step.</summary>
    [JsonPropertyName("tokens_per_second")]
    public double TokensPerSecond { get; set; }

    /// <summary>
    /// Whether the loss or the gradient norm was not finite, so that no weight changed.
    /// </summary>
    [JsonPropertyName("skipped")]
    public bool Skipped { get; set; }

    /// <summary>
    /// Mean loss on held-out sequences, nats per token; only at the last step of a chunk.
    /// </summary>
    [JsonPropertyName("validation_loss")]
    public double? ValidationLoss { get; set; }

    /// <summary>
    /// Number of lost rows before this one in the log; null if the row of the previous step exists.
    /// </summary>
    [JsonPropertyName("missing_before")]
    public long? MissingBefore { get; set; }

    /// <summary>Source of each row of the batch.</summary>
    [JsonPropertyName("source")]
    public List<string> Sources { get; set; } = [];
}
