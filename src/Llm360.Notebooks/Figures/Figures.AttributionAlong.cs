// Figure: how an answer changes along checkpoints.
namespace Llm360.Notebooks;

public static partial class Figures
{
    private const int AlongTop = MeasuredGroup.FewestCases;

    /// <summary>
    /// Overlap of the first 30 rows between checkpoints, one heat map for each answer.
    /// </summary>
    /// <param name="name">Name of the question.</param>
    /// <param name="result">An answer of an index with several checkpoints.</param>
    public static Figure AttributionAlong(string name, AttributionResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        var tops = result.Checkpoints.Select(c =>
        {
            var scores = result.ScoresAt(c);
            return Enumerable.Range(0, scores.Count).OrderByDescending(i => scores[i]).Take(AlongTop).ToHashSet();
        }).ToList();
        var names = result.Checkpoints.Select(c => c.Name).ToList();
        List<IReadOnlyList<double>> shares = [.. tops.Select(
            a => (IReadOnlyList<double>)[.. tops.Select(b => (double)a.Intersect(b).Count() / Math.Max(1, a.Count))])];
        var kept = names.Count > 1 ? shares[^2][^1] : double.NaN;
        var title = names.Count > 1 ? $"{names[^2]} and {names[^1]} share {FigureText.Percent(kept)} of their first {AlongTop} rows"
            : $"One checkpoint: its first {AlongTop} rows have nothing to be compared with";
        var finding = names.Count > 1
            ? $"From {names[0]} to {names[^1]}, {FigureText.Percent(shares[0][^1])} of the first {AlongTop} rows stay the same; "
                + $"between the last two, {FigureText.Percent(kept)}."
            : "An index of several checkpoints would show how the answer changes.";
        return Single(title, $"{result.Suite.Name}, {result.Method}, {name}, n = {FigureText.Count(result.Rows.Count)} rows", finding,
            new Panel("", new Axis("checkpoint"), new Axis("checkpoint"), [],
                new HeatMap(names, names, shares, $"share of the first {AlongTop} rows in common", 0, 1)));
    }
}
