// Figure: memorization against the number of occurrences of a sequence in the corpus.
namespace Llm360.Notebooks;

/// <summary>A sequence with its number of duplicates.</summary>
/// <param name="Duplicates">Occurrences, the sequence itself included: at least 1.</param>
/// <param name="Value">The measured value.</param>
/// <param name="Canary">Whether it is a canary.</param>
internal sealed record DuplicatePoint(long Duplicates, double Value, bool Canary = false);

public static partial class Figures
{
    /// <summary>
    /// Mean of a quantity against exact duplicates, grouped in powers of two, with ordinary text
    /// and canaries separate.
    /// </summary>
    /// <param name="model">For example <c>nano</c>.</param>
    /// <param name="checkpoint">The checkpoint scored.</param>
    /// <param name="promptLength">k.</param>
    /// <param name="continuationLength">l.</param>
    /// <param name="quantity">
    /// The quantity: <c>mean memorization score</c> or <c>share extractible</c>.
    /// </param>
    /// <param name="areShares">Whether every value is 0 or 1.</param>
    /// <param name="points">The sequences.</param>
    /// <param name="counted">
    /// The tokens that were counted, as a noun phrase; null for all k + l, which gives exact
    /// duplicates.
    /// </param>
    /// <param name="baseline">What can be guessed; null if unknown.</param>
    /// <exception cref="Llm360Exception">There is no sequence.</exception>
    internal static Figure ScoreByDuplicates(
        string model,
        string checkpoint,
        int promptLength,
        int continuationLength,
        string quantity,
        bool areShares,
        IReadOnlyList<DuplicatePoint> points,
        string? counted = null,
        UnreadBaseline<DuplicatePoint>? baseline = null)
    {
        RequireNotEmpty(points, nameof(ScoreByDuplicates), "sequences");
        var text = Groups(points.Where(p => !p.Canary));
        var canaries = Groups(points.Where(p => p.Canary));
        var traces = new[] { ("ordinary text", text, "text"), ("canaries", canaries, "canary") }
            .Where(t => t.Item2.Count > 0)
            .Select(t => Line(t.Item1, t.Item2, t.Item3))
            .ToList();
        if (baseline is not null)
            traces.Insert(0, Line(UnreadGroups.Name, Groups(baseline.Unread), null) with { Role = TraceRole.Baseline });
        var copies = ByCopies([.. points.Where(p => p.Canary == (text.Count == 0))]);
        var (once, more) = (copies[0], copies[1]);
        var counts = $"{FigureText.Count(points.Count(p => !p.Canary))} sequences of text "
            + $"and {FigureText.Count(points.Count(p => p.Canary))} canaries";
        var subtitle = $"{model} at {checkpoint}, k = {promptLength}, l = {continuationLength}, n = {counts}; "
            + $"bands: {(areShares ? "Wilson's" : "normal")} 95% intervals";
        var what = counted is null ? "Text that occurs more than once" : "Text with near copies";
        var none = counted is null ? "No sequence of text occurs twice" : "No sequence of text has a near copy";
        var title = more.Count == 0 ? none
            : !once.CarriesTitle || !more.CarriesTitle ? $"The {quantity} by occurrences"
            : more.Interval.Low > once.Interval.High ? $"{what} is reproduced better"
            : $"{what} is not clearly reproduced better";
        var means = copies.Where(g => g.Count > 0).Select(g => $"{g.Name}, {g.InWords}");
        var finding = $"For {(text.Count == 0 ? "canaries" : "ordinary text")} the {quantity} is, "
            + $"with {string.Join("; with ", means)}.";
        if (baseline is not null)
        {
            subtitle += UnreadGroups.InSubtitle(baseline.Checkpoint, baseline.Unread.Count);
            finding += baseline.Select(ByCopies).Differences();
        }

        var occurrences = $"occurrences of {counted ?? $"the {promptLength + continuationLength} tokens"} in what was read";
        var axes = (X: new Axis(occurrences, Log: true, LogBase: 2), Y: new Axis(quantity, Minimum: 0, Maximum: 1.05));
        return Single(title, subtitle, finding, new Panel("", axes.X, axes.Y, traces));

        IReadOnlyList<MeasuredGroup> ByCopies(IReadOnlyList<DuplicatePoint> of) =>
        [
            new("one occurrence", [.. of.Where(p => p.Duplicates == 1).Select(p => p.Value)], areShares),
            new("more than one", [.. of.Where(p => p.Duplicates > 1).Select(p => p.Value)], areShares),
        ];

        // 1, 2, 3-4, 5-8, 9-16, ...; drawn at the geometric mean of its members.
        List<(double X, MeasuredGroup Group)> Groups(IEnumerable<DuplicatePoint> of) =>
        [
            .. of.GroupBy(p => (int)Math.Ceiling(Math.Log2(p.Duplicates))).OrderBy(g => g.Key).Select(g =>
            {
                var (least, most) = (g.Min(p => p.Duplicates), g.Max(p => p.Duplicates));
                var name = most == 1 ? "one occurrence" : least == most ? $"{most} occurrences" : $"{least} to {most} occurrences";
                return (Math.Exp(g.Average(p => Math.Log(p.Duplicates))), new MeasuredGroup(name, [.. g.Select(p => p.Value)], areShares));
            }),
        ];

        static Trace Line(string name, List<(double X, MeasuredGroup Group)> groups, string? category) => new(
            name,
            TraceKind.Line,
            [.. groups.Select(g => g.X)],
            [.. groups.Select(g => g.Group.Mean)],
            Category: category,
            Low: [.. groups.Select(g => g.Group.Interval.Low)],
            High: [.. groups.Select(g => g.Group.Interval.High)],
            Hover: [.. groups.Select(g => $"{name}, {g.Group.Name}: {g.Group.InWords}")]);
    }
}
