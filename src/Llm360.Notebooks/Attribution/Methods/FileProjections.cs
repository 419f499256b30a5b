// Projections whose matrices come from a file, for comparisons with other programs.
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// LoGra's projections P_o dW P_iᵀ, from tensors <c>LAYER.P_o</c> [k_o, out] and <c>LAYER.P_i</c>
/// [k_i, in].
/// </summary>
internal sealed class LayerFileProjection(StateDict file) : GradientProjection
{
    protected override GradientForm Form => GradientForm.Full;

    public override IReadOnlyList<long> Parts(ModelConfig config) =>
        [.. LinearLayer.OfBlocks(config).Select(l => Checked(l, "P_o", l.Outputs) * Checked(l, "P_i", l.Inputs))];

    public override Int128 MatrixBytes(ModelConfig config) => Int128.Zero; // mapped

    public override double[] TokenParts(CheckpointPass at, Tensor held, RowBatch row, bool margin) =>
        throw new NotSupportedException("Scores by token are computed from a seeded projection.");

    protected override Tensor Vector(ModelConfig config, RowGradient gradient) => cat([.. LinearLayer.OfBlocks(config).Select(layer =>
    {
        var (o, i) = (View(layer, "P_o", gradient), View(layer, "P_i", gradient));
        return o.matmul(BlockLinears.Gradient(gradient, layer)).matmul(i.t()).reshape(-1);
    })]);

    private Tensor View(LinearLayer layer, string side, RowGradient gradient) =>
        file.View($"{layer.Module}.{side}").to(float32).to(gradient.Tensors[layer.Parameter].device);

    private long Checked(LinearLayer layer, string side, long width)
    {
        var entry = file.Entry($"{layer.Module}.{side}");
        return entry.Shape.Count == 2 && entry.Shape[1] == width ? entry.Shape[0] : throw new Llm360Exception(
            $"The projection {entry.Name} has shape {entry.ShapeText}, and the layer has width {width}.", file.Path, $"Give [k, {width}].");
    }
}

/// <summary>
/// TRAK's projection: gradients of block linears, flattened and concatenated, times the tensor
/// <c>trak.signs</c> [weights, k], divided by the root of k.
/// </summary>
internal sealed class SignFileProjection(StateDict file) : GradientProjection
{
    private const string Signs = "trak.signs";
    private readonly Lazy<Tensor> signs = new(() =>
    {
        using var scope = NewDisposeScope();
        var signs = file.View(Signs).to(float32);
        return signs.Times(1 / Math.Sqrt(signs.shape[1])).DetachFromDisposeScope();
    });

    protected override GradientForm Form => GradientForm.Full;

    public override IReadOnlyList<long> Parts(ModelConfig config) => [Checked(config)];

    public override Int128 MatrixBytes(ModelConfig config) =>
        (Int128)Checked(config) * LinearLayer.OfBlocks(config).Sum(l => l.Inputs * l.Outputs) * sizeof(float);

    public override double[] TokenParts(CheckpointPass at, Tensor held, RowBatch row, bool margin) =>
        throw new NotSupportedException("Scores by token are computed from a seeded projection.");

    public override void Dispose()
    {
        if (signs.IsValueCreated)
            signs.Value.Dispose();
        base.Dispose();
    }

    protected override Tensor Vector(ModelConfig config, RowGradient gradient)
    {
        using var limit = OperatorThreads.LimitToOne();
        var flat = cat([.. LinearLayer.OfBlocks(config).Select(l => BlockLinears.Gradient(gradient, l).reshape(-1))]).cpu();
        return signs.Value.t().mv(flat);
    }

    private long Checked(ModelConfig config)
    {
        var (entry, weights) = (file.Entry(Signs), LinearLayer.OfBlocks(config).Sum(l => l.Inputs * l.Outputs));
        return entry.Shape.Count == 2 && entry.Shape[0] == weights ? entry.Shape[1] : throw new Llm360Exception(
            $"The tensor {Signs} has shape {entry.ShapeText}, and the block linears have {weights} weights.", file.Path,
                $"Give [{weights}, k].");
    }
}
