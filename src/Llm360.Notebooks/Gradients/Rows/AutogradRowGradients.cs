// Gradients of single rows by LibTorch's automatic differentiation: every family, any device.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// The reference: forward pass in float32, one row alone in the batch, then <c>autograd.grad</c>.
/// </summary>
/// <remarks>float32 weights are shared with the model; others are widened once.</remarks>
internal sealed class AutogradRowGradients : IRowGradients
{
    private readonly GradientOptions options;
    private readonly LanguageModel model;
    private readonly Dictionary<string, Tensor> leaves;
    private readonly Lazy<ProjectionMatrices> projections;

    /// <summary>The parameters of a full gradient.</summary>
    private readonly Dictionary<string, Tensor> wanted;

    public AutogradRowGradients(LanguageModel source, GradientOptions options)
    {
        this.options = options;
        using var scope = NewDisposeScope();
        leaves = source.Config.Parameters().ToDictionary(
            p => p.Name, p => source.Parameters[p.Name].detach().to(float32).requires_grad_().DetachFromDisposeScope());
        wanted = !options.BlocksOnly ? leaves
            : LinearLayer.OfBlocks(source.Config).ToDictionary(l => l.Parameter, l => leaves[l.Parameter]);
        model = ModelFamilies.Of(source.Config).Create(source.Config, leaves, null);
        projections = new(() => new ProjectionMatrices(model.Config, options, model.Device));
    }

    public IEnumerable<RowGradient> Compute(IReadOnlyList<int[]> rows, GradientForm form)
    {
        for (var row = 0; row < rows.Count; row++)
        {
            AmbientWork.Cancellation.ThrowIfCancellationRequested();
            var gradient = Compute(row, rows[row], form);
            yield return gradient.Checked(gradient.NotFinite());
        }
    }

    public void Dispose()
    {
        model.Dispose();
        if (projections.IsValueCreated)
            projections.Value.Dispose();
        foreach (var leaf in leaves.Values)
            leaf.Dispose();
    }

    private RowGradient Compute(int number, int[] row, GradientForm form)
    {
        using var scope = NewDisposeScope();
        using var mode = enable_grad();
        var pass = new LinearRecord(scope);
        var hooks = form == GradientForm.Full ? null : pass.Hooks(model, options.BlocksOnly);
        var ids = tensor(row.Select(t => (long)t).ToArray(), [1, row.Length], device: model.Device);
        // The last token predicts nothing, and there may be no position for it.
        var read = row.Length <= model.Config.LongestSequence ? ids : ids.narrow(1, 0, row.Length - 1);
        var logits = model.Logits(model.ForwardChecked(read, hooks: hooks), hooks)[0]; // [tokens, vocabulary]
        using var scale = options.LossScale(row.Length).ToScalar();
        var predicted = logits.narrow(0, 0, row.Length - 1);
        var targets = ids[0].narrow(0, 1, row.Length - 1);
        var sum = options.IsMargin ? NegativeMargin(predicted, targets)
            : nn.functional.cross_entropy(predicted, targets, reduction: nn.Reduction.Sum);
        var loss = sum.mul(scale);
        var tensors = form switch
        {
            GradientForm.Full => Gradients(loss, wanted),
            GradientForm.Factors => Padded(Factors(loss, pass), row.Length - read.shape[1]),
            _ => Project(Factors(loss, pass), read[0]),
        };
        foreach (var tensor in tensors.Values)
            tensor.DetachFromDisposeScope();
        return new RowGradient(number, form, loss.item<float>(), tensors);
    }

    // Computed from logits, because 1 - p cancels where p is near 1.
    private static Tensor NegativeMargin(Tensor logits, Tensor targets)
    {
        using var none = float.NegativeInfinity.ToScalar();
        var at = targets.unsqueeze(1);
        var others = logits.scatter(1, at, full_like(at, none, dtype: float32)).logsumexp(1);
        return (others - logits.gather(1, at).squeeze(1)).sum();
    }

    private static Dictionary<string, Tensor> Gradients(Tensor loss, IReadOnlyDictionary<string, Tensor> by) =>
        by.Keys.Zip(autograd.grad([loss], [.. by.Values])).ToDictionary(p => p.First, p => p.Second);

