// Figure: correlation between checkpoints (the paper's heat maps of scores and k-extractibility).
namespace Llm360.Notebooks;

/// <summary>Pearson correlations of one quantity between checkpoints.</summary>
/// <param name="Quantity">
/// The quantity: <c>memorization score</c> or <c>k-extractible</c>.
/// </param>
/// <param name="R">
/// [i][j] between checkpoints i and j, over the sequences that both have seen; NaN if there are
/// none.
/// </param>
internal sealed record CorrelationMatrix(string Quantity, IReadOnlyList<IReadOnlyList<double>> R)
{
    /// <summary>
    /// Whether it is the baseline, over the sequences that neither checkpoint has seen.
    /// </summary>
    internal bool IsUnread { get; init; }

    /// <summary>[i][j] number of sequences; null if unknown.</summary>
    internal IReadOnlyList<IReadOnlyList<long>>? Sequences { get; init; }

    /// <summary>
    /// Title of its panel. A baseline comes after the matrix of the same quantity.
    /// </summary>
    internal string Title => IsUnread ? $"the same, {UnreadGroups.Name}" : Quantity;

    /// <summary>r of two checkpoints with its 95% interval, which is NaN if n is unknown.</summary>
    internal (double R, double Low, double High) At(int i, int j)
    {
        var (low, high) = Intervals.Pearson(R[i][j], Sequences?[i][j] ?? 0);
        return (R[i][j], low, high);
    }
}

public static partial class Figures
{
    /// <summary>
    /// Heat maps of Pearson's r between checkpoints, 0 to 1, one panel for each quantity.
    /// </summary>
    /// <param name="model">For example <c>nano</c>.</param>
    /// <param name="checkpoints">Their names, in training order.</param>
    /// <param name="sequences">Sequences of the largest comparison, n.</param>
    /// <param name="matrices">At least one.</param>
    /// <exception cref="Llm360Exception">
    /// There is no matrix, or a matrix does not have one row and one column for each checkpoint.
    /// </exception>
    internal static Figure CheckpointCorrelation(
        string model, IReadOnlyList<string> checkpoints, long sequences, params IReadOnlyList<CorrelationMatrix> matrices)
    {
        RequireNotEmpty(matrices, nameof(CheckpointCorrelation), "matrices");
        RequireNotEmpty(checkpoints, nameof(CheckpointCorrelation), "checkpoints");
        var n = checkpoints.Count;
        foreach (var matrix in matrices)
        {
            if (matrix.R.Count != n || matrix.R.Any(row => row.Count != n))
            {
                throw new Llm360Exception(
                    $"The matrix of {matrix.Quantity} is not {n} x {n}.",
                    $"figure {nameof(CheckpointCorrelation)}",
                    "Give one row and one column for each checkpoint.");
            }
        }

        var first = matrices[0];
        var neighbours = Enumerable.Range(0, n - 1).Select(i => first.R[i][i + 1])
            .Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();
        var title = n == 1
            ? "One checkpoint has no other to be compared with"
            : $"Scores of neighbouring checkpoints correlate (mean r = {R(neighbours)})";
        if (n > 1 && !(neighbours >= 0.5))
            title = $"Scores of neighbouring checkpoints correlate weakly (mean r = {R(neighbours)})";
        var finding = string.Join("; ", matrices.Where(m => !m.IsUnread).Select(m => Agreement(m, checkpoints))) + "."
            + string.Concat(matrices.Where(m => m.IsUnread).Select(m => ReadMinusUnread(matrices, m, checkpoints)));
        // A quantity that never varies has no correlation to draw; the finding mentions it.
        var comparable = matrices.Where(m => Pairs(m).Any()).ToList();
        var subtitle = $"{model}, Pearson's r over sequences that both checkpoints have read, n up to {FigureText.Count(sequences)}"
            + (comparable.Exists(m => m.IsUnread) ? $"; {UnreadGroups.Name}: over sequences that neither has read" : "");
        var panels = (comparable.Count > 0 ? comparable : matrices).Select(m => new Panel(
            matrices.Count > 1 ? m.Title : "",
            new Axis("checkpoint"),
            new Axis("checkpoint"),
            [],
            new HeatMap(checkpoints, checkpoints, m.R, "Pearson's r", 0, 1)));
        return new Figure(title, subtitle, $"{title}. {finding}", [.. panels], finding);
    }

    private static string Agreement(CorrelationMatrix matrix, IReadOnlyList<string> checkpoints)
    {
        var pairs = Pairs(matrix).ToList();
        if (pairs.Count == 0)
            return $"{matrix.Quantity}: it does not vary between the sequences, so its correlation is undefined";
        var (low, high) = (pairs.MinBy(p => p.R), pairs.MaxBy(p => p.R));
        return $"{matrix.Quantity}: r is lowest between {checkpoints[low.I]} and {checkpoints[low.J]} ({R(low.R)}) "
            + $"and highest between {checkpoints[high.I]} and {checkpoints[high.J]} ({R(high.R)})";
    }

    /// <summary>
    /// What reading adds to r, of the latest neighbours that have sequences of both kinds.
    /// </summary>
    private static string ReadMinusUnread(
        IReadOnlyList<CorrelationMatrix> matrices, CorrelationMatrix unread, IReadOnlyList<string> checkpoints)
    {
        var read = matrices.First(m => !m.IsUnread && m.Quantity == unread.Quantity);
        var latest = Enumerable.Range(0, checkpoints.Count - 1)
            .LastOrDefault(i => double.IsFinite(read.R[i][i + 1]) && double.IsFinite(unread.R[i][i + 1]), -1);
        if (latest < 0)
            return "";
        var (value, low, high) = Intervals.Difference(read.At(latest, latest + 1), unread.At(latest, latest + 1));
        return $" Over the sequences that neither {checkpoints[latest]} nor {checkpoints[latest + 1]} has read, "
            + $"r of the {unread.Quantity} is {R(unread.R[latest][latest + 1])}; "
            + $"read minus {UnreadGroups.Name} {FigureText.WithInterval(value, low, high)}.";
    }

    private static string R(double r) =>
        double.IsFinite(r) ? r.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture) : "unknown";

    /// <summary>The comparisons of two different checkpoints that have a value.</summary>
    private static IEnumerable<(int I, int J, double R)> Pairs(CorrelationMatrix matrix) =>
        from i in Enumerable.Range(0, matrix.R.Count)
        from j in Enumerable.Range(i + 1, matrix.R.Count - i - 1)
        where double.IsFinite(matrix.R[i][j])
        select (i, j, matrix.R[i][j]);
}
