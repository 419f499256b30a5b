// EK-FAC influence with a damping for each layer.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>
/// As <see cref="EkFac"/>; the damping of a layer is a tenth of its mean lambda, as kronfluence
/// does by default. No unit. Positive: training on the row lowers the query's loss.
/// </summary>
internal sealed class EkFacAuto(AttributionSettings settings) : CurvatureMethod("ekfac_auto", settings)
{
    protected override bool HasLayerDamping => true;

    protected override torch.Tensor Curvature(TensorSet factors, LinearLayer layer) => Of(factors, layer, CurvatureFactors.Lambda).alias();
}
