// TRAK: ridge regression on projected gradients of the margin.
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// score = (mean over checkpoints of S_c)(mean over checkpoints of w_c), or S w at the last
/// checkpoint. f(z) = sum_t log(p_t / (1 - p_t)) is the margin; X are the projected gradients of f
/// by block linears; S = x(query) (XᵀX + ridge I)⁻¹ Xᵀ; w(row) = mean_t (1 - p_t). Unit: change of
/// the margin. Positive: training on the row lowers the query's loss. Park et al. 2023, arXiv
/// 2303.14186; the sum over tokens is this kit's convention, and the inverse kernel is not divided
/// by its mean entry.
/// </summary>
internal sealed class Trak(string name, bool all, GradientProjection projection, AttributionSettings settings)
    : ProjectedMethod(name, "margin", projection)
{
    private const string Kernel = "kernel";

    public override bool UsesAllCheckpoints => all;

    public override bool IsMargin => true;

    public override bool HasRowWeights => true;

    public override double[] RowWeights(CheckpointPass at, RowBatch rows) =>
        [.. rows.Probabilities(at.Model).Select(row => row.Average(p => 1 - Math.Exp(p)))];

    public override TensorSet? Fit(IEnumerable<Tensor> vectors, IReadOnlyList<long> parts)
    {
        using var limit = OperatorThreads.LimitToOne();
        using var scope = NewDisposeScope();
        var sum = zeros([parts.Sum(), parts.Sum()], float64);
        foreach (var some in vectors)
        {
            using var inner = NewDisposeScope();
            sum.AddTo(some.t().matmul(some).to(float64));
        }

        return new TensorSet([KeyValuePair.Create(Kernel, sum)]);
    }

    public override Tensor Precondition(TensorSet? state, Tensor queries, IReadOnlyList<long> parts, int checkpoint)
    {
        using var scope = NewDisposeScope();
        var kernel = state![Kernel];
        var ridge = settings.RidgeOf(checkpoint) ?? AttributionSettings.DefaultShare * kernel.diagonal().mean().item<double>();
        if (!(ridge > 0))
            throw new Llm360Exception(
                "The gradients of all rows are zero, so TRAK has no kernel.", $"method {Name}", "Choose other rows, or give a ridge.");
        return TensorMath.SolveRidge(kernel, ridge, queries.to(float64).t()).t().to(float32).contiguous().MoveToOuterDisposeScope();
    }

    public override double[,] Combine(IReadOnlyList<CheckpointScores> checkpoints)
    {
        var counted = all ? checkpoints : [checkpoints[^1]];
        var result = new double[counted[0].Scores.GetLength(0), counted[0].Scores.GetLength(1)];
        for (var row = 0; row < result.GetLength(1); row++)
        {
            var weight = counted.Average(c => c.RowWeights![row]);
            for (var q = 0; q < result.GetLength(0); q++)
                result[q, row] = counted.Average(c => c.Scores[q, row]) * weight;
        }

        return result;
    }
}
