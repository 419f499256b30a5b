// Computing the gradients of single rows, and which way is taken for a model.
namespace Llm360.Notebooks;

/// <summary>Gradients of single rows for the weights that a model had when this was made.</summary>
internal interface IRowGradients : IDisposable
{
    /// <summary>Computes gradients as they are asked for. Rows must have been checked.</summary>
    /// <param name="rows">Token ids; each row has at least two.</param>
    /// <param name="form">What each result holds.</param>
    IEnumerable<RowGradient> Compute(IReadOnlyList<int[]> rows, GradientForm form);
}

/// <summary>
/// Chooses between <see cref="CpuRowGradients"/> and <see cref="AutogradRowGradients"/>.
/// </summary>
internal static class RowGradientEngine
{
    /// <summary>
    /// The CPU pass for LLaMA on the CPU, autograd for all others. Angles that change with the
    /// length of the row are left to autograd, because the CPU pass has one table.
    /// </summary>
    public static IRowGradients For(LanguageModel model, GradientOptions options) =>
        model.Device.type == TorchSharp.DeviceType.CPU && model.Config is LlamaConfig { HasDynamicAngles: false } config
        && CpuGradients.IsSupported(config)
            ? new CpuRowGradients(model, options)
            : new AutogradRowGradients(model, options);
}
