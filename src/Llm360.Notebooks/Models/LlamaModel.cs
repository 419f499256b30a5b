// LLaMA: embed; for each block attention and MLP, each behind an RMSNorm; norm; head.
using Llm360.Notebooks.Suites;
using Llm360.Notebooks.Torch;
using Llm360.Notebooks.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks.Models;

/// <summary>A LLaMA model: a configuration and tensors bound by name.</summary>
/// <remarks>
/// Touvron et al. 2023 (arXiv 2302.13971), in the arithmetic of Hugging Face's LlamaForCausalLM: RMSNorm, rotary embeddings on half-split pairs, grouped
/// key-value heads, SwiGLU. Weights on the CPU in the file's own type are mapped, not copied.
/// </remarks>
public sealed class LlamaModel : IDisposable
{
    private readonly IReadOnlyDictionary<string, Tensor> weights;
    private readonly BoundWeights? bound;
    private readonly Tensor cos, sin; // [longest, head]

    // An implicit Scalar (x + y makes one too) is not kept alive during the native call: a garbage collection at that moment frees it. These are held.
    private readonly Scalar one, eps;

    /// <summary>Binds tensors; the caller keeps owning them.</summary>
    public LlamaModel(LlamaConfig config, IReadOnlyDictionary<string, Tensor> weights)
        : this(config, weights, null)
    {
    }

    private LlamaModel(LlamaConfig config, IReadOnlyDictionary<string, Tensor> weights, BoundWeights? bound)
    {
        Config = config;
        this.weights = weights;
        this.bound = bound;
        one = 1f.ToScalar();
        eps = config.NormEps.ToScalar();
        var table = new RotaryTable(config);
        cos = Table(table.Cos);
        sin = Table(table.Sin);

        Tensor Table(float[] values)
        {
            using var scope = NewDisposeScope();
            var embedding = weights[LlamaNames.Embedding];
            var half = tensor(values, [config.MaximumLength, config.HeadDimension / 2]);
            return cat([half, half], dim: 1).to(embedding.dtype).to(embedding.device).DetachFromDisposeScope();
        }
    }

    /// <summary>The shape.</summary>
    public LlamaConfig Config { get; }

    /// <summary>Where the weights are.</summary>
    public torch.Device Device => weights[LlamaNames.Embedding].device;

    /// <summary>The type computed in.</summary>
    public ScalarType Type => weights[LlamaNames.Embedding].dtype;

    /// <summary>Loads a checkpoint's folder: <c>config.json</c> and weights in any format that <see cref="StateDict"/> opens.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where to; the CPU maps the file.</param>
    /// <param name="type">Type to compute in; null keeps the file's.</param>
    /// <exception cref="Llm360Exception">The files are missing or malformed, or tensors are missing, unknown or misshapen; all of them are listed.</exception>
    public static LlamaModel Load(string folder, Torch.Device? device = null, ScalarType? type = null)
    {
        LibTorch.Load();
        var config = LlamaConfig.Read(Path.Combine(folder, SuiteLayout.Config));
        var bound = BoundWeights.Load(Open(folder, config), [.. config.Parameters().Select(p => p.Name)], device, type);
        return new LlamaModel(config, bound.Tensors, bound);
    }

    /// <summary>Goes on to another checkpoint of the same shape, in the memory, device and type of this one.</summary>
    /// <param name="folder">Its folder.</param>
    /// <exception cref="Llm360Exception">It cannot be loaded, or has another configuration; the model is as it was.</exception>
    public void Rebind(string folder)
    {
        if (bound is null)
            throw new InvalidOperationException("The model does not own its weights.");
        var config = LlamaConfig.Read(Path.Combine(folder, SuiteLayout.Config));
        if (config != Config)
            throw new Llm360Exception("The checkpoint has another configuration.", Path.Combine(folder, SuiteLayout.Config), "Load it as a model of its own.");
        bound.Rebind(Open(folder, config));
    }

