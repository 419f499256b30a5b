// Figure: distribution of memorization scores (the paper's 33 bins, with the share at score 1).
namespace Llm360.Notebooks;

/// <summary>How many sequences of one checkpoint have each memorization score.</summary>
/// <param name="Checkpoint">Its name.</param>
/// <param name="Progress">Position in training, 0 to 1.</param>
/// <param name="Counts">
/// l + 1 counts: sequences with 0, 1, ..., l of l continuation tokens reproduced.
/// </param>
/// <param name="Unread">
/// The same counts for sequences that the checkpoint had not read, which show what can be guessed;
/// null for none.
/// </param>
internal sealed record ScoreDistribution(string Checkpoint, double Progress, IReadOnlyList<long> Counts, IReadOnlyList<long>? Unread = null)
{
    /// <summary>Counts scores of k + l tokens each.</summary>
    /// <param name="checkpoint">Its name.</param>
    /// <param name="progress">Position in training, 0 to 1.</param>
    /// <param name="scores">Shares of reproduced tokens, 0 to 1.</param>
    /// <param name="continuationLength">l.</param>
    /// <param name="unread">Scores of sequences not yet read; null or empty for none.</param>
    /// <exception cref="Llm360Exception">A score is outside 0 to 1.</exception>
    public static ScoreDistribution FromScores(
        string checkpoint, double progress, IEnumerable<double> scores, int continuationLength, IEnumerable<double>? unread = null)
    {
        ArgumentNullException.ThrowIfNull(scores);
        var baseline = Count(checkpoint, unread ?? [], continuationLength);
        return new(checkpoint, progress, Count(checkpoint, scores, continuationLength), baseline.Sum() == 0 ? null : baseline);
    }

    private static long[] Count(string checkpoint, IEnumerable<double> scores, int continuationLength)
    {
        var counts = new long[continuationLength + 1];
        foreach (var score in scores)
        {
            if (score is not (>= 0 and <= 1))
            {
                throw new Llm360Exception(
                    $"A memorization score is {FigureText.Number(score)}.",
                    $"checkpoint {checkpoint}",
                    "Scores are shares of reproduced tokens, 0 to 1.");
            }

            counts[(int)Math.Round(score * continuationLength)]++;
        }

        return counts;
    }

    internal long Total => Counts.Sum();

    internal double ShareAtOne => Counts[^1] / (double)Total;
}

public static partial class Figures
{
    private const int MaximumHistograms = 6;

    /// <summary>
    /// Distribution of the memorization score, one panel for each checkpoint, all on one scale.
    /// More than six checkpoints are thinned evenly; the first and the last are kept.
    /// </summary>
    /// <param name="model">For example <c>nano</c>.</param>
    /// <param name="promptLength">k.</param>
    /// <param name="checkpoints">In training order.</param>
    /// <param name="sequences">Which sequences the shares are about, as a noun phrase.</param>
    /// <exception cref="Llm360Exception">
    /// There is no checkpoint, a checkpoint has no sequences, or checkpoints differ in l.
    /// </exception>
    internal static Figure MemorizationHistogram(
        string model, int promptLength, IReadOnlyList<ScoreDistribution> checkpoints, string sequences = "the scored sequences")
    {
        RequireNotEmpty(checkpoints, nameof(MemorizationHistogram), "checkpoints");
        var bins = checkpoints[0].Counts.Count;
        foreach (var c in checkpoints)
        {
            if (c.Total <= 0 || c.Counts.Count != bins)
            {
                throw new Llm360Exception(
                    $"Checkpoint {c.Checkpoint} has {c.Total} sequences in {c.Counts.Count} bins.",
                    $"figure {nameof(MemorizationHistogram)}",
                    $"Give every checkpoint sequences in the same {bins} bins.");
            }
        }

        var shown = checkpoints.Evenly(MaximumHistograms);
        var top = shown.Max(c => c.Counts.Max() / (double)c.Total);
        var last = checkpoints[^1];
        var (low, high) = Intervals.Wilson(last.Counts[^1], last.Total);
        var title = last.Total < MeasuredGroup.FewestCases ? $"Memorization scores of {last.Total} sequences"
            : $"{FigureText.Percent(last.ShareAtOne)} of {sequences} are reproduced word for word";
        var thinned = shown.Count < checkpoints.Count ? $"; {shown.Count} of {checkpoints.Count} checkpoints shown" : "";
        var points = shown.Any(c => c.Unread is not null) ? "; points: sequences not yet read" : "";
        var subtitle = $"{model}, k = {promptLength}, l = {bins - 1}, n = {Range(checkpoints.Select(c => c.Total))} sequences a checkpoint"
            + $"{thinned}; diamond: share at score 1{points}";
        var finding = $"At {last.Checkpoint}, the share of {sequences} with score 1 is "
            + $"{FigureText.WithInterval(last.ShareAtOne, low, high, isShare: true)}.";
        if (checkpoints.LastOrDefault(c => c.Unread is not null) is { Unread: { } unread, Checkpoint: var at, Counts: var read })
        {
            finding += $" Among the sequences that {at} has not read, it is {FigureText.Percent(unread[^1] / (double)unread.Sum())} "
                + $"(n = {FigureText.Count(unread.Sum())})."
                + new UnreadBaseline<MeasuredGroup>(at, [WordForWord(read)], [WordForWord(unread)]).Differences();
        }

        if (checkpoints.Count > 1)
            finding += $" At {checkpoints[0].Checkpoint}, it is {FigureText.Percent(checkpoints[0].ShareAtOne)}.";
        var panels = shown.Select(c => HistogramPanel(c, bins - 1, top * 1.08, shown.Count > 1));
        return new Figure(title, subtitle, $"{title}. {subtitle}. {finding}", [.. panels], finding);

        static MeasuredGroup WordForWord(IReadOnlyList<long> counts) =>
            MeasuredGroup.OfShare("word for word", (int)counts[^1], (int)counts.Sum());
    }

    private static Panel HistogramPanel(ScoreDistribution c, int length, double top, bool titled)
    {
        List<Trace> traces = [HistogramTrace(c.Checkpoint, "", c.Counts) with { Progress = c.Progress }];
        if (c.Unread is not null)
        {
            var unread = HistogramTrace("not yet read", "not read, ", c.Unread);
            traces.Add(unread with { Kind = TraceKind.Points, Role = TraceRole.Baseline });
        }

        return new Panel(
            titled ? c.Checkpoint : "",
            new Axis($"tokens reproduced of {length}"),
            new Axis("share of sequences", Minimum: 0, Maximum: top),
            traces,
            Marks: [new Mark($"{FigureText.Percent(c.ShareAtOne)} at 1", length, c.ShareAtOne, c.Progress)]);
    }

    private static Trace HistogramTrace(string name, string hover, IReadOnlyList<long> counts)
    {
        var (total, length) = (counts.Sum(), counts.Count - 1);
        List<double> shares = [.. counts.Select(n => n / (double)total)];
        return new Trace(name, TraceKind.Bars, [.. counts.Select((_, i) => (double)i)], shares, Hover:
        [
            // A bar of zero height cannot be hovered over.
            .. counts.Select((n, i) => n == 0 ? ""
                : $"{hover}{i} of {length}: {FigureText.Count(n)} ({FigureText.Percent(shares[i])})"),
        ]);
    }
}
