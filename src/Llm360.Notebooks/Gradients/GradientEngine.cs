// The choice of the gradient computation of a training run.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>
/// Chooses between <see cref="CpuGradients"/> and <see cref="AutogradGradients"/>.
/// </summary>
internal static class GradientEngine
{
    /// <summary>The fast pass if it supports the model, otherwise autograd on the CPU.</summary>
    public static IGradients For(ParameterBuffer weights, TrainingRecipe recipe) =>
        CpuGradients.IsSupported(weights.Config) ? new CpuGradients(weights, recipe.Groups) : new AutogradGradients(weights, torch.CPU);
}
