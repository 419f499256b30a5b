// Gradients of single rows, and the choice of the computation for a model.
namespace Llm360.Notebooks;

/// <summary>Gradients of single rows for the weights of a model at the time of creation.</summary>
internal interface IRowGradients : IDisposable
{
    /// <summary>Computes gradients lazily. The caller must have checked the rows.</summary>
    /// <param name="rows">Token ids; each row has at least two.</param>
    /// <param name="form">The form of each result.</param>
    IEnumerable<RowGradient> Compute(IReadOnlyList<int[]> rows, GradientForm form);
}

/// <summary>
/// Chooses between <see cref="CpuRowGradients"/> and <see cref="AutogradRowGradients"/>.
/// </summary>
internal static class RowGradientEngine
{
    /// <summary>
    /// The CPU pass for LLaMA on the CPU, autograd for all others. Angles that change with the
    /// length of the row need autograd, because the CPU pass has one table.
    /// </summary>
    public static IRowGradients For(LanguageModel model, GradientOptions options) =>
        model.Device.type == TorchSharp.DeviceType.CPU && model.Config is LlamaConfig { HasDynamicAngles: false } config
        && CpuGradients.IsSupported(config)
            ? new CpuRowGradients(model, options)
            : new AutogradRowGradients(model, options);
}
