// Tensors that hooks kept from a forward pass.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Tensors of the latest pass at the sites of <see cref="ForwardHooks.Keep"/>.</summary>
/// <remarks>
/// The tensors are those of the pass itself, so <c>autograd.grad</c> of a loss with respect to them
/// works. They are in no dispose scope. Disposing this object disposes them.
/// </remarks>
public sealed class ActivationCache : IDisposable
{
    private readonly Dictionary<HookSite, torch.Tensor> tensors = [];

    internal ActivationCache()
    {
    }

    /// <summary>The sites with a tensor, in the order in which the pass reached them.</summary>
    public IReadOnlyCollection<HookSite> Sites => tensors.Keys;

    /// <summary>The tensor at a site; its shape is described at the site.</summary>
    /// <exception cref="Llm360Exception">
    /// The site is not kept, or no pass has reached it.
    /// </exception>
    public torch.Tensor this[HookSite site] => tensors.TryGetValue(site, out var tensor) ? tensor
        : throw new Llm360Exception("The activation was not kept.", site.ToString(), tensors.Count == 0
            ? "Run a forward pass with these hooks first."
            : $"Keep the site. Kept are {string.Join(", ", tensors.Keys.Take(8))}{(tensors.Count > 8 ? " ..." : "")}.");

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in tensors.Values)
            tensor.Dispose();
        tensors.Clear();
    }

    internal void Set(HookSite site, torch.Tensor tensor)
    {
        if (tensors.Remove(site, out var former))
            former.Dispose();
        tensors[site] = tensor.DetachFromDisposeScope();
    }
}
