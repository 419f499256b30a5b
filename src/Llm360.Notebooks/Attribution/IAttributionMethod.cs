// The interface of all attribution methods, from gradients to text.
namespace Llm360.Notebooks;

/// <summary>A checkpoint that is loaded when it is needed.</summary>
/// <param name="Load">Loads the model; the caller disposes it.</param>
internal sealed record TracedCheckpoint(Func<CheckpointPass> Load);

/// <summary>Queries against rows at checkpoints, all in memory.</summary>
/// <param name="Checkpoints">In training order; at least one for methods that need a model.</param>
/// <param name="Rows">Training rows.</param>
/// <param name="Queries">Queries.</param>
internal sealed record AttributionProblem(IReadOnlyList<TracedCheckpoint> Checkpoints, RowBatch Rows, RowBatch Queries);

/// <summary>A way to score rows for queries.</summary>
internal interface IAttributionMethod
{
    /// <summary>Name on the command line and in columns.</summary>
    string Name { get; }

    /// <summary>Unit of a score.</summary>
    string Unit { get; }

    /// <summary>Scores, [queries, rows]; positive if the row lowers the query's loss.</summary>
    double[,] Score(AttributionProblem problem);
}

/// <summary>Scores of one checkpoint.</summary>
/// <param name="Scores">[queries, rows]</param>
/// <param name="RowWeights">
/// A factor for each row that is combined separately; null for none.
/// </param>
internal sealed record CheckpointScores(double[,] Scores, double[]? RowWeights = null);
