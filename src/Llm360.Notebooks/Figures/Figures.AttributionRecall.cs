// Figure: share of the rows with a planted canary that each method finds.
namespace Llm360.Notebooks;

public static partial class Figures
{
    /// <summary>
    /// Recall at k, where k is the number of planted rows, one line for each method.
    /// </summary>
    /// <param name="model">For example <c>nano</c>.</param>
    /// <param name="checkpoint">The checkpoint of the last gradients.</param>
    /// <param name="rows">Rows that were ranked.</param>
    /// <param name="methods">For each method the recalls of canaries by repetitions.</param>
    /// <exception cref="Llm360Exception">There is no method.</exception>
    public static Figure AttributionRecall(
        string model, string checkpoint, int rows,
            IReadOnlyList<(string Method, IReadOnlyList<(int Repetitions, IReadOnlyList<double> Recalls)> Points)> methods)
    {
        RequireNotEmpty(methods, nameof(AttributionRecall), "methods");
        if (methods.All(m => m.Points.Count == 0))
            return NoCanaries(model);
        var ordered = methods.OrderByDescending(Overall).ToList();
        var all = ordered[0].Points.Sum(p => p.Recalls.Count);
        var full = ordered.Where(m => m.Points.All(p => p.Recalls.All(r => r == 1))).Select(m => m.Method).ToList();
        var title = all < MeasuredGroup.FewestCases ? "Recall at k of the rows in which canaries were planted"
            : full.Count > 0 ? $"{string.Join(", ", full)}: the planted rows fill the top ranks for every canary"
            : $"{ordered[0].Method} puts {FigureText.Percent(Overall(ordered[0]))} of a canary's planted rows on top";
        var finding = "Mean recall at k over canaries: "
            + string.Join(", ", ordered.Select(m => $"{m.Method} {FigureText.Percent(Overall(m))}")) + ".";
        return Single(
            title,
            $"{model} at {checkpoint}; n = {all} canaries against {FigureText.Count(rows)} rows; k is the number of planted rows",
            finding,
            new Panel("", new Axis("repetitions within its chunk", Log: true, LogBase: 2), new Axis("recall at k", Minimum: 0, Maximum: 1),
            [
                .. ordered.Select(m => new Trace(m.Method, TraceKind.Line, [.. m.Points.Select(p => (double)p.Repetitions)],
                    [.. m.Points.Select(p => p.Recalls.Average())],
                    Role: IsBaseline(m.Method) ? TraceRole.Baseline : TraceRole.Measured, Category: m.Method,
                    Hover: [.. m.Points.Select(
                        p => $"{m.Method}, {p.Repetitions} repetitions: {FigureText.Number(p.Recalls.Average())}, n = "
                            + $"{p.Recalls.Count} canaries")])),
            ]));

        static double Overall((string Method, IReadOnlyList<(int Repetitions, IReadOnlyList<double> Recalls)> Points) method) =>
            method.Points.SelectMany(p => p.Recalls).DefaultIfEmpty(double.NaN).Average();
    }

    /// <summary>The recall of all methods of a comparison.</summary>
    /// <param name="comparison">The answers; its canaries are drawn.</param>
    public static Figure AttributionRecall(AttributionComparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        var first = comparison.ByMethod[0][0];
        return AttributionRecall(first.Suite.Name, first.Checkpoints[^1].Name, first.Rows.Count, comparison.Recalls());
    }
}
