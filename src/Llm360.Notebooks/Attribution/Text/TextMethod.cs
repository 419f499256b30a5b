// Baselines that use only token ids.
namespace Llm360.Notebooks;

/// <summary>A method that needs no model.</summary>
internal abstract class TextMethod(string name, string unit) : IAttributionMethod
{
    public string Name => name;

    public string Unit => unit;

    public double[,] Score(AttributionProblem problem) => Score(problem.Queries.Tokens, problem.Rows.Tokens);

    /// <summary>Scores, [queries, rows].</summary>
    public double[,] Score(IReadOnlyList<int[]> queries, IReadOnlyList<int[]> rows)
    {
        var scores = new double[queries.Count, rows.Count];
        foreach (var (q, query) in queries.Index())
        {
            AmbientWork.Cancellation.ThrowIfCancellationRequested();
            var of = Scores(query, rows);
            for (var row = 0; row < rows.Count; row++)
                scores[q, row] = of[row];
        }

        return scores;
    }

    /// <summary>The score of each row for one query.</summary>
    protected abstract double[] Scores(int[] query, IReadOnlyList<int[]> rows);
}
