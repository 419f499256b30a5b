// Hooks of a forward pass: they read or replace tensors at named sites.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>Reads and replaces tensors on the path of a forward pass.</summary>
/// <remarks>
/// A hook gets the tensor of the pass itself, without a copy or a detach. Gradients flow through
/// it, and gradients with respect to it can be computed. Hooks of one site run in the order in
/// which they were added. A pass with hooks changes no tensor in place, and a hook must not either.
/// The pass frees the tensors that it gives to hooks. A hook that keeps one calls
/// <see cref="Tensor.DetachFromDisposeScope"/> and disposes it later, or leaves both to
/// <see cref="Keep"/>. One object serves one pass at a time.
/// </remarks>
public sealed class ForwardHooks
{
    private readonly Dictionary<HookSite, List<Func<Tensor, Tensor?>>> hooks = [];

    /// <summary>Calls back with the tensor at a site.</summary>
    /// <returns>This object.</returns>
    public ForwardHooks Read(HookSite site, Action<Tensor> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        return Add(site, x =>
        {
            read(x);
            return null;
        });
    }

    /// <summary>Replaces the tensor at a site by another of its shape, type and device.</summary>
    /// <param name="site">The site.</param>
    /// <param name="replace">
    /// Returns the replacement of the tensor at the site. The pass does not dispose a tensor that
    /// was made outside of it.
    /// </param>
    /// <returns>This object.</returns>
    public ForwardHooks Replace(HookSite site, Func<Tensor, Tensor> replace)
    {
        ArgumentNullException.ThrowIfNull(replace);
        return Add(site, replace);
    }

    /// <summary>Keeps the tensors at some sites.</summary>
    /// <returns>The tensors of the latest pass; dispose it.</returns>
    public ActivationCache Keep(params IEnumerable<HookSite> sites)
    {
        ArgumentNullException.ThrowIfNull(sites);
        var kept = new ActivationCache();
        foreach (var site in sites)
            Read(site, x => kept.Set(site, x));
        return kept;
    }

    /// <summary>New hooks that start with these.</summary>
    internal ForwardHooks Copy()
    {
        var copy = new ForwardHooks();
        foreach (var (site, list) in hooks)
            copy.hooks[site] = [.. list];
        return copy;
    }

    internal bool Has(HookSite site) => hooks.ContainsKey(site);

    /// <summary>Runs the hooks of a site.</summary>
    /// <returns>The tensor for the rest of the pass, contiguous if it was replaced.</returns>
    internal Tensor Apply(HookSite site, Tensor x)
    {
        foreach (var hook in hooks.GetValueOrDefault(site) ?? [])
        {
            if (hook(x) is not { } next || ReferenceEquals(next, x))
                continue;
            if (next.IsInvalid || next.dtype != x.dtype || !IsSame(next.device, x.device) || !next.shape.SequenceEqual(x.shape))
            {
                throw new Llm360Exception(
                    $"A hook returned {(next.IsInvalid ? "a disposed tensor" : Describe(next))}, and {Describe(x)} is needed.",
                    $"hook at {site}",
                    "Return a tensor of the shape, type and device of the one that the hook gets.");
            }

            // A view has its own handle, because the caller may dispose the tensor itself.
            x = next.contiguous().view(next.shape);
        }

        return x;
    }

    /// <summary>Refuses sites that a model does not have.</summary>
    /// <exception cref="Llm360Exception">A site's block or parameter does not exist.</exception>
    internal void Check(LanguageModel model)
    {
        foreach (var site in hooks.Keys)
        {
            var where = $"hook at {Printable.Value(site.ToString())}";
            if (site.Parameter is { } weight && !model.LinearLayers.Contains(weight))
            {
                throw new Llm360Exception(
                    $"The model has no linear layer {Printable.Value(weight)}.", where,
                    $"LanguageModel.LinearLayers lists them: {string.Join(", ", model.LinearLayers.Take(3))} ...");
            }

            var blocks = model.Config.Layers;
            if (site.IsInBlock && (site.Block < 0 || site.Block >= blocks))
                throw new Llm360Exception($"The model has no block {site.Block}.", where, $"Choose a block from 0 to {blocks - 1}.");
        }
    }

    private static bool IsSame(torch.Device a, torch.Device b) => a.type == b.type && a.index == b.index;

    private static string Describe(Tensor x) => $"{x.dtype} [{string.Join(", ", x.shape)}] on {x.device}";

    private ForwardHooks Add(HookSite site, Func<Tensor, Tensor?> hook)
    {
        if (!hooks.TryGetValue(site, out var list))
            hooks[site] = list = [];
        list.Add(hook);
        return this;
    }
}

/// <summary>Hooks that may be absent.</summary>
internal static class OptionalHooks
{
    /// <summary>The tensor for the rest of the pass; without hooks, the same tensor.</summary>
    public static Tensor At(this ForwardHooks? hooks, HookSite site, Tensor x) => hooks is null ? x : hooks.Apply(site, x);
}
