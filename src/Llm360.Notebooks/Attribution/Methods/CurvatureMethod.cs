// Influence with an inverse curvature of Kronecker factors.
using System.Collections.Concurrent;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// score = sum over block linears of &lt;(C + damping)⁻¹ dW(query), dW(row)&gt; at the last
/// checkpoint. The inverse is applied to the query alone. Positive: training on the row lowers the
/// query's loss.
/// </summary>
internal abstract class CurvatureMethod(string name, AttributionSettings settings) : ParameterGradientMethod(name, "influence")
{
    /// <summary>Whether each layer has its own damping.</summary>
    protected virtual bool HasLayerDamping => false;

    public override TensorSet? Fit(CheckpointPass at, RowBatch rows) => CurvatureFactors.Compute(at, rows);

    protected override bool BlocksOnly => true;

    protected override TensorSet OfQuery(CheckpointPass at, TensorSet? state, RowGradient gradient)
    {
        var layers = LinearLayer.OfBlocks(at.Model.Config);
        var common = HasLayerDamping ? 0 : settings.Damping ?? AttributionSettings.DefaultShare * layers.Average(l => Mean(state!, l));
        var held = new ConcurrentDictionary<string, Tensor>();
        LayerWork.ForEach(layers, layer =>
        {
            var damping = HasLayerDamping ? AttributionSettings.DefaultShare * Mean(state!, layer) : common;
            var solved = Solve(state!, layer, BlockLinears.Gradient(gradient, layer), damping);
            held[layer.Parameter] = (layer.IsInputFirst ? solved.t() : solved).contiguous().DetachFromDisposeScope();
        });
        return new TensorSet(held);
    }

    /// <summary>The eigenvalues of the curvature, [out, in], float64.</summary>
    protected abstract Tensor Curvature(TensorSet factors, LinearLayer layer);

    /// <summary>(C + damping)⁻¹ dW, float32.</summary>
    protected virtual Tensor Solve(TensorSet factors, LinearLayer layer, Tensor dw, double damping)
    {
        var qs = Of(factors, layer, CurvatureFactors.Eigenvectors(CurvatureFactors.Output)).to(float32);
        var qa = Of(factors, layer, CurvatureFactors.Eigenvectors(CurvatureFactors.Input)).to(float32);
        var rotated = qs.t().matmul(dw).matmul(qa).div(Curvature(factors, layer).Plus(damping)).to(float32);
        return qs.matmul(rotated).matmul(qa.t());
    }

    protected static Tensor Of(TensorSet factors, LinearLayer layer, string tensor) => factors[CurvatureFactors.Name(layer, tensor)];

    private double Mean(TensorSet factors, LinearLayer layer)
    {
        using var scope = NewDisposeScope();
        return Curvature(factors, layer).mean().item<double>();
    }
}
