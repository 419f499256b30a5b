// Influence with a diagonal curvature.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>
/// score = sum over block linears of &lt;dW' / (mean over rows of dW² + damping), dW&gt; at the
/// last checkpoint, without rotation. No unit. Positive: training on the row lowers the query's
/// loss.
/// </summary>
internal sealed class Diagonal(AttributionSettings settings) : CurvatureMethod("diagonal", settings)
{
    protected override torch.Tensor Curvature(TensorSet factors, LinearLayer layer) =>
        Of(factors, layer, CurvatureFactors.Diagonal).alias();

    protected override torch.Tensor Solve(TensorSet factors, LinearLayer layer, torch.Tensor dw, double damping) =>
        dw.div(Curvature(factors, layer).Plus(damping)).to(torch.float32);
}
