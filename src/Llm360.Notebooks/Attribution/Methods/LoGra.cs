// LoGra influence: projected gradients with the inverse of their second moment between them.
using System.Globalization;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// score = sum over block linears of r(query)ᵀ (G + lambda I)⁻¹ r(row) at the last checkpoint: r is
/// the projected gradient of <see cref="LoGraDot"/>, flattened; G = mean over rows of r rᵀ; lambda
/// = 0.1 trace(G) / length, one for each layer. No unit. Positive: training on the row lowers the
/// query's loss. Choe et al. 2024, arXiv 2405.13954.
/// </summary>
internal sealed class LoGra(GradientProjection projection) : ProjectedMethod("logra.preconditioned", "influence", projection)
{
    public override TensorSet? Fit(IEnumerable<Tensor> vectors, IReadOnlyList<long> parts)
    {
        using var limit = OperatorThreads.LimitToOne();
        using var scope = NewDisposeScope();
        var sums = parts.Select(p => zeros([p, p], float64)).ToList();
        var rows = 0L;
        foreach (var some in vectors)
        {
            using var inner = NewDisposeScope();
            rows += some.shape[0];
            foreach (var (sum, part) in sums.Zip(Split(some, parts)))
                sum.AddTo(part.t().matmul(part).to(float64));
        }

        return new TensorSet(sums.Select((s, i) => KeyValuePair.Create(Part(i), s.Times(1.0 / Math.Max(rows, 1)))));
    }

    public override Tensor Precondition(TensorSet? state, Tensor queries, IReadOnlyList<long> parts, int checkpoint)
    {
        using var scope = NewDisposeScope();
        return cat([.. Split(queries, parts).Select((part, i) =>
        {
            var g = state![Part(i)];
            var ridge = AttributionSettings.DefaultShare * g.diagonal().mean().item<double>();
            // A layer whose gradients are all zero adds nothing, and has no inverse.
            return ridge > 0 ? TensorMath.SolveRidge(g, ridge, part.to(float64).t()).t().to(float32) : zeros_like(part);
        })], 1).MoveToOuterDisposeScope();
    }

    private static IEnumerable<Tensor> Split(Tensor vectors, IReadOnlyList<long> parts)
    {
        var first = 0L;
        foreach (var part in parts)
        {
            yield return vectors.narrow(1, first, part);
            first += part;
        }
    }

    private static string Part(int layer) => layer.ToString(CultureInfo.InvariantCulture);
}
