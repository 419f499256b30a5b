// EK-FAC influence, one damping for all layers.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>
/// score = sum over block linears of &lt;Q_S [(Q_Sᵀ dW' Q_A) / (lambda + damping)] Q_Aᵀ, dW&gt; at
/// the last checkpoint; ' marks the query, <see cref="CurvatureFactors"/> defines Q and lambda. No
/// unit. Positive: training on the row lowers the query's loss. Grosse et al. 2023, arXiv
/// 2308.03296.
/// </summary>
/// <remarks>The default damping is a tenth of the mean lambda over layers.</remarks>
internal sealed class EkFac(AttributionSettings settings) : CurvatureMethod("ekfac", settings)
{
    protected override torch.Tensor Curvature(TensorSet factors, LinearLayer layer) => Of(factors, layer, CurvatureFactors.Lambda).alias();
}
