// The dot product of gradients projected inside each layer.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>
/// score = sum over block linears of &lt;R(query), R(row)&gt; at the last checkpoint, R = P_o dW
/// P_iᵀ = sum_t (P_o g_t)(P_i a_t)ᵀ. It estimates <see cref="GradDot"/> over block linears. Unit:
/// squared nats. Positive: training on the row lowers the query's loss. Choe et al. 2024, arXiv
/// 2405.13954.
/// </summary>
internal sealed class LoGraDot(GradientProjection projection) : ProjectedMethod("logra.dot", "gradient product (nats²)", projection)
{
    public override torch.Tensor Precondition(TensorSet? state, torch.Tensor queries, IReadOnlyList<long> parts, int checkpoint) =>
        queries.alias();
}
