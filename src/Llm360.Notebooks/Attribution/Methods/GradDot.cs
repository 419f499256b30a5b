// The dot product of gradients at one checkpoint.
namespace Llm360.Notebooks;

/// <summary>
/// score = g(query) . g(row) at the last checkpoint, all parameters, summed losses. Unit: squared
/// nats over the parameters' scale. Positive: training on the row lowers the query's loss.
/// </summary>
internal sealed class GradDot() : ParameterGradientMethod("graddot", "gradient product (nats²)")
{
    protected override TensorSet OfQuery(CheckpointPass at, TensorSet? state, RowGradient gradient) =>
        Scaled(Parameters(at.Model.Config), gradient, 1);
}
