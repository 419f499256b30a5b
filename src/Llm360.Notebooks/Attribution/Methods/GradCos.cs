// The cosine of gradients at one checkpoint.

namespace Llm360.Notebooks;

/// <summary>
/// score = cos(g(query), g(row)) at the last checkpoint, all parameters. Unit: none, -1 to 1.
/// Positive: training on the row lowers the query's loss. A row whose gradient is zero has score 0.
/// </summary>
internal sealed class GradCos() : ParameterGradientMethod("gradcos", "cosine")
{
    public override double[] TokenScores(CheckpointPass at, TensorSet? state, HeldQueries held, int query, RowBatch row)
    {
        using var gradient = row.Gradients(at.Model, GradientForm.Full, new GradientOptions()).Single();
        var norm = Norm(gradient.Tensors.Values);
        return [.. base.TokenScores(at, state, held, query, row).Select(s => norm > 0 ? s / norm : 0)];
    }

    protected override TensorSet OfQuery(CheckpointPass at, TensorSet? state, RowGradient gradient) => Normalized(gradient);

    protected override TensorSet OfRow(CheckpointPass at, TensorSet? state, RowGradient gradient, int tokens) => Normalized(gradient);

    private static TensorSet Normalized(RowGradient gradient)
    {
        var norm = Norm(gradient.Tensors.Values);
        return Scaled(gradient.Tensors.Keys, gradient, norm > 0 ? 1 / norm : 0);
    }
}
