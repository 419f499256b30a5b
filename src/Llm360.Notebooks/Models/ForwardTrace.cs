// Looking into a forward pass.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Collects what a forward pass computes on its way. Tensors are in no dispose scope; disposing this object disposes them.</summary>
/// <param name="hidden">Whether to keep hidden states.</param>
/// <param name="attention">Whether to keep attention; computed in the open then, which is slower and takes [batch, heads, time, time] a layer.</param>
public sealed class ForwardTrace(bool hidden = true, bool attention = true) : IDisposable
{
    private readonly List<torch.Tensor> hiddenStates = [], attentions = [];

    /// <summary>[batch, time, hidden] each: the embeddings, which are the input of block 0, the inputs of the other blocks, and last the states after the final norm.</summary>
    public IReadOnlyList<torch.Tensor> HiddenStates => hiddenStates;

    /// <summary>The residual stream before the final norm, [batch, time, hidden]; null when hidden states are not kept.</summary>
    public torch.Tensor? BeforeFinalNorm { get; private set; }

    /// <summary>Attention probabilities of each layer, [batch, heads, time, past + time].</summary>
    public IReadOnlyList<torch.Tensor> Attentions => attentions;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in hiddenStates.Concat(attentions))
            tensor.Dispose();
        BeforeFinalNorm?.Dispose();
    }

    internal bool WantsAttention => attention;

    internal void AddHidden(torch.Tensor x)
    {
        if (hidden)
            hiddenStates.Add(x.clone().DetachFromDisposeScope());
    }

    internal void AddBeforeFinalNorm(torch.Tensor x)
    {
        if (hidden)
            BeforeFinalNorm = x.clone().DetachFromDisposeScope();
    }

    internal void AddAttention(torch.Tensor probabilities) => attentions.Add(probabilities.clone().DetachFromDisposeScope());
}
