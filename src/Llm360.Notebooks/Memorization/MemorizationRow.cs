// The results for one training sequence.
using System.Text.Json.Serialization;

namespace Llm360.Notebooks;

/// <summary>
/// The memorization of one sequence by one checkpoint. Checkpoint and chunk are the partition, not
/// columns of the file.
/// </summary>
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

    /// <summary>The canary's name in <c>canaries.json</c>; null for ordinary text.</summary>
    [JsonPropertyName("canary")]
    public string? Canary { get; set; }

    /// <summary>How often the canary occurs in its chunk; null for ordinary text.</summary>
    [JsonPropertyName("canary_repetitions")]
    public int? CanaryRepetitions { get; set; }

    /// <summary>
    /// Tokens of the greedy continuation that equal the true ones at the same position.
    /// </summary>
    [JsonPropertyName("match")]
    public int Match { get; set; }

    /// <summary>
    /// For each of the l tokens: '1' if the greedy token equals the true one at the same position,
    /// else '0'.
    /// </summary>
    [JsonPropertyName("matches")]
    public string Matches { get; set; } = "";

    /// <summary>match / l: the memorization score.</summary>
    [JsonPropertyName("score")]
    public double Score { get; set; }

    /// <summary>
    /// Position in the continuation of the first token that differs; l if none does.
    /// </summary>
    [JsonPropertyName("first_mismatch")]
    public int FirstMismatch { get; set; }

    /// <summary>Whether the whole continuation was reproduced: k-extractible.</summary>
    [JsonPropertyName("extractible")]
    public bool Extractible { get; set; }

    /// <summary>
    /// For each of the first k + l tokens except the first: '1' if the true token is the most
    /// probable one after the true tokens before it, else '0'. Null without token metrics.
    /// </summary>
    [JsonPropertyName("hits")]
    public string? Hits { get; set; }

    /// <summary>
    /// Mean -log p of the continuation's tokens, nats. Null without token metrics, like all values
    /// below.
    /// </summary>
    [JsonPropertyName("loss")]
    public double? Loss { get; set; }

    /// <summary>Mean -log p of all k + l tokens except the first, nats.</summary>
    [JsonPropertyName("loss_all")]
    public double? LossAll { get; set; }

    /// <summary>
    /// log p_z: the log-probability of the whole continuation, nats (Hayes et al. 2024, arXiv
    /// 2410.19482; temperature 1, no truncation).
    /// </summary>
    [JsonPropertyName("log_pz")]
    public double? LogPz { get; set; }

    /// <summary>
    /// log p_z for sampling from the K most probable tokens; negative infinity if a true token is
    /// not among them. Null without a K.
    /// </summary>
    [JsonPropertyName("log_pz_top_k")]
    public double? LogPzTopK { get; set; }

    /// <summary>
    /// Min-K%: mean of the lowest fifth, rounded down, of the log-probabilities of all tokens
    /// except the first (Shi et al. 2023, arXiv 2310.16789).
    /// </summary>
    [JsonPropertyName("min_k")]
    public double? MinK { get; set; }

    /// <summary>
    /// Min-K%++: the same for (log p - mean) / deviation, both under the model's prediction (Zhang
    /// et al. 2024, arXiv 2404.02936).
    /// </summary>
    [JsonPropertyName("min_k_plus")]
    public double? MinKPlus { get; set; }

    /// <summary>
    /// Loss of all tokens divided by the bytes of their text after zlib (Carlini et al. 2021, arXiv
    /// 2012.07805); null without a tokenizer. The compressors of .NET and Python differ by a few
    /// percent.
    /// </summary>
    [JsonPropertyName("zlib_ratio")]
    public double? ZlibRatio { get; set; }

    /// <summary>The same results for a copy of the sequence in another line.</summary>
    internal MemorizationRow At(int row)
    {
        var copy = (MemorizationRow)MemberwiseClone();
        copy.Row = row;
        return copy;
    }

    /// <summary>
    /// Whether the sequence is extractible with another prompt and continuation length. The token
    /// metrics decide this exactly.
    /// </summary>
    /// <param name="promptLength">k, at least 1.</param>
    /// <param name="continuationLength">l, at least 1; k + l at most what was scored.</param>
    /// <exception cref="Llm360Exception">
    /// Token metrics were not computed, or k + l is more than was scored.
    /// </exception>
    public bool IsExtractible(int promptLength, int continuationLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(promptLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(continuationLength, 1);
        if (Hits is null || promptLength + continuationLength > Hits.Length + 1)
        {
            throw new Llm360Exception(
                Hits is null
                    ? "Token metrics were not asked for."
                    : $"{Hits.Length + 1} tokens were scored; k + l = {promptLength + continuationLength} are needed.",
                $"row {Row}",
                "Score with token metrics, and with lengths that together reach k + l.");
        }

        return Hits.AsSpan(promptLength - 1, continuationLength).IndexOf('0') < 0;
    }
}
