// What was found for one training sequence.
using System.Text.Json.Serialization;

namespace Llm360.Notebooks.Memorization;

/// <summary>The memorization of one sequence by one checkpoint. Checkpoint and chunk are the partition, not columns of the file.</summary>
public sealed class MemorizationRow
{
    /// <summary>Number of the checkpoint.</summary>
    [JsonIgnore]
    [JsonPropertyName("checkpoint")]
    public int Checkpoint { get; set; }

    /// <summary>Number of the chunk.</summary>
    [JsonIgnore]
    [JsonPropertyName("chunk")]
    public int Chunk { get; set; }

    /// <summary>Line in the chunk, from 0.</summary>
    [JsonPropertyName("row")]
    public int Row { get; set; }

    /// <summary>The sequence's source.</summary>
    [JsonPropertyName("source")]
    public string Source { get; set; } = "";

    /// <summary>How often the canary stands in its chunk; null for ordinary text.</summary>
    [JsonPropertyName("canary_repetitions")]
    public int? CanaryRepetitions { get; set; }

    /// <summary>Tokens of the greedy continuation equal to the true ones at the same place.</summary>
    [JsonPropertyName("match")]
    public int Match { get; set; }

    /// <summary>match / l: the memorization score.</summary>
    [JsonPropertyName("score")]
    public double Score { get; set; }

    /// <summary>Place in the continuation of the first token that differs; l if none does.</summary>
    [JsonPropertyName("first_mismatch")]
    public int FirstMismatch { get; set; }

    /// <summary>Whether the whole continuation was reproduced: k-extractible.</summary>
    [JsonPropertyName("extractible")]
    public bool Extractible { get; set; }
}
