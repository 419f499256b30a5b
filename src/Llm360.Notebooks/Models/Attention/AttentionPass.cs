// State that the layers of one forward pass share: token positions and the attention mask.
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>Attention of one forward pass.</summary>
internal abstract class AttentionPass : IDisposable
{
    /// <summary>Hooks of the pass; null for none. With hooks nothing is changed in place.</summary>
    public virtual ForwardHooks? Hooks => null;

    /// <summary>Attention, with scores divided by the square root of the head dimension.</summary>
    /// <param name="layer">The layer, counted from 0.</param>
    /// <param name="q">
    /// [batch, heads, time, head], not yet rotated; only the output positions.
    /// </param>
    /// <param name="k">[batch, key-value heads, time, head], not yet rotated.</param>
    /// <param name="v">[batch, key-value heads, time, head]</param>
    /// <returns>[batch, time, heads x head], for the positions of <paramref name="q"/>.</returns>
    public abstract Tensor Attend(int layer, Tensor q, Tensor k, Tensor v);

    /// <summary>
    /// The positions that a layer needs after it has computed keys and values. The last layer needs
    /// only the positions whose hidden states are requested; all other layers need all positions.
    /// </summary>
    /// <param name="layer">The layer, counted from 0.</param>
    /// <param name="x">A tensor over all positions.</param>
    /// <param name="dimension">The dimension of the positions.</param>
    public virtual Tensor OutputPositions(int layer, Tensor x, int dimension = 1) => x;

    /// <summary>Frees the tensors of the pass.</summary>
    public abstract void Dispose();

    /// <summary>Refuses sequences longer than the model's positions.</summary>
    protected static void CheckLength(LanguageModel model, int length)
    {
        if (length > model.Config.LongestSequence)
        {
            throw new Llm360Exception(
                $"A sequence of {length} tokens is longer than the model's {model.Config.LongestSequence} positions.", "tokens",
                "Give shorter sequences.");
        }
    }

    /// <summary>Whether the kit's own kernel supports these tensors.</summary>
    protected static bool IsForKernel(Tensor q, Tensor k, Tensor v) =>
        TensorMemory.IsPlain(q) && TensorMemory.IsPlain(k) && TensorMemory.IsPlain(v)
        && q.stride(3) == 1 && k.stride(3) == 1 && v.stride(3) == 1;

    /// <summary>LibTorch's attention; key-value heads are repeated if they are fewer.</summary>
    /// <param name="q">[batch, heads, time, head]</param>
    /// <param name="k">[batch, key-value heads, all, head]</param>
    /// <param name="v">As <paramref name="k"/>.</param>
    /// <param name="mask">Visible keys; null for a whole prefix, or for one new position.</param>
    protected static Tensor ScaledDotProduct(Tensor q, Tensor k, Tensor v, Tensor? mask) =>
        nn.functional.scaled_dot_product_attention(q, Repeated(k, q), Repeated(v, q), mask, is_casual: mask is null && q.shape[2] > 1);

    /// <summary>Key-value heads repeated for each query head of their group.</summary>
    protected static Tensor Repeated(Tensor x, Tensor q) =>
        x.shape[1] == q.shape[1] ? x : x.repeat_interleave(q.shape[1] / x.shape[1], dim: 1);

    /// <summary>[batch, heads, time, head] to [batch, time, heads x head].</summary>
    protected static Tensor MergeHeads(Tensor output) => output.transpose(1, 2).reshape(output.shape[0], output.shape[2], -1);

    protected static Tensor Positions(long first, long end, LanguageModel model) => arange(first, end, dtype: int64, device: model.Device);
}
