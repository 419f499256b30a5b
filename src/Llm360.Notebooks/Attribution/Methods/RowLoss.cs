// The loss of a row: a baseline that needs a forward pass.
namespace Llm360.Notebooks;

/// <summary>
/// score = the row's loss at the last checkpoint, summed over its tokens. Unit: nats. It does not
/// depend on the query. A row with a larger loss has a larger gradient, and so a larger influence.
/// </summary>
internal sealed class RowLoss() : CheckpointMethod("row_loss", "nats")
{
    public override HeldQueries Hold(CheckpointPass at, TensorSet? state, RowBatch queries) => new(queries.Count, new TensorSet([]));

    public override CheckpointScores Score(CheckpointPass at, TensorSet? state, HeldQueries held, RowBatch rows)
    {
        rows.Check(at.Model);
        double[] losses = [.. rows.Probabilities(at.Model).Select(row => -row.Sum(p => (double)p))];
        var scores = new double[held.Count, rows.Count];
        for (var q = 0; q < held.Count; q++)
        {
            for (var row = 0; row < rows.Count; row++)
                scores[q, row] = losses[row];
        }

        return new CheckpointScores(scores);
    }
}
