// The settings of a memorization analysis.
namespace Llm360.Notebooks;

/// <summary>The settings of memorization scores, besides the suite.</summary>
/// <param name="PromptLength">k: tokens of the prompt, from the start of the sequence.</param>
/// <param name="ContinuationLength">l: tokens to reproduce.</param>
/// <param name="SequencesPerChunk">
/// n: sequences chosen from each chunk. All of its canaries are scored as well. Null chooses all
/// sequences.
/// </param>
/// <param name="TokenMetrics">
/// Also loss, p_z, Min-K%, and extractibility for shorter prompts and continuations. One pass with
/// the true tokens computes them, at about half the cost again.
/// </param>
/// <param name="TopK">
/// With token metrics: also p_z for sampling from the k most probable tokens; null for none.
/// </param>
/// <param name="Precision">
/// Type of the weights; the checkpoint's own by default, fp16 in the paper. In low precision some
/// continuations differ by rounding: <see cref="MemorizationScorer.Disagreements"/>.
/// </param>
/// <param name="Sampling">
/// How the n sequences are chosen. A suite on the Hub always gives the first n.
/// </param>
/// <param name="Seed">Seed of the sample.</param>
public sealed record MemorizationSettings(
    int PromptLength = 32,
    int ContinuationLength = 32,
    int? SequencesPerChunk = null,
    bool TokenMetrics = false,
    int? TopK = null,
    Precision Precision = default,
    RowSampling Sampling = RowSampling.Stratified,
    int Seed = 0)
{
    /// <summary>
    /// The settings as they apply to a suite. Choices with the same effect give the same settings,
    /// so they share their results.
    /// </summary>
    internal MemorizationSettings For(Suite suite) =>
        SequencesPerChunk is null || Sampling == RowSampling.First || suite.Repository is not null
            ? this with { Sampling = RowSampling.First, Seed = 0 }
            : this;
}