    private Dictionary<string, Tensor> Factors(Tensor loss, LinearRecord pass)
    {
        var by = pass.Outputs.ToDictionary(o => LinearLayer.OutputGradientName(ParameterNames.ModuleOf(o.Key)), o => o.Value);
        foreach (var (name, _) in options.BlocksOnly ? [] : LinearLayer.NormParameters(model.Config))
            by.Add(name, leaves[name]);
        var factors = Gradients(loss, by);
        foreach (var (weight, output) in pass.Outputs)
        {
            var module = ParameterNames.ModuleOf(weight);
            var name = LinearLayer.OutputGradientName(module);
            factors[name] = factors[name].view(-1, output.shape[^1]); // [tokens, out]
            if (pass.Inputs.TryGetValue(weight, out var input))
                factors.Add(LinearLayer.InputName(module), input.view(-1, input.shape[^1]));
        }

        return factors;
    }

    // A token that was not read gets zeros.
    private Dictionary<string, Tensor> Padded(Dictionary<string, Tensor> factors, long tokens) => tokens == 0 ? factors
        : factors.ToDictionary(f => f.Key, f => leaves.ContainsKey(f.Key) ? f.Value
            : cat([f.Value, zeros([tokens, f.Value.shape[1]], device: f.Value.device)]));

    // Only narrow products: no gradient of a whole matrix is formed.
    private Dictionary<string, Tensor> Project(Dictionary<string, Tensor> factors, Tensor ids)
    {
        var config = model.Config;
        var (matrices, results, embedding) = (projections.Value, new Dictionary<string, Tensor>(), config.EmbeddingName);
        if (!options.BlocksOnly)
        {
            var lookups = matrices.Left(embedding).index_select(0, ids); // [tokens, size]
            var dEmbedded = factors[LinearLayer.OutputGradientName(LinearLayer.EmbeddingModule(config))]; // [tokens, hidden]
            results.Add(embedding, Product(lookups, dEmbedded.matmul(matrices.Right(embedding))));
        }

        foreach (var layer in options.BlocksOnly ? LinearLayer.OfBlocks(config) : LinearLayer.Of(config))
        {
            var (x, y) = (factors[LinearLayer.InputName(layer.Module)], factors[LinearLayer.OutputGradientName(layer.Module)]);
            var (left, right) = layer.IsInputFirst ? (x, y) : (y, x);
            var product = Product(left.matmul(matrices.Left(layer.Parameter)), right.matmul(matrices.Right(layer.Parameter)));
            results[layer.Parameter] = results.TryGetValue(layer.Parameter, out var lookup) ? lookup + product : product;
            var bias = ParameterNames.Bias(layer.Module);
            if (!options.BlocksOnly && leaves.ContainsKey(bias))
                results.Add(bias, Vector(bias, y.sum([0L]))); // A plain 0 would be read as a type.
        }

        foreach (var (name, _) in options.BlocksOnly ? [] : LinearLayer.NormParameters(config))
            results.Add(name, Vector(name, factors[name]));
        return results;

        Tensor Vector(string name, Tensor gradient) => gradient.matmul(matrices.Left(name));

        static Tensor Product(Tensor left, Tensor right) => left.t().matmul(right);
    }

    /// <summary>Inputs and outputs of the layers of a pass, by the name of the weight.</summary>
    private sealed class LinearRecord(DisposeScope scope)
    {
        public Dictionary<string, Tensor> Inputs { get; } = [];

        public Dictionary<string, Tensor> Outputs { get; } = [];

        /// <summary>Hooks that record a pass. The embedding has only an output.</summary>
        public ForwardHooks Hooks(LanguageModel model, bool blocksOnly)
        {
            var hooks = new ForwardHooks();
            if (!blocksOnly)
                hooks.Read(HookSite.Embedding, x => Outputs.Add(model.Config.EmbeddingName, Kept(x)));
            foreach (var weight in blocksOnly ? LinearLayer.OfBlocks(model.Config).Select(l => l.Parameter) : model.LinearLayers)
            {
                hooks.Read(HookSite.LinearInput(weight), x => Inputs.Add(weight, Kept(x.detach())));
                hooks.Read(HookSite.LinearOutput(weight), y => Outputs.Add(weight, Kept(y)));
            }

            return hooks;
        }

        // An output must outlive its layer's scope as the same object: a view would not be on the
        // path to the loss.
        private Tensor Kept(Tensor tensor)
        {
            tensor.DetachFromDisposeScope();
            scope.Attach(tensor);
            return tensor;
        }
    }
}
