// The settings of an evaluation, besides the tasks and the suite.
namespace Llm360.Notebooks;

/// <summary>Settings of an evaluation.</summary>
/// <param name="Fewshot">Few-shot examples for each item; each task's own number when null.</param>
/// <param name="Sampling">How the examples are chosen.</param>
/// <param name="Seed">Seed of random examples; lm-eval's default is 1234.</param>
/// <param name="Bos">Whether prompts begin with the tokenizer's begin token.</param>
/// <param name="Limit">Largest number of items of each task, the first ones; all when null.</param>
/// <param name="Precision">
/// Type for computing: <c>auto</c> for the checkpoint's own, <c>fp32</c>, <c>bf16</c>, <c>fp16</c>.
/// </param>
public sealed record EvaluationSettings(
    int? Fewshot = null,
    FewshotSampling Sampling = FewshotSampling.FirstN,
    int Seed = EvaluationSettings.UsualSeed,
    bool Bos = true,
    int? Limit = null,
    Precision Precision = default)
{
    /// <summary>lm-eval's seed of few-shot examples.</summary>
    internal const int UsualSeed = 1234;

    internal void Check()
    {
        var wrong = Fewshot < 0 ? $"The number of few-shot examples is {Fewshot}; it must be 0 or more."
            : Limit < 1 ? $"The limit is {Limit} items; it must be 1 or more."
            : Seed < 0 ? $"The seed is {Seed}; it must be 0 or more." : null;
        if (wrong is not null)
            throw new Llm360Exception(wrong, "evaluation settings", "Change it, or leave it out.");
    }
}
