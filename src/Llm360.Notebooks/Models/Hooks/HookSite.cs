// A named place in a forward pass, where a hook may read or replace a tensor.
namespace Llm360.Notebooks;

/// <summary>A place in a forward pass; blocks are counted from 0.</summary>
/// <remarks>
/// Every family has all sites. A block adds the attention output and then the MLP output to the
/// residual stream. A parallel block (GPT-NeoX) adds both too, but its MLP reads the block's input.
/// </remarks>
public readonly record struct HookSite
{
    private HookSite(HookKind kind, int block = -1, string? parameter = null) => (Kind, Block, Parameter) = (kind, block, parameter);

    /// <summary>
    /// The rows of the embedding, [batch, time, hidden]. CrystalCoder multiplies them with a factor
    /// after this site.
    /// </summary>
    public static HookSite Embedding => new(HookKind.Embedding);

    /// <summary>The hidden states after the last norm, [batch, time, hidden].</summary>
    public static HookSite FinalNorm => new(HookKind.FinalNorm);

    internal HookKind Kind { get; }

    internal int Block { get; }

    internal bool IsInBlock => Kind is not (HookKind.Embedding or HookKind.FinalNorm or HookKind.LinearInput or HookKind.LinearOutput);

    /// <summary>The weight of a linear layer; null elsewhere.</summary>
    internal string? Parameter { get; }

    /// <summary>The residual stream that a block reads, [batch, time, hidden].</summary>
    public static HookSite BlockInput(int block) => new(HookKind.BlockInput, block);

    /// <summary>Attention probabilities, [batch, heads, queries, keys]; rows sum to 1.</summary>
    /// <remarks>
    /// A pass makes this tensor only for a hook, because it has time x time values for each head.
    /// </remarks>
    public static HookSite AttentionProbabilities(int block) => new(HookKind.AttentionProbabilities, block);

    /// <summary>Output of attention, added to the residual stream, [batch, time, hidden].</summary>
    public static HookSite AttentionOutput(int block) => new(HookKind.AttentionOutput, block);

    /// <summary>The residual stream after attention was added, [batch, time, hidden].</summary>
    public static HookSite AfterAttention(int block) => new(HookKind.AfterAttention, block);

    /// <summary>Output of the MLP, added to the residual stream, [batch, time, hidden].</summary>
    public static HookSite MlpOutput(int block) => new(HookKind.MlpOutput, block);

    /// <summary>
    /// The residual stream that a block returns, [batch, time, hidden]: the next block's input, or
    /// the input of the final norm.
    /// </summary>
    public static HookSite AfterMlp(int block) => new(HookKind.AfterMlp, block);

    /// <summary>Input of a linear layer, [batch, time, inputs].</summary>
    /// <param name="weight">
    /// Name of the layer's weight, one of <see cref="LanguageModel.LinearLayers"/>. The head is
    /// reached by <see cref="LanguageModel.Logits(TorchSharp.torch.Tensor, ForwardHooks?)"/>.
    /// </param>
    public static HookSite LinearInput(string weight) => new(HookKind.LinearInput, parameter: weight);

    /// <summary>
    /// The output of a linear layer, bias included, [batch, time, outputs]. CrystalCoder multiplies
    /// the head's output with a factor after this site.
    /// </summary>
    /// <param name="weight">As in <see cref="LinearInput"/>.</param>
    public static HookSite LinearOutput(string weight) => new(HookKind.LinearOutput, parameter: weight);

    /// <summary>The name, for example <c>block 3 attention output</c>.</summary>
    public override string ToString() => Kind switch
    {
        HookKind.Embedding => "embedding",
        HookKind.BlockInput => $"block {Block} input",
        HookKind.AttentionProbabilities => $"block {Block} attention probabilities",
        HookKind.AttentionOutput => $"block {Block} attention output",
        HookKind.AfterAttention => $"block {Block} after attention",
        HookKind.MlpOutput => $"block {Block} MLP output",
        HookKind.AfterMlp => $"block {Block} after MLP",
        HookKind.FinalNorm => "final norm",
        HookKind.LinearInput => $"input of {Parameter}",
        _ => $"output of {Parameter}",
    };
}

/// <summary>The kinds of <see cref="HookSite"/>.</summary>
internal enum HookKind
{
    Embedding,
    BlockInput,
    AttentionProbabilities,
    AttentionOutput,
    AfterAttention,
    MlpOutput,
    AfterMlp,
    FinalNorm,
    LinearInput,
    LinearOutput,
}
