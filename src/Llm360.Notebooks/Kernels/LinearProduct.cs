// Products with weights in their stored type, by the kit's kernels or by LibTorch.
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>x W^T + b on the CPU or another device.</summary>
internal static class LinearProduct
{
    /// <summary>
    /// x in the type of its product with a weight, so that it is rounded once for several products.
    /// </summary>
    /// <param name="x">[..., width]</param>
    /// <param name="weight">[outputs, width]</param>
    public static Tensor Input(Tensor x, Tensor weight) =>
        x.dtype != weight.dtype && !RowProducts.Takes(x, weight) && !UnpackedProducts.Takes(x, weight) && NarrowTypes.Rounds(weight.dtype)
            ? x.to(weight.dtype) : x;

    /// <summary>x W^T + b</summary>
    /// <param name="x">[..., width], as it is or <see cref="Input"/>.</param>
    /// <param name="weight">[outputs, width]</param>
    /// <param name="bias">[outputs]; null for none.</param>
    /// <returns>[..., outputs], of the type of x or of the weight.</returns>
    public static Tensor Of(Tensor x, Tensor weight, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        var isInvariant = RowProducts.Takes(x, weight);
        if (!isInvariant && !UnpackedProducts.Takes(x, weight))
        {
            x = Input(x, weight);
            var product = x.dtype == weight.dtype ? nn.functional.linear(x, weight, bias) : NarrowTypes.Widened(x, weight, bias);
            return product.MoveToOuterDisposeScope();
        }

        var y = empty([.. x.shape[..^1], weight.shape[0]], float32, CPU); // The user may have changed the default type.
        if (bias is not null)
            y.copy_(bias);
        if (isInvariant)
            RowProducts.Multiply(y, x, weight, add: bias is not null);
        else
            UnpackedProducts.Multiply(y, x, weight, add: bias is not null);
        return y.MoveToOuterDisposeScope();
    }
}
