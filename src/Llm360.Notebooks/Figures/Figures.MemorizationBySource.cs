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
    /// <exception cref="Llm360Exception">There is no source.</exception>
    internal static Figure MemorizationBySource(
        string model, string checkpoint, int promptLength, int continuationLength, IReadOnlyList<MeasuredGroup> sources)
    {
        RequireNotEmpty(sources, nameof(MemorizationBySource), "sources");
        var ordered = sources.OrderByDescending(s => s.Mean).ToList();
        var (best, least) = (ordered[0], ordered[^1]);
        var counts = Range(sources.Select(s => (long)s.Count));
        var subtitle = $"{model} at {checkpoint}, k = {promptLength}, l = {continuationLength}, n = {counts} sequences a source, "
            + "canaries left out; normal 95% intervals";
        var title = sources.Count == 1 ? $"{best.Name} has a mean memorization score of {FigureText.Number(best.Mean)}"
            : best.Interval.Low > least.Interval.High ? $"{best.Name} is remembered best, {least.Name} least"
            : "Sources do not clearly differ in how well they are remembered";
        var finding = sources.Count == 1
            ? $"The mean memorization score of {best.Name} is {best.InWords}."
            : $"The mean memorization score is highest for {best.Name}: {best.InWords}; "
                + $"lowest for {least.Name}: {least.InWords}.";
        var vertical = new Axis("mean memorization score", Minimum: 0);
        return Single(title, subtitle, finding, new Panel("", new Axis("source"), vertical, MeasuredGroup.Bars(ordered)));
    }
}
