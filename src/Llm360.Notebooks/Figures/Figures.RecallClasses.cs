// Figure: memorised sequences recited, reconstructed or recollected (Prashanth et al. 2024).
namespace Llm360.Notebooks;

public static partial class Figures
{
    /// <summary>The extractible sequences by class.</summary>
    /// <param name="model">For example <c>nano</c>.</param>
    /// <param name="checkpoint">The checkpoint scored.</param>
    /// <param name="promptLength">k.</param>
    /// <param name="continuationLength">l.</param>
    /// <param name="sequences">Sequences examined, extractible or not.</param>
    /// <param name="classes">
    /// Number of extractible sequences of each class, in the order shown.
    /// </param>
    /// <exception cref="Llm360Exception">There is no class.</exception>
    internal static Figure RecallClasses(
        string model,
        string checkpoint,
        int promptLength,
        int continuationLength,
        int sequences,
        IReadOnlyList<(string Name, int Count)> classes)
    {
        RequireNotEmpty(classes, nameof(RecallClasses), "classes");
        var total = classes.Sum(c => c.Count);
        var subtitle = $"{model} at {checkpoint}, k = {promptLength}, l = {continuationLength}, "
            + $"n = {FigureText.Count(total)} extractible of {FigureText.Count(sequences)} sequences, "
            + "canaries left out; Wilson's 95% intervals";
        var most = classes.MaxBy(c => c.Count);
        var title = total == 0 ? $"No sequence of text is extractible with k = {promptLength} and l = {continuationLength}"
            : $"{FigureText.Percent((double)most.Count / total)} of the memorised sequences are {most.Name}";
        var (low, high) = Intervals.Wilson(0, sequences);
        var finding = total == 0
            ? $"None of the {FigureText.Count(sequences)} sequences is extractible "
                + $"({FigureText.WithInterval(0, low, high, isShare: true)}), so there is nothing to classify."
            : $"Among {FigureText.Count(total)} extractible sequences, {string.Join(", ", classes.Select(InWords))}.";

        var vertical = new Axis("share of the extractible sequences", Minimum: 0, Maximum: 1.05);
        return Single(title, subtitle, finding, new Panel("", new Axis("class"), vertical,
        [
            .. classes.Select((c, i) =>
            {
                var (from, to) = total == 0 ? (0, 0) : Intervals.Wilson(c.Count, total);
                return new Trace(
                    c.Name,
                    TraceKind.Bars,
                    [i],
                    [total == 0 ? 0 : (double)c.Count / total],
                    Category: c.Name,
                    Low: [from],
                    High: [to],
                    Hover: [$"{c.Name}: {FigureText.Count(c.Count)} of {FigureText.Count(total)}"],
                    XLabels: [c.Name]);
            }),
        ]));

        string InWords((string Name, int Count) c) =>
            $"{FigureText.Count(c.Count)} are {c.Name} ({FigureText.Percent((double)c.Count / total)})";
    }
}
