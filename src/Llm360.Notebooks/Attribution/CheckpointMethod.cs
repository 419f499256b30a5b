// A method that uses checkpoints: it prepares with rows, holds the queries, and scores rows.
namespace Llm360.Notebooks;

/// <summary>A method that scores at one checkpoint after another and combines the scores.</summary>
internal abstract class CheckpointMethod(string name, string unit) : IAttributionMethod
{
    public string Name => name;

    public string Unit => unit;

    /// <summary>Whether all checkpoints count; otherwise the last one only.</summary>
    public virtual bool UsesAllCheckpoints => false;

    /// <summary>Whether checkpoints need an optimizer file.</summary>
    public virtual bool UsesOptimizer => false;

    /// <summary>Whether a score is a sum over the row's tokens.</summary>
    public virtual bool IsSumOverTokens => false;

    /// <summary>State computed from rows before queries come; null for none.</summary>
    public virtual TensorSet? Fit(CheckpointPass at, RowBatch rows) => null;

    /// <summary>Computes the query features that are multiplied with every row.</summary>
    public abstract HeldQueries Hold(CheckpointPass at, TensorSet? state, RowBatch queries);

    /// <summary>Scores rows against held queries.</summary>
    public abstract CheckpointScores Score(CheckpointPass at, TensorSet? state, HeldQueries held, RowBatch rows);

    /// <summary>The score of each row for itself.</summary>
    /// <exception cref="Llm360Exception">The method does not define it.</exception>
    public virtual double[] SelfScores(CheckpointPass at, TensorSet? state, RowBatch rows) => throw new Llm360Exception(
        $"The method {Name} has no self-influence.", $"method {Name}", "Choose tracin, graddot, logra or ekfac.");

    /// <summary>The contribution of each token of a row to its score, [tokens].</summary>
    /// <exception cref="Llm360Exception">The score is not a sum over tokens.</exception>
    public virtual double[] TokenScores(CheckpointPass at, TensorSet? state, HeldQueries held, int query, RowBatch row) =>
        throw new Llm360Exception(
            $"A score of {Name} is no sum over the row's tokens.", $"method {Name}", "Choose tracin, graddot, logra or ekfac.");

    /// <summary>
    /// Combines the scores of several checkpoints; for one checkpoint, its own scores.
    /// </summary>
    public virtual double[,] Combine(IReadOnlyList<CheckpointScores> checkpoints)
    {
        if (!UsesAllCheckpoints)
            return checkpoints[^1].Scores;
        var sum = new double[checkpoints[0].Scores.GetLength(0), checkpoints[0].Scores.GetLength(1)];
        foreach (var part in checkpoints)
        {
            for (var q = 0; q < sum.GetLength(0); q++)
            {
                for (var row = 0; row < sum.GetLength(1); row++)
                    sum[q, row] += part.Scores[q, row];
            }
        }

        return sum;
    }

    public double[,] Score(AttributionProblem problem) => Combine(PerCheckpoint(problem));

    /// <summary>The scores of each checkpoint that counts.</summary>
    public IReadOnlyList<CheckpointScores> PerCheckpoint(AttributionProblem problem) =>
        [.. Each(problem, (at, state) =>
        {
            using var held = Hold(at, state, problem.Queries);
            return Score(at, state, held, problem.Rows);
        })];

    /// <summary>The self-influence of rows, summed over the checkpoints that count.</summary>
    public double[] SelfScores(AttributionProblem problem)
    {
        var sum = new double[problem.Rows.Count];
        foreach (var scores in Each(problem, (at, state) => SelfScores(at, state, problem.Rows)))
        {
            for (var i = 0; i < sum.Length; i++)
                sum[i] += scores[i];
        }

        return sum;
    }

    private IEnumerable<T> Each<T>(AttributionProblem problem, Func<CheckpointPass, TensorSet?, T> compute)
    {
        foreach (var checkpoint in UsesAllCheckpoints ? problem.Checkpoints : [problem.Checkpoints[^1]])
        {
            AmbientWork.Cancellation.ThrowIfCancellationRequested();
            var at = checkpoint.Load();
            using var model = at.Model;
            using var state = Fit(at, problem.Rows);
            yield return compute(at, state);
        }
    }
}
