// A decoder-only language model: the parts that all families share.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// A language model: a configuration and tensors bound by name. Nothing is initialised at random.
/// </summary>
/// <remarks>
/// Weights on the CPU in the file's own type are mapped, not copied. The first greedy token makes a
/// bfloat16 copy of a float32 head. Several threads may run passes at once; <see cref="Rebind"/>
/// must run alone.
/// </remarks>
public abstract partial class LanguageModel : IDisposable
{
    private readonly BoundWeights? bound;
    private readonly IReadOnlyDictionary<string, Tensor> weights;
    private readonly RotaryEmbedding rotary;
    private readonly Lock headGate = new();
    private Bf16HeadShortlist? headShortlist;
    private bool isDisposed;

    private protected LanguageModel(
        ModelConfig config, IReadOnlyDictionary<string, Tensor> weights, BoundWeights? bound, bool rotatesNeighbours = false)
    {
        (Config, this.weights, this.bound) = (config, weights, bound);
        linearLayers = new(ListLinearLayers);
        rotary = new RotaryEmbedding(this, rotatesNeighbours);
        One = 1f.ToScalar();
        HiddenType = Device.type == DeviceType.CPU && Type is ScalarType.BFloat16 or ScalarType.Float16 ? float32 : Type;
    }

    /// <summary>The shape.</summary>
    public ModelConfig Config { get; }

    /// <summary>Where the weights are.</summary>
    public torch.Device Device => Weights[Config.EmbeddingName].device;

    /// <summary>The weights' type.</summary>
    public ScalarType Type => Weights[Config.EmbeddingName].dtype;

    /// <summary>
    /// The type of hidden states, keys and values. It is the type of the weights. On the CPU,
    /// weights of 16 bits have float32 here, because 16 bits are no faster between products.
    /// </summary>
    public ScalarType HiddenType { get; internal init; }

    /// <summary>The checkpoint's folder; null where the caller bound tensors.</summary>
    public string? Folder { get; private set; }

    /// <summary>The tensors by name. Reading them fails after the model was disposed.</summary>
    private protected IReadOnlyDictionary<string, Tensor> Weights =>
        !isDisposed ? weights
            : throw new Llm360Exception("The model was disposed.", "LanguageModel", "Load it again, and dispose it after its last use.");

    /// <summary>
    /// The scalar 1. An implicit Scalar, as in x + y, is not kept alive during the native call. A
    /// garbage collection at that moment frees it. This one is kept alive.
    /// </summary>
    private protected Scalar One { get; }

    /// <summary>
    /// Loads a checkpoint's folder of any family: <c>config.json</c> and weights in any format that
    /// <see cref="StateDict"/> opens.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Target device; null for the CPU, which maps the file.</param>
    /// <param name="precision">
    /// Type of the weights; the type of the file's embedding by default.
    /// </param>
    /// <exception cref="Llm360Exception">
    /// The files are missing or malformed, or tensors are missing, unknown or misshapen. The error
    /// lists all of them.
    /// </exception>
    public static LanguageModel Load(string folder, Device? device = null, Precision precision = default) =>
        Load(folder, device, precision.Type);

    /// <summary>The same with any type that LibTorch supports.</summary>
    internal static LanguageModel Load(string folder, Device? device, ScalarType? type)
    {
        LibTorch.Load();
        var config = ModelConfig.Read(Path.Combine(folder, ModelConfig.FileName));
        var weights = Open(folder, config);
        // All weights get one type, because a file may store its norms in another.
        var names = config.Parameters().Select(p => p.Name).ToArray();
        var bound = BoundWeights.Load(weights, names, device, type ?? weights.Entry(config.EmbeddingName).ScalarType);
        var model = ModelFamilies.Of(config).Create(config, bound.Tensors, bound);
        model.Folder = folder;
        return model;
    }

    /// <summary>
    /// Loads another checkpoint of the same shape into this model's memory, device and type.
    /// </summary>
    /// <param name="folder">Its folder.</param>
    /// <exception cref="Llm360Exception">
    /// It cannot be loaded, or has another configuration. The model keeps its weights.
    /// </exception>
    public void Rebind(string folder)
    {
        if (bound is null)
            throw new InvalidOperationException("The model does not own its weights.");
        _ = Weights;
        var path = Path.Combine(folder, ModelConfig.FileName);
        if (ModelConfig.Read(path) != Config)
            throw new Llm360Exception("The checkpoint has another configuration.", path, "Load it as a model of its own.");
        DropHeadShortlist();
        bound.Rebind(Open(folder, Config));
        Folder = folder;
    }

