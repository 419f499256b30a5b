// Figure: cross-entropy of sequences before and after they were read (Duan et al. 2024).
namespace Llm360.Notebooks;

/// <summary>The loss of one group of sequences along checkpoints.</summary>
/// <param name="Name">For example <c>canary × 8</c>.</param>
/// <param name="Ages">
/// Chunks read since the group's own chunk, ascending: 0 just after it, negative before it.
/// </param>
/// <param name="Losses">The group's losses at each age, nats a token.</param>
internal sealed record LossByAge(string Name, IReadOnlyList<int> Ages, IReadOnlyList<MeasuredGroup> Losses);

public static partial class Figures
{
    /// <summary>
    /// Mean cross-entropy against the chunks read since a sequence's own chunk, one line for each
    /// group.
    /// </summary>
    /// <param name="model">For example <c>nano</c>.</param>
    /// <param name="promptLength">k.</param>
    /// <param name="continuationLength">l.</param>
    /// <param name="groups">
    /// In the order of the legend. The finding describes the last group, the title the last group
    /// that has enough sequences.
    /// </param>
    /// <exception cref="Llm360Exception">There is no group.</exception>
    internal static Figure LatentMemorization(string model, int promptLength, int continuationLength, IReadOnlyList<LossByAge> groups)
    {
        RequireNotEmpty(groups, nameof(LatentMemorization), "groups");
        var told = Told(groups[^1]);
        var finding = $"The groups are measured at {Range(groups.Select(g => (long)g.Ages.Count))} ages.";
        if (told is { Before: { } before, After: { } after })
        {
            finding = $"{groups[^1].Name} has a loss of {before.InWords}, before its chunk is read, and {after.InWords}, just after";
            finding += told.Late is { } late ? $"; {told.Age} chunks later it is {late.InWords}." : ".";
        }

        var title = groups.Reverse().Select(TitleOf).FirstOrDefault(t => t is not null)
            ?? "The loss of a sequence before and after it was read";
        var counts = Range(groups.SelectMany(g => g.Losses.Select(v => (long)v.Count)));
        var subtitle = $"{model}, k = {promptLength}, l = {continuationLength}, n = {counts} sequences a point; "
            + "bands: normal 95% intervals";
        var horizontal = new Axis("chunks read since the sequence's own");
        var vertical = new Axis("loss of the continuation (nats per token)", Minimum: 0);
        var traces = groups.Select(g => new Trace(
            g.Name,
            TraceKind.Line,
            [.. g.Ages.Select(a => (double)a)],
            [.. g.Losses.Select(v => v.Mean)],
            Category: g.Name,
            Low: [.. g.Losses.Select(v => v.Interval.Low)],
            High: [.. g.Losses.Select(v => v.Interval.High)],
            Hover: [.. g.Ages.Zip(g.Losses, (age, v) => $"{g.Name}, {age} chunks after: {v.InWords}")]));
        return Single(
            title, subtitle, finding, new Panel("", horizontal, vertical, [.. traces], Marks: [new Mark("just read", 0)]));
    }

    // Late is the last age with at least half as many sequences as just after reading. Means at
    // later ages cover fewer and other sequences.
    private static (MeasuredGroup? Before, MeasuredGroup? After, int Age, MeasuredGroup? Late) Told(LossByAge group)
    {
        var ages = group.Ages.Zip(group.Losses).ToList();
        var (before, after) = (ages.LastOrDefault(p => p.First < 0).Second, ages.FirstOrDefault(p => p.First >= 0).Second);
        var (age, late) = ages.LastOrDefault(p => p.First > 0 && after is not null && 2 * p.Second.Count >= after.Count);
        return (before, after, age, late);
    }

    private static string? TitleOf(LossByAge group)
    {
        if (Told(group) is not
            {
                Before: { CarriesTitle: true } before,
                After: { CarriesTitle: true } after,
                Late: { CarriesTitle: true } late,
            } told
            || !(after.Interval.High < before.Mean))
        {
            return null;
        }

        var left = Math.Clamp((before.Mean - late.Mean) / (before.Mean - after.Mean), 0, 1);
        return $"{told.Age} chunks after {group.Name} was read, {FigureText.Percent(Math.Round(left, 2))} of the drop in loss remains";
    }
}
