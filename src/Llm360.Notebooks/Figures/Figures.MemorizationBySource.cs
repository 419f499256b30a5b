// Figure: memorization by source.
namespace Llm360.Notebooks;

public static partial class Figures
{
    /// <summary>Mean memorization score of each source.</summary>
    /// <param name="model">For example <c>nano</c>.</param>
    /// <param name="checkpoint">The checkpoint scored.</param>
    /// <param name="promptLength">k.</param>
    /// <param name="continuationLength">l.</param>
    /// <param name="sources">The scores of each source.</param>
    /// <param name="baseline">What can be guessed, by source; null if unknown.</param>
    /// <exception cref="Llm360Exception">There is no source.</exception>
    internal static Figure MemorizationBySource(
        string model,
        string checkpoint,
        int promptLength,
        int continuationLength,
        IReadOnlyList<MeasuredGroup> sources,
        UnreadBaseline<MeasuredGroup>? baseline = null)
    {
        RequireNotEmpty(sources, nameof(MemorizationBySource), "sources");
        var ordered = sources.OrderByDescending(s => s.Mean).ToList();
        var (best, least) = (ordered[0], ordered[^1]);
        var counts = Range(sources.Select(s => (long)s.Count));
        var subtitle = $"{model} at {checkpoint}, k = {promptLength}, l = {continuationLength}, n = {counts} sequences a source, "
            + "canaries left out; normal 95% intervals";
        var title = !best.CarriesTitle || !least.CarriesTitle ? "The mean memorization score of each source"
            : sources.Count == 1 ? $"{best.Name} has a mean memorization score of {FigureText.Number(best.Mean)}"
            : best.Interval.Low > least.Interval.High ? $"{best.Name} is reproduced best, {least.Name} least"
            : "Sources do not clearly differ in how well they are reproduced";
        var finding = sources.Count == 1
            ? $"The mean memorization score of {best.Name} is {best.InWords}."
            : $"The mean memorization score is highest for {best.Name}: {best.InWords}; "
                + $"lowest for {least.Name}: {least.InWords}.";
        var traces = MeasuredGroup.Bars(ordered);
        if (baseline is not null)
        {
            subtitle += UnreadGroups.InSubtitle(baseline.Checkpoint, baseline.Unread.Sum(g => g.Count));
            finding += baseline.Select<MeasuredGroup>(of => [.. of.Where(g => g.Name == best.Name || g.Name == least.Name)]).Differences();
            traces.Add(baseline.Points(ordered));
        }

        return Single(title, subtitle, finding,
            new Panel("", new Axis("source"), new Axis("mean memorization score", Minimum: 0), traces));
    }
}
