// K-FAC influence: eigenvalues of both factors multiplied.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>
/// As <see cref="EkFac"/> with lambda replaced by the outer product of the eigenvalues of S and A.
/// These are means over tokens, smaller by about the number of tokens of a row, so the damping
/// differs. No unit. Positive: training on the row lowers the query's loss. Martens and Grosse
/// 2015, arXiv 1503.05671.
/// </summary>
internal sealed class KFac(AttributionSettings settings) : CurvatureMethod("kfac", settings)
{
    protected override torch.Tensor Curvature(TensorSet factors, LinearLayer layer) => torch.outer(
        Of(factors, layer, CurvatureFactors.Eigenvalues(CurvatureFactors.Output)),
        Of(factors, layer, CurvatureFactors.Eigenvalues(CurvatureFactors.Input)));
}
