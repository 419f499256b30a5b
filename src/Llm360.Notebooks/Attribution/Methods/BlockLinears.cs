// Gradients of the linear layers of the blocks, which most methods use.
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>Reads gradients of <see cref="LinearLayer.OfBlocks"/>.</summary>
internal static class BlockLinears
{
    /// <summary>The gradient by a layer's weight, [out, in] for every family.</summary>
    /// <param name="gradient">A full gradient.</param>
    /// <param name="layer">The layer.</param>
    /// <returns>A view or a copy in the current dispose scope.</returns>
    public static Tensor Gradient(RowGradient gradient, LinearLayer layer)
    {
        var tensor = gradient.Tensors[layer.Parameter];
        return layer.IsInputFirst ? tensor.t() : tensor.alias();
    }
}
