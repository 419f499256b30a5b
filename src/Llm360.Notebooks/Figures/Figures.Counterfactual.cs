// Figure: how reading a chunk changes the scores of its sequences (counterfactual memorization).
namespace Llm360.Notebooks;

public static partial class Figures
{
    /// <summary>Score just after a sequence's chunk was read minus just before, by group.</summary>
    /// <param name="model">For example <c>nano</c>.</param>
    /// <param name="promptLength">k.</param>
    /// <param name="continuationLength">l.</param>
    /// <param name="chunks">Chunks compared.</param>
    /// <param name="groups">Differences of each group; the first is ordinary text.</param>
    /// <exception cref="Llm360Exception">There is no group.</exception>
    internal static Figure Counterfactual(
        string model, int promptLength, int continuationLength, int chunks, IReadOnlyList<MeasuredGroup> groups)
    {
        RequireNotEmpty(groups, nameof(Counterfactual), "groups");
        var (first, last) = (groups[0], groups[^1]);
        var subtitle = $"{model}, k = {promptLength}, l = {continuationLength}, n = {Range(groups.Select(g => (long)g.Count))} sequences "
            + $"a group, of {chunks} chunk{(chunks == 1 ? "" : "s")}; normal 95% intervals";
        var title = !first.CarriesTitle ? "Scores just after and just before a chunk is read"
            : first.Interval.Low > 0 ? $"Reading a chunk raises the score of its {first.Name} by {FigureText.Number(first.Mean)}"
            : first.Interval.High < 0 ? $"Reading a chunk lowers the score of its {first.Name} by {FigureText.Number(-first.Mean)}"
            : $"Reading a chunk does not clearly raise the score of its {first.Name}";
        var finding = "Mean score just after reading a chunk minus the score just before: "
            + $"{string.Join("; ", new[] { first, last }.Distinct().Select(g => $"{g.Name} {g.InWords}"))}.";
        return Single(
            title,
            subtitle,
            finding,
            new Panel("", new Axis("sequences"), new Axis("score after − score before"), MeasuredGroup.Bars(groups)));
    }
}
