// The loss of a row, a baseline that needs a forward pass.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>
/// score = the row's loss at the last checkpoint, summed over its tokens. Unit: nats. It does not
/// depend on the query; a larger loss has a larger gradient, and so a larger influence on anything.
/// </summary>
internal sealed class RowLoss() : CheckpointMethod("row_loss", "nats")
{
    public override HeldQueries Hold(CheckpointPass at, TensorSet? state, RowBatch queries) => new(queries.Count, new TensorSet([]));

    public override CheckpointScores Score(CheckpointPass at, TensorSet? state, HeldQueries held, RowBatch rows)
    {
        rows.Check(at.Model);
        // Rows are not the units of progress.
        using var quiet = AmbientWork.Begin(null, AmbientWork.Cancellation);
        var losses = at.Model.Score(rows.Tokens).Select(s => s.Loss * (s.Positions.Count - 1)).ToList();
        var scores = new double[held.Count, rows.Count];
        for (var q = 0; q < held.Count; q++)
        {
            for (var row = 0; row < rows.Count; row++)
                scores[q, row] = losses[row];
        }

        return new CheckpointScores(scores);
    }
}