    /// <summary>Whether a checkpoint's configuration is this model's.</summary>
    /// <exception cref="Llm360Exception">It cannot be read.</exception>
    internal bool HasConfigurationOf(string folder) => ModelConfig.Read(Path.Combine(folder, ModelConfig.FileName)) == Config;

    /// <summary>Whether the type of a checkpoint's embedding is this model's type.</summary>
    /// <exception cref="Llm360Exception">
    /// Its weights cannot be opened, or have no embedding.
    /// </exception>
    internal bool HasTypeOf(string folder)
    {
        using var weights = StateDict.Open(folder);
        return weights.Entry(Config.EmbeddingName).ScalarType == Type;
    }

    /// <summary>The hidden states after the last norm.</summary>
    /// <param name="tokens">Token ids, [batch, time], or [time] or an array for one row.</param>
    /// <param name="cache">Keys and values of earlier positions; the new ones are added.</param>
    /// <param name="padding">
    /// Positions of padding before each row's first token, in the cache and here together; null for
    /// none.
    /// </param>
    /// <param name="hooks">Read and replace tensors of the pass; null for none, at no cost.</param>
    /// <returns>[batch, time, hidden]</returns>
    /// <exception cref="Llm360Exception">
    /// Tokens are not whole numbers in one or two dimensions, or not in the vocabulary. A sequence
    /// is longer than the model's positions. A hook's site does not exist, or a hook returns a
    /// tensor of another shape, type or device. The model was disposed.
    /// </exception>
    public Tensor Forward(Tensor tokens, KeyValueCache? cache = null, IReadOnlyList<int>? padding = null, ForwardHooks? hooks = null)
    {
        using var scope = NewDisposeScope();
        var ids = TokenRows.ToBatch(tokens, Device);
        TokenRows.CheckVocabulary(Config, ids);
        return ForwardChecked(ids, cache, padding, hooks).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The same for tokens that were checked on the host, so that nothing waits for the device.
    /// </summary>
    internal Tensor ForwardChecked(
        Tensor tokens, KeyValueCache? cache = null, IReadOnlyList<int>? padding = null, ForwardHooks? hooks = null)
    {
        hooks?.Check(this);
        using var scope = NewDisposeScope();
        using var attention = new BatchAttention(this, rotary, tokens.shape[0], (int)tokens.shape[1], cache, padding, hooks);
        var x = RunBlocks(tokens, attention);
        cache?.Advance((int)tokens.shape[1]);
        return x.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The hidden states after the last norm of the output tokens of segments. Each segment has its
    /// own length and follows the tokens in its slot of the cache.
    /// </summary>
    /// <param name="segments">The segments; their tokens are added to their slots.</param>
    /// <param name="cache">Keys and values of earlier positions.</param>
    /// <returns>[sum of output counts, hidden]</returns>
    /// <exception cref="Llm360Exception">
    /// A sequence is longer than the model's positions.
    /// </exception>
    internal Tensor Forward(IReadOnlyList<Segment> segments, SlotCache cache)
    {
        using var scope = NewDisposeScope();
        var tokens = tensor(segments.SelectMany(s => s.Tokens).Select(t => (long)t).ToArray(), device: Device).unsqueeze(0); // [1, tokens]
        using var attention = new SlotAttention(this, rotary, segments, cache);
        var x = RunBlocks(tokens, attention);
        foreach (var segment in segments)
            cache.Lengths[segment.Slot] += segment.Tokens.Length;
        return x.squeeze(0).MoveToOuterDisposeScope();
    }

    private Tensor RunBlocks(Tensor tokens, AttentionPass attention)
    {
        var hooks = attention.Hooks;
        long batch = tokens.shape[0], time = tokens.shape[1];
        var rows = Weights[Config.EmbeddingName].index_select(0, tokens.reshape(-1)).to(HiddenType).view(batch, time, Config.HiddenSize);
        var x = ScaleEmbeddings(hooks.At(HookSite.Embedding, rows)); // [batch, time, hidden]
        for (var i = 0; i < Config.Layers; i++)
        {
            using var layer = NewDisposeScope();
            var next = Block(i, hooks.At(HookSite.BlockInput(i), x), attention);
            if (ReferenceEquals(next, x)) // The block added to x in place.
                continue;
            if (hooks is null) // A hook may have kept it.
                x.Dispose();
            x = next.MoveToOuterDisposeScope();
        }

        x = hooks.At(HookSite.FinalNorm, NormalizeFinal(x));
        return hooks is null ? x : x.view(x.shape); // As above: the caller disposes what it gets.
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        isDisposed = true;
        DropHeadShortlist();
        rotary.Dispose();
        One.Dispose();
        bound?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Logits of a part of the vocabulary.</summary>
    /// <param name="hidden">[..., hidden], or the result of <see cref="ForHead"/>.</param>
    /// <param name="first">The first token.</param>
    /// <param name="count">Number of tokens.</param>
    /// <returns>
    /// [..., count], in the type of the hidden states or of the weights. A caller that reduces them
    /// at once needs no copy.
    /// </returns>
    internal Tensor Logits(Tensor hidden, int first, int count) =>
        ScaleLogits(LinearProduct.Of(
            hidden, count == Config.VocabularySize ? Weights[HeadName] : Weights[HeadName].narrow(0, first, count), null));

    /// <summary>Hidden states in the type in which the head multiplies them.</summary>
    internal Tensor ForHead(Tensor hidden) => LinearProduct.Input(hidden, Weights[HeadName]);

    /// <summary>
    /// The head in bfloat16, created on first use, if it finds greedy tokens of float32 faster;
    /// null otherwise. It is also null if the caller owns the weights, because they may change.
    /// </summary>
    /// <param name="hidden">float32 [positions, hidden]</param>
    internal Bf16HeadShortlist? HeadShortlistFor(Tensor hidden)
    {
        if (bound is null || !Bf16HeadShortlist.Takes(hidden, Weights[HeadName]))
            return null;
        lock (headGate)
            return headShortlist ??= new Bf16HeadShortlist(Weights[HeadName]);
    }

    /// <summary>
    /// Lower and upper bounds on the logits of tokens, computed on the CPU. Another order of
    /// summation may round the logits differently.
    /// </summary>
    /// <param name="hidden"><see cref="ForHead"/>, [tokens, hidden]</param>
    /// <param name="tokens">One token for each position.</param>
    /// <returns>float32 [tokens] each</returns>
    internal (Tensor Low, Tensor High) LogitBounds(Tensor hidden, Tensor tokens)
    {
        using var scope = NewDisposeScope();
        using var share = 1e-5.ToScalar();
        var logits = (hidden.to(float32) * Weights[HeadName].index_select(0, tokens).to(float32)).sum(1);
        var doubt = logits.abs().add(One).mul(share);
        return (Bound(logits - doubt).MoveToOuterDisposeScope(), Bound(logits + doubt).MoveToOuterDisposeScope());

        Tensor Bound(Tensor x) => ScaleLogits(x.to(hidden.dtype)).to(float32); // Rounding keeps the order.
    }

    /// <summary>The family's scaling of products with the head.</summary>
    private protected virtual Tensor ScaleLogits(Tensor products) => products;

    /// <summary>Name of the head's weight, [vocabulary, hidden].</summary>
    private protected abstract string HeadName { get; }

    /// <summary>The family's scaling of embeddings.</summary>
    private protected virtual Tensor ScaleEmbeddings(Tensor rows) => rows;

    /// <summary>
    /// One block, from [batch, time, hidden] to the same shape. It runs the hooks of its sites
    /// except that of its input.
    /// </summary>
    private protected abstract Tensor Block(int i, Tensor x, AttentionPass attention);

    /// <summary>The norm before the head.</summary>
    private protected abstract Tensor NormalizeFinal(Tensor x);

    /// <summary>x W^T + b, with a bias if the layer has one, and the layer's hooks.</summary>
    private protected Tensor Linear(Tensor x, string weight, ForwardHooks? hooks) =>
        Linear(x, weight, Weights[weight], Weights.GetValueOrDefault(ParameterNames.BiasOf(weight)), hooks);

    /// <summary>x W^T + b, and the layer's hooks.</summary>
    /// <param name="x">[..., width], or the result of <see cref="LinearProduct.Input"/>.</param>
    /// <param name="name">The weight's name.</param>
    /// <param name="weight">[outputs, width]</param>
    /// <param name="bias">[outputs]; null for none.</param>
    /// <param name="hooks">Hooks of the pass.</param>
    /// <returns>[..., outputs], of <see cref="HiddenType"/></returns>
    private protected Tensor Linear(Tensor x, string name, Tensor weight, Tensor? bias, ForwardHooks? hooks)
    {
        x = hooks.At(HookSite.LinearInput(name), x);
        return hooks.At(HookSite.LinearOutput(name), Product());

        Tensor Product()
        {
            using var scope = NewDisposeScope();
            return LinearProduct.Of(x, weight, bias).to(HiddenType).MoveToOuterDisposeScope();
        }
    }

    /// <summary>x + added, with hooks at the added tensor and at the sum.</summary>
    private protected Tensor Add(Tensor x, Tensor added, HookSite output, HookSite after, ForwardHooks? hooks) =>
        hooks.At(after, x.add(hooks.At(output, added), One));

    /// <summary>
    /// x + (y W^T + b). In float32 without gradients and hooks the product is added into x, which
    /// must belong to the caller.
    /// </summary>
    private protected Tensor AddLinear(Tensor x, Tensor y, string weight, HookSite output, HookSite after, ForwardHooks? hooks)
    {
        var w = Weights[weight];
        if (hooks is not null || x.dtype != float32 || x.requires_grad || y.requires_grad || w.requires_grad
            || Weights.ContainsKey(ParameterNames.BiasOf(weight)))
            return Add(x, Linear(y, weight, hooks), output, after, hooks);
        if (RowProducts.Takes(y, w))
            RowProducts.Multiply(x, y, w, add: true);
        else if (UnpackedProducts.Takes(y, w))
            UnpackedProducts.Multiply(x, y, w, add: true);
        else if (w.dtype != float32)
            x.add_(Linear(y, weight, null), One);
        else
            x.view(-1, x.shape[^1]).addmm_(y.view(-1, y.shape[^1]), w.t());
        return x;
    }

    /// <summary>LayerNorm with weight and bias.</summary>
    private protected Tensor LayerNorm(Tensor x, string module, double eps)
    {
        Tensor weight = Weights[ParameterNames.Weight(module)], bias = Weights[ParameterNames.Bias(module)];
        return nn.functional.layer_norm(x, [Config.HiddenSize], weight.to(x.dtype), bias.to(x.dtype), eps);
    }

    /// <summary>[batch, time, heads x head] to [batch, heads, time, head].</summary>
    private protected Tensor Heads(Tensor x, int heads) => x.view(x.shape[0], x.shape[1], heads, Config.HeadDimension).transpose(1, 2);

    private void DropHeadShortlist()
    {
        headShortlist?.Dispose();
        headShortlist = null;
    }

    // A reader cannot know which of the two was trained.
    private static void CheckTied(StateDict weights, string head, string embedding)
    {
        using var scope = NewDisposeScope();
        if (!weights.View(head).Equals(weights.View(embedding)))
        {
            throw new Llm360Exception(
                $"config.json's head is the embedding, and the file holds another one: {head} differs from {embedding}.", weights.Path,
                "Set tie_word_embeddings to false to use the file's head, or remove it from the file.");
        }
    }

    private static StateDict Open(string folder, ModelConfig config)
    {
        var weights = StateDict.Open(folder);
        try
        {
            // Checked before the parameters are listed: listing a billion layers would take too
            // long.
            if (config.Layers > weights.Entries.Count)
            {
                throw new Llm360Exception(
                    $"config.json asks for {config.Layers:N0} layers, and the weights hold {weights.Entries.Count:N0} tensors.",
                    Path.Combine(folder, ModelConfig.FileName), "Use the config.json and the weights of the same checkpoint.");
            }

            weights.Check(config.Parameters(), config.IsIgnored);
            if (config.TiedHeadName is { } head && weights.Entries.ContainsKey(head))
                CheckTied(weights, head, config.EmbeddingName);
            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }
}
