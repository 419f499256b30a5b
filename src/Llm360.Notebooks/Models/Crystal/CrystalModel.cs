// CrystalCoder: GPT-2's layout, rotary embeddings on neighbouring pairs, SwiGLU, muP's factors.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>CrystalCoder.</summary>
/// <remarks>
/// Liu et al. 2023 (arXiv 2312.06550), in the arithmetic of the authors' modeling code. Embeddings
/// and logits are scaled, and scores are divided by the head dimension. Linear layers are Conv1D (x
/// W + b with W [in, out]).
/// </remarks>
internal sealed class CrystalModel : LanguageModel
{
    private readonly CrystalConfig config;
    private readonly Scalar embeddingScale, logitScale, queryScale;

    internal CrystalModel(CrystalConfig config, IReadOnlyDictionary<string, Tensor> weights, BoundWeights? bound)
        : base(config, weights, bound, rotatesNeighbours: true)
    {
        this.config = config;
        embeddingScale = config.EmbeddingScale.ToScalar();
        logitScale = config.LogitScale.ToScalar();
        // Attention divides by the square root of the head dimension; muP divides by the dimension.
        queryScale = (config.ScaleByDimension ? 1 / Math.Sqrt(config.HeadDimension) : 1).ToScalar();
    }

    private protected override string HeadName => CrystalNames.Embedding;

    /// <inheritdoc/>
    public override void Dispose()
    {
        embeddingScale.Dispose();
        logitScale.Dispose();
        queryScale.Dispose();
        base.Dispose();
    }

    private protected override Tensor ScaleLogits(Tensor products) => products.mul(logitScale);

    private protected override Tensor ScaleEmbeddings(Tensor rows) => rows.mul(embeddingScale);

    private protected override Tensor Block(int i, Tensor x, AttentionPass attention)
    {
        var hooks = attention.Hooks;
        // [batch, time, 3 x hidden]: all queries, all keys, all values.
        var y = Conv1D(LayerNorm(x, CrystalNames.AttentionNorm(i), config.NormEps), CrystalNames.QueryKeyValue(i), hooks);
        // [batch, heads, output positions, head]
        var q = Heads(attention.OutputPositions(i, y.narrow(2, 0, config.HiddenSize)), config.Heads).mul(queryScale);
        var k = Heads(y.narrow(2, config.HiddenSize, config.HiddenSize), config.Heads); // [batch, heads, time, head]
        var v = Heads(y.narrow(2, 2L * config.HiddenSize, config.HiddenSize), config.Heads);
        var mixed = Conv1D(attention.Attend(i, q, k, v), CrystalNames.AttentionOutput(i), hooks); // [batch, wanted, hidden]
        x = Add(attention.OutputPositions(i, x), mixed, HookSite.AttentionOutput(i), HookSite.AfterAttention(i), hooks);
        y = LayerNorm(x, CrystalNames.MlpNorm(i), config.NormEps);
        var up = Conv1D(y, CrystalNames.Up(i), hooks); // [batch, time, intermediate]
        var gated = Gated(Conv1D(y, CrystalNames.Gate(i), hooks), up);
        return Add(x, Conv1D(gated, CrystalNames.Down(i), hooks), HookSite.MlpOutput(i), HookSite.AfterMlp(i), hooks);
    }

    private protected override Tensor NormalizeFinal(Tensor x) => LayerNorm(x, CrystalNames.FinalNorm, config.NormEps);

    // LibTorch computes the last few values of a tensor differently from the others.
    private static Tensor Gated(Tensor gate, Tensor up)
    {
        if (!RowInvariance.IsOn || !TensorMemory.IsPlain(gate) || !TensorMemory.IsPlain(up))
            return up * nn.functional.silu(gate);
        SwiGlu.Forward(gate, up);
        return gate;
    }

    private Tensor Conv1D(Tensor x, string module, ForwardHooks? hooks)
    {
        var weight = ParameterNames.Weight(module);
        return Linear(x, weight, Weights[weight].t(), Weights[ParameterNames.Bias(module)], hooks);
    }
}
