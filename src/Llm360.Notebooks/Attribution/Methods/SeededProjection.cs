// The projection inside each layer that the gradient engine computes from a seed.
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// Parts are the projected gradients of <see cref="GradientForm.Projected"/>, flattened, one for
/// each block linear. The gradient of a whole matrix is never formed.
/// </summary>
internal sealed class SeededProjection(int size, int seed) : GradientProjection
{
    protected override GradientForm Form => GradientForm.Projected;

    public override IReadOnlyList<long> Parts(ModelConfig config) =>
        [.. LinearLayer.OfBlocks(config).Select(l => Math.Min(size, l.Inputs) * Math.Min(size, l.Outputs))];

    // The engine makes matrices for all parameters.
    public override Int128 MatrixBytes(ModelConfig config) =>
        config.Parameters().Aggregate(
            Int128.Zero, (sum, p) => sum + p.Shape.Aggregate(Int128.Zero, (s, n) => s + ((Int128)n * size))) * sizeof(float);

    public override double[] TokenParts(CheckpointPass at, Tensor held, RowBatch row, bool margin)
    {
        using var gradient = row.Gradients(at.Model, GradientForm.Factors, Options(margin)).Single();
        using var matrices = new ProjectionMatrices(at.Model.Config, Options(margin), at.Model.Device);
        using var scope = NewDisposeScope();
        var parts = zeros([row.Tokens[0].Length], float64);
        var first = 0L;
        foreach (var layer in LinearLayer.OfBlocks(at.Model.Config))
        {
            var (x, y) = (gradient.Tensors[LinearLayer.InputName(layer.Module)],
                gradient.Tensors[LinearLayer.OutputGradientName(layer.Module)]);
            var (left, right) = layer.IsInputFirst ? (x, y) : (y, x);
            var (l, r) = (left.matmul(matrices.Left(layer.Parameter)), right.matmul(matrices.Right(layer.Parameter)));
            var u = held.narrow(0, first, l.shape[1] * r.shape[1]).view(l.shape[1], r.shape[1]).to(l.device);
            parts.AddTo(l.matmul(u).mul(r).sum(1).to(float64).cpu());
            first += u.numel();
        }

        return parts.data<double>().ToArray();
    }

    protected override GradientOptions Options(bool margin) => new()
    {
        ProjectedSize = size, ProjectionSeed = seed, IsMargin = margin, BlocksOnly = true,
    };

    protected override Tensor Vector(ModelConfig config, RowGradient gradient) =>
        cat([.. LinearLayer.OfBlocks(config).Select(l => gradient.Tensors[l.Parameter].reshape(-1))]);
}
