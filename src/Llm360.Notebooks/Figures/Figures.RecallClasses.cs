// Figure: memorised sequences recited, reconstructed or recollected (Prashanth et al. 2024).
namespace Llm360.Notebooks;

public static partial class Figures
{
    /// <summary>Share of the sequences that are extractible, by class.</summary>
    /// <param name="model">For example <c>nano</c>.</param>
    /// <param name="checkpoint">The checkpoint scored.</param>
    /// <param name="promptLength">k.</param>
    /// <param name="continuationLength">l.</param>
    /// <param name="sequences">Sequences examined, extractible or not.</param>
    /// <param name="classes">
    /// Number of extractible sequences of each class, in the order shown.
    /// </param>
    /// <param name="baseline">
    /// What can be guessed: the share of each class among all sequences; null if unknown.
    /// </param>
    /// <exception cref="Llm360Exception">There is no class.</exception>
    internal static Figure RecallClasses(
        string model,
        string checkpoint,
        int promptLength,
        int continuationLength,
        int sequences,
        IReadOnlyList<(string Name, int Count)> classes,
        UnreadBaseline<MeasuredGroup>? baseline = null)
    {
        RequireNotEmpty(classes, nameof(RecallClasses), "classes");
        var total = classes.Sum(c => c.Count);
        var bars = classes.Select(c => MeasuredGroup.OfShare(c.Name, c.Count, sequences)).ToList();
        var subtitle = $"{model} at {checkpoint}, k = {promptLength}, l = {continuationLength}, "
            + $"n = {FigureText.Count(total)} extractible of {FigureText.Count(sequences)} sequences, "
            + "canaries left out; Wilson's 95% intervals";
        var most = classes.MaxBy(c => c.Count);
        var title = total == 0 ? $"No sequence of text is extractible with k = {promptLength} and l = {continuationLength}"
            : total < MeasuredGroup.FewestCases ? $"The classes of the {total} memorised sequences"
            : $"{FigureText.Percent((double)most.Count / total)} of the memorised sequences are {most.Name}";
        var (low, high) = Intervals.Wilson(0, sequences);
        var finding = total == 0
            ? $"None of the {FigureText.Count(sequences)} sequences is extractible "
                + $"({FigureText.WithInterval(0, low, high, isShare: true)}), so there is nothing to classify."
            : $"Among {FigureText.Count(total)} extractible sequences, {string.Join(", ", classes.Select(InWords))}.";
        var traces = MeasuredGroup.Bars(bars);
        if (baseline is not null)
        {
            subtitle += UnreadGroups.InSubtitle(baseline.Checkpoint, baseline.Unread[0].Count);
            finding += baseline.Differences();
            traces.Add(baseline.Points(bars));
        }

        return Single(title, subtitle, finding,
            new Panel("", new Axis("class"), new Axis("share of all sequences", Minimum: 0), traces));

        string InWords((string Name, int Count) c) =>
            $"{FigureText.Count(c.Count)} are {c.Name} ({FigureText.Percent((double)c.Count / total)})";
    }
}
