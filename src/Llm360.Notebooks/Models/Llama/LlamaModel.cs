// LLaMA: embedding; blocks of attention and MLP, each after an RMSNorm; norm; head.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>LLaMA, Amber, K2 and the suites trained here.</summary>
/// <remarks>
/// Touvron et al. 2023 (arXiv 2302.13971), in the arithmetic of Hugging Face's LlamaForCausalLM:
/// RMSNorm, rotary embeddings on half-split pairs, grouped key-value heads, SwiGLU.
/// </remarks>
internal sealed class LlamaModel : LanguageModel
{
    private readonly LlamaConfig config;
    private readonly Scalar eps;
    private readonly SmallBatchBlock few;

    /// <summary>Binds tensors; the caller owns them.</summary>
    public LlamaModel(LlamaConfig config, IReadOnlyDictionary<string, Tensor> weights)
        : this(config, weights, null)
    {
    }

    internal LlamaModel(LlamaConfig config, IReadOnlyDictionary<string, Tensor> weights, BoundWeights? bound)
        : base(config, weights, bound)
    {
        this.config = config;
        eps = config.NormEps.ToScalar();
        few = new SmallBatchBlock(config, weights);
    }

    private protected override string HeadName => config.TiedHead ? LlamaNames.Embedding : LlamaNames.Head;

    /// <inheritdoc/>
    public override void Dispose()
    {
        eps.Dispose();
        base.Dispose();
    }

    private protected override Tensor Block(int i, Tensor x, AttentionPass attention)
    {
        if (attention is SlotAttention { OutputsAll: true } slots && few.Takes(x))
        {
            few.Run(i, x, slots);
            return x;
        }

        var hooks = attention.Hooks;
        var y = LinearProduct.Input(Norm(x, LlamaNames.AttentionNorm(i)), Weights[LlamaNames.Query(i)]); // [batch, time, hidden]
        var k = Heads(Linear(y, LlamaNames.Key(i), hooks), config.KeyValueHeads); // [batch, key-value heads, time, head]
        var v = Heads(Linear(y, LlamaNames.Value(i), hooks), config.KeyValueHeads);
        (x, y) = (attention.OutputPositions(i, x), attention.OutputPositions(i, y)); // [batch, wanted, hidden], as all that follows
        var q = Heads(Linear(y, LlamaNames.Query(i), hooks), config.Heads); // [batch, heads, wanted, head]
        y = attention.Attend(i, q, k, v); // [batch, wanted, heads x head]
        x = AddLinear(x, y, LlamaNames.AttentionOutput(i), HookSite.AttentionOutput(i), HookSite.AfterAttention(i), hooks);
        y = LinearProduct.Input(Norm(x, LlamaNames.MlpNorm(i)), Weights[LlamaNames.Gate(i)]);
        y = Gated(Linear(y, LlamaNames.Gate(i), hooks), Linear(y, LlamaNames.Up(i), hooks), hooks is null); // [batch, wanted, intermediate]
        return AddLinear(x, y, LlamaNames.Down(i), HookSite.MlpOutput(i), HookSite.AfterMlp(i), hooks);
    }

    private protected override Tensor NormalizeFinal(Tensor x) => Norm(x, LlamaNames.FinalNorm);

    // SwiGLU: silu(gate) up, [batch, time, intermediate].
    private static Tensor Gated(Tensor gate, Tensor up, bool inPlace)
    {
        if (!inPlace || !TensorMemory.IsPlain(gate) || !TensorMemory.IsPlain(up))
            return nn.functional.silu(gate) * up;
        SwiGlu.Forward(gate, up);
        return gate;
    }

    // RMSNorm in float32, rounded to the hidden states' type before the product with the weight.
    private Tensor Norm(Tensor x, string name)
    {
        var weight = Weights[name].to(x.dtype);
        if (TensorMemory.IsPlain(x) && TensorMemory.IsPlain(weight))
            return RmsNorm.Forward(x, weight, (float)config.NormEps);
        var wide = x.to(float32);
        var scale = rsqrt(wide.square().mean([-1], keepdim: true).add(eps, One)); // [batch, time, 1]
        return (wide * scale).to(x.dtype) * weight;
    }
}
