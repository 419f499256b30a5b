// GPT-NeoX: embedding; blocks of parallel attention and MLP, each after a LayerNorm; norm; head.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>GPT-NeoX, the form of Pythia.</summary>
/// <remarks>
/// Black et al. 2022 (arXiv 2204.06745), in the arithmetic of Hugging Face's GPTNeoXForCausalLM:
/// biases, rotary embeddings on a part of each head, attention and MLP in parallel (or sequential),
/// GELU.
/// </remarks>
internal sealed class NeoxModel : LanguageModel
{
    private readonly NeoxConfig config;

    internal NeoxModel(NeoxConfig config, IReadOnlyDictionary<string, Tensor> weights, BoundWeights? bound)
        : base(config, weights, bound) => this.config = config;

    private protected override string HeadName => config.TiedHead ? NeoxNames.Embedding : NeoxNames.Head;

    private protected override Tensor Block(int i, Tensor x, AttentionPass attention)
    {
        var hooks = attention.Hooks;
        var mixed = Attention(i, LayerNorm(x, NeoxNames.AttentionNorm(i), config.NormEps), attention); // [batch, wanted, hidden]
        x = attention.OutputPositions(i, x);
        if (config.ParallelResidual && hooks is null)
            return x.add(Mlp(i, x, hooks), One).add(mixed, One);
        var after = Add(x, mixed, HookSite.AttentionOutput(i), HookSite.AfterAttention(i), hooks);
        return Add(after, Mlp(i, config.ParallelResidual ? x : after, hooks), HookSite.MlpOutput(i), HookSite.AfterMlp(i), hooks);
    }

    private protected override Tensor NormalizeFinal(Tensor x) => LayerNorm(x, NeoxNames.FinalNorm, config.NormEps);

    private Tensor Attention(int i, Tensor y, AttentionPass attention)
    {
        // Query, key and value of each head are adjacent.
        var heads = Linear(y, ParameterNames.Weight(NeoxNames.QueryKeyValue(i)), attention.Hooks)
            .view(y.shape[0], y.shape[1], config.Heads, 3, config.HeadDimension).permute(3, 0, 2, 1, 4); // [3, batch, heads, time, head]
        y = attention.Attend(i, attention.OutputPositions(i, heads[0], 2), heads[1], heads[2]);
        return Linear(y, ParameterNames.Weight(NeoxNames.AttentionOutput(i)), attention.Hooks);
    }

    private Tensor Mlp(int i, Tensor x, ForwardHooks? hooks)
    {
        x = LayerNorm(x, NeoxNames.MlpNorm(i), config.NormEps);
        var y = Linear(x, ParameterNames.Weight(NeoxNames.Up(i)), hooks); // [batch, wanted, intermediate]
        y = Activation(y);
        return Linear(y, ParameterNames.Weight(NeoxNames.Down(i)), hooks);
    }

    private Tensor Activation(Tensor x)
    {
        // If threads split a tensor, LibTorch computes the last few values of each part
        // differently.
        using var limit = RowInvariance.IsOn ? OperatorThreads.LimitToOne() : default;
        return config.TanhGelu ? TanhGelu(x) : nn.functional.gelu(x);
    }

    // gelu_new, gelu_fast and gelu_pytorch_tanh are all this function.
    private Tensor TanhGelu(Tensor x)
    {
        using var half = 0.5f.ToScalar();
        using var cubic = 0.044715f.ToScalar();
        using var root = MathF.Sqrt(2 / MathF.PI).ToScalar();
        return x.mul(half) * (x.add(x * x * x, cubic).mul(root).tanh().add(One, One));
    }
}
