// Which way to the gradient a training takes.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Chooses between <see cref="CpuGradients"/> and <see cref="AutogradGradients"/>.</summary>
internal static class GradientEngine
{
    /// <summary>The fast pass where it computes the model, else autograd on the CPU.</summary>
    public static IGradients For(ParameterBuffer weights, TrainingRecipe recipe) =>
        CpuGradients.IsSupported(weights.Config) ? new CpuGradients(weights, recipe.Groups) : new AutogradGradients(weights, torch.CPU);
}
