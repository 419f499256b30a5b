// The learning rate of a step: warm-up, then cosine or constant.

namespace Llm360.Notebooks;

/// <summary>The schedule of Amber's training script.</summary>
public static class LearningRate
{
    /// <summary>The learning rate of a step.</summary>
    /// <remarks>
    /// Warm-up: peak t / warm-up, so the first update has rate 0. Then constant, or
    /// final + (1 + cos(pi (t - warm-up) / (total - warm-up))) / 2 (peak - final); past the end, final.
    /// </remarks>
    /// <param name="recipe">Peak, final rate, warm-up, schedule.</param>
    /// <param name="step">Counted from 0.</param>
    /// <param name="totalSteps">Steps of the whole training.</param>
    public static double At(TrainingRecipe recipe, long step, long totalSteps)
    {
        if (step < recipe.WarmupSteps)
            return recipe.PeakLearningRate * step / recipe.WarmupSteps;
        if (recipe.Schedule == "constant")
            return recipe.PeakLearningRate;
        if (step > totalSteps)
            return recipe.FinalLearningRate;
        var progress = (double)(step - recipe.WarmupSteps) / (totalSteps - recipe.WarmupSteps);
        return recipe.FinalLearningRate + (0.5 * (1 + Math.Cos(Math.PI * progress)) * (recipe.PeakLearningRate - recipe.FinalLearningRate));
    }
}
