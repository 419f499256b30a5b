// What the layers of one forward pass share: where its tokens stand, and what they see.
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>Attention of one forward pass.</summary>
internal abstract class AttentionPass : IDisposable
{
    /// <summary>Hooks of the pass; null for none. With hooks nothing is changed in place.</summary>
    public virtual ForwardHooks? Hooks => null;

    /// <summary>Mixes values by attention, scores divided by the root of the head's dimensions.</summary>
    /// <param name="layer">The layer, counted from 0.</param>
    /// <param name="q">[batch, heads, time, head], not yet turned; of the wanted positions alone.</param>
    /// <param name="k">[batch, key-value heads, time, head], not yet turned.</param>
    /// <param name="v">[batch, key-value heads, time, head]</param>
    /// <returns>[batch, time, heads x head], as many positions as <paramref name="q"/> has.</returns>
    public abstract Tensor Attend(int layer, Tensor q, Tensor k, Tensor v);

    /// <summary>What a layer goes on with once keys and values are made: all positions, but in the last layer only those whose hidden state is wanted in the end.</summary>
    /// <param name="layer">The layer, counted from 0.</param>
    /// <param name="x">All positions of something.</param>
    /// <param name="dimension">Where positions are counted.</param>
    public virtual Tensor OutputPositions(int layer, Tensor x, int dimension = 1) => x;

    /// <summary>Frees what was made along the way.</summary>
    public abstract void Dispose();

    /// <summary>Refuses sequences that the model has no positions for.</summary>
    protected static void CheckLength(LanguageModel model, int length)
    {
        if (length > model.Config.LongestSequence)
            throw new Llm360Exception($"A sequence of {length} tokens is longer than the model's {model.Config.LongestSequence} positions.", "tokens", "Give shorter sequences.");
    }

    /// <summary>Whether the kernel written here can take what a pass attends with.</summary>
    protected static bool IsForKernel(Tensor q, Tensor k, Tensor v) => TensorMemory.IsPlain(q) && TensorMemory.IsPlain(k) && TensorMemory.IsPlain(v) && q.stride(3) == 1 && k.stride(3) == 1 && v.stride(3) == 1;

    /// <summary>LibTorch's attention, key-value heads repeated where they are fewer.</summary>
    /// <param name="q">[batch, heads, time, head]</param>
    /// <param name="k">[batch, key-value heads, all, head]</param>
    /// <param name="v">As <paramref name="k"/>.</param>
    /// <param name="mask">What is seen; null for a whole prefix, or for one new position.</param>
    protected static Tensor ScaledDotProduct(Tensor q, Tensor k, Tensor v, Tensor? mask) =>
        nn.functional.scaled_dot_product_attention(q, Repeated(k, q), Repeated(v, q), mask, is_casual: mask is null && q.shape[2] > 1);

    /// <summary>Key-value heads repeated for each query head of their group.</summary>
    protected static Tensor Repeated(Tensor x, Tensor q) => x.shape[1] == q.shape[1] ? x : x.repeat_interleave(q.shape[1] / x.shape[1], dim: 1);

    /// <summary>[batch, heads, time, head] to [batch, time, heads x head].</summary>
    protected static Tensor MergeHeads(Tensor output) => output.transpose(1, 2).reshape(output.shape[0], output.shape[2], -1);

    protected static Tensor Positions(long first, long end, LanguageModel model) => arange(first, end, dtype: int64, device: model.Device);
}
