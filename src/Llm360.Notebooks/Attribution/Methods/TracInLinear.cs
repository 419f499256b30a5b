// TracInCP over the linear layers of the blocks.
namespace Llm360.Notebooks;

/// <summary>
/// As <see cref="TracIn"/>, over block linears only: no head, embedding, norm or bias. Unit: nats.
/// Positive: training on the row lowers the query's loss.
/// </summary>
internal sealed class TracInLinear() : ParameterGradientMethod("tracin_linear", "nats")
{
    public override bool UsesAllCheckpoints => true;

    protected override TensorSet OfQuery(CheckpointPass at, TensorSet? state, RowGradient gradient) =>
        Scaled(Parameters(at.Model.Config), gradient, at.RequireLearningRate());

    protected override bool BlocksOnly => true;
}
