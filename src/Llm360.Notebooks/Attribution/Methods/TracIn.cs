// TracInCP: gradient dot products summed over checkpoints, weighted by the learning rate.
namespace Llm360.Notebooks;

/// <summary>
/// score = sum over checkpoints i of eta_i g_i(query) . g_i(row), all parameters, summed losses.
/// Unit: nats, the reduction of the query's loss by steps on the row alone, to first order.
/// Positive: training on the row lowers the query's loss. Pruthi et al. 2020, arXiv 2002.08484.
/// </summary>
/// <remarks>Self-influence is sum_i eta_i |g_i(row)|².</remarks>
internal sealed class TracIn() : ParameterGradientMethod("tracin", "nats")
{
    public override bool UsesAllCheckpoints => true;

    protected override TensorSet OfQuery(CheckpointPass at, TensorSet? state, RowGradient gradient) =>
        Scaled(Parameters(at.Model.Config), gradient, at.RequireLearningRate());
}