    /// <summary>The hidden states after the last norm.</summary>
    /// <param name="tokens">Token ids, I64 [batch, time].</param>
    /// <param name="cache">Keys and values of earlier positions; the new ones are added.</param>
    /// <returns>[batch, time, hidden]</returns>
    public Tensor Forward(Tensor tokens, KeyValueCache? cache = null)
    {
        using var scope = NewDisposeScope();
        var past = cache?.Length ?? 0;
        var x = weights[LlamaNames.Embedding].index_select(0, tokens.reshape(-1)).view(tokens.shape[0], tokens.shape[1], Config.HiddenSize); // [batch, time, hidden]
        for (var i = 0; i < Config.Layers; i++)
        {
            x = x.add(Attention(i, Norm(x, LlamaNames.AttentionNorm(i)), past, cache), one);
            x = x.add(Mlp(i, Norm(x, LlamaNames.MlpNorm(i))), one);
        }

        cache?.Advance((int)tokens.shape[1]);
        return Norm(x, LlamaNames.FinalNorm).MoveToOuterDisposeScope();
    }

    /// <summary>Logits of hidden states.</summary>
    /// <param name="hidden">[..., hidden]</param>
    /// <returns>[..., vocabulary]</returns>
    public Tensor Logits(Tensor hidden) => nn.functional.linear(hidden, weights[Config.TiedHead ? LlamaNames.Embedding : LlamaNames.Head]);

    /// <inheritdoc/>
    public void Dispose()
    {
        cos.Dispose();
        sin.Dispose();
        one.Dispose();
        eps.Dispose();
        bound?.Dispose();
    }

    private Tensor Attention(int layer, Tensor x, int past, KeyValueCache? cache)
    {
        long batch = x.shape[0], time = x.shape[1];
        var q = Rotate(Heads(x, LlamaNames.Query(layer), Config.Heads), past); // [batch, heads, time, head]
        var k = Rotate(Heads(x, LlamaNames.Key(layer), Config.KeyValueHeads), past); // [batch, key-value heads, time, head]
        var v = Heads(x, LlamaNames.Value(layer), Config.KeyValueHeads);
        if (cache is not null)
            (k, v) = cache.Append(layer, k, v); // [batch, key-value heads, past + time, head]
        if (Config.KeyValueHeads != Config.Heads)
        {
            k = k.repeat_interleave(Config.Heads / Config.KeyValueHeads, dim: 1);
            v = v.repeat_interleave(Config.Heads / Config.KeyValueHeads, dim: 1);
        }

        // One new position sees all that came before, so only a whole prefix needs the causal mask.
        if (past > 0 && time > 1)
            throw new InvalidOperationException("A cache that holds positions takes one new position at a time.");
        var mixed = nn.functional.scaled_dot_product_attention(q, k, v, is_casual: past == 0); // [batch, heads, time, head]
        return nn.functional.linear(mixed.transpose(1, 2).reshape(batch, time, -1), weights[LlamaNames.AttentionOutput(layer)]);
    }

    private Tensor Mlp(int layer, Tensor x)
    {
        var gate = nn.functional.silu(nn.functional.linear(x, weights[LlamaNames.Gate(layer)])); // [batch, time, intermediate]
        return nn.functional.linear(gate * nn.functional.linear(x, weights[LlamaNames.Up(layer)]), weights[LlamaNames.Down(layer)]);
    }

    private Tensor Norm(Tensor x, string name)
    {
        var scale = rsqrt(x.to(float32).square().mean([-1], keepdim: true).add(eps, one)); // [batch, time, 1]
        return (x.to(float32) * scale).to(x.dtype) * weights[name];
    }

    private Tensor Heads(Tensor x, string name, int heads) => // [batch, heads, time, head]
        nn.functional.linear(x, weights[name]).view(x.shape[0], x.shape[1], heads, Config.HeadDimension).transpose(1, 2);

    private Tensor Rotate(Tensor x, int past) // [batch, heads, time, head]
    {
        var time = x.shape[2];
        if (past + time > Config.MaximumLength)
            throw new Llm360Exception($"A sequence of {past + time} tokens is longer than the model's {Config.MaximumLength} positions.", "tokens", "Give shorter sequences.");
        var half = Config.HeadDimension / 2;
        var turned = cat([-x.narrow(3, half, half), x.narrow(3, 0, half)], dim: 3);
        return (x * cos.narrow(0, past, time)).add(turned * sin.narrow(0, past, time), one);
    }

    private static StateDict Open(string folder, LlamaConfig config)
    {
        var weights = StateDict.Open(folder);
        try
        {
            weights.Check(config.Parameters(), name => IsIgnored(config, name));
            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    // Older checkpoints store the rotary frequencies; a tied head may be stored beside the embedding it equals.
    private static bool IsIgnored(LlamaConfig config, string name) =>
        name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal) || (config.TiedHead && name == LlamaNames.Head);
}
