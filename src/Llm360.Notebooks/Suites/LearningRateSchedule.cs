// The learning rate of a step: warm-up, then a decay.
namespace Llm360.Notebooks;

/// <summary>A schedule of the learning rate, as the parameters of a formula.</summary>
/// <remarks>
/// In warm-up the rate is peak t / warm-up, so the first update has rate 0. After warm-up, with
/// p = (t - warm-up) / (steps - warm-up):
/// <list type="bullet">
/// <item><c>constant</c>: peak;</item>
/// <item><c>cosine</c>: final + (1 + cos(pi p)) / 2 (peak - final), as in Amber's script;</item>
/// <item><c>linear</c>: peak + p (final - peak);</item>
/// <item>
/// <c>cosine-floor</c>: max(final, (1 + cos(pi q)) / 2 peak) with
/// q = (min(t, steps - warm-up) - warm-up) / steps, as in GPT-NeoX (megatron/learning_rates.py).
/// </item>
/// </list>
/// Past the end, <c>cosine</c> and <c>linear</c> stay at the final rate.
/// </remarks>
/// <param name="Schedule">The formula, one of the above.</param>
/// <param name="Peak">The rate after warm-up.</param>
/// <param name="Final">The rate at the end; not used by <c>constant</c>.</param>
/// <param name="WarmupSteps">Steps of warm-up.</param>
/// <param name="Steps">
/// Steps over which the rate falls; more than the phase has if the phase was ended earlier.
/// </param>
public sealed record LearningRateSchedule(string Schedule, double Peak, double Final, long WarmupSteps, long Steps)
{
    internal static readonly IReadOnlyList<string> Formulas = ["constant", "cosine", "linear", "cosine-floor"];

    /// <summary>The rate of a step.</summary>
    /// <param name="step">Counted from 0: the number of steps completed before it.</param>
    public double At(long step)
    {
        if (step < WarmupSteps)
            return Peak * step / WarmupSteps;
        if (Schedule == "constant")
            return Peak;
        if (Schedule == "cosine-floor")
            return Math.Max(Final, Peak / 2 * (1 + Math.Cos(Math.PI * (Math.Min(step, Steps - WarmupSteps) - WarmupSteps) / Steps)));
        if (step >= Steps)
            return Final;
        var progress = (double)(step - WarmupSteps) / (Steps - WarmupSteps);
        return Schedule == "linear" ? Peak + (progress * (Final - Peak))
            : Final + (0.5 * (1 + Math.Cos(Math.PI * progress)) * (Peak - Final));
    }

    /// <summary>The schedule of a recipe.</summary>
    internal static LearningRateSchedule Of(TrainingRecipe recipe, long steps) =>
        new(recipe.Schedule, recipe.PeakLearningRate, recipe.FinalLearningRate, recipe.WarmupSteps, steps);
}
