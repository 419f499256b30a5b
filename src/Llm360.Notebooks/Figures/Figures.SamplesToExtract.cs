// Figure: (n, p)-discoverable extraction, n draws against the share extracted (Hayes et al. 2024).

namespace Llm360.Notebooks;

public static partial class Figures
{
    private const int DrawDecades = 6;
    private const double Half = 0.5;
    private const double Million = 1e6;

    /// <summary>
    /// Share of sequences that n samples extract with probability p, one line for each p.
    /// </summary>
    /// <param name="model">For example <c>nano</c>.</param>
    /// <param name="checkpoint">The checkpoint scored.</param>
    /// <param name="promptLength">k.</param>
    /// <param name="continuationLength">l.</param>
    /// <param name="sampling">How tokens are drawn: <c>temperature 1, all tokens</c>.</param>
    /// <param name="logPz">log p_z of every sequence, nats.</param>
    /// <param name="greedy">How many of them greedy decoding reproduces.</param>
    /// <param name="sequences">Which sequences the shares are about, as a noun phrase.</param>
    /// <param name="baseline">What can be guessed: log p_z, nats; null if unknown.</param>
    /// <exception cref="Llm360Exception">There is no sequence.</exception>
    internal static Figure SamplesToExtract(
        string model,
        string checkpoint,
        int promptLength,
        int continuationLength,
        string sampling,
        IReadOnlyList<double> logPz,
        int greedy,
        string sequences = "the scored sequences",
        UnreadBaseline<double>? baseline = null)
    {
        RequireNotEmpty(logPz, nameof(SamplesToExtract), "sequences");
        double[] wanted = [0.1, Half, 0.9];
        var all = logPz.Count;
        var needed = Needed(logPz, Half);
        var (some, half) = (needed[0], needed.Count(s => s <= Million));
        var (low, high) = Intervals.Wilson(half, all);
        var title = all < MeasuredGroup.FewestCases ? $"Samples that it takes to extract {all} sequences"
            : $"A million samples extract {FigureText.Percent((double)half / all)} of {sequences}, "
            + $"greedy decoding {FigureText.Percent((double)greedy / all)}";
        var finding = $"A million samples extract {FigureText.Count(half)} of {FigureText.Count(all)} sequences "
            + "with a probability of at least "
            + $"one half ({FigureText.WithInterval((double)half / all, low, high, isShare: true)}). "
            + $"Greedy decoding reproduces {FigureText.Count(greedy)}. "
            + $"The easiest sequence takes {Samples(some)} sample{(some == 1 ? "" : "s")}, "
            + $"the median one {Samples(needed[all / 2])}.";
        var subtitle = $"{model} at {checkpoint}, k = {promptLength}, l = {continuationLength}, {sampling}, "
            + $"n = {FigureText.Count(all)} sequences it has seen; bands: Wilson's 95% intervals; "
            + "diamond: greedy decoding";
        List<Trace> traces = [.. wanted.Select(p => Curve($"p = {FigureText.Number(p)}", logPz, p))];
        if (baseline is not null)
        {
            subtitle += UnreadGroups.InSubtitle(baseline.Checkpoint, baseline.Unread.Count);
            finding += baseline.Select<MeasuredGroup>(of =>
                [MeasuredGroup.OfShare("a million samples", Needed(of, Half).Count(s => s <= Million), of.Count)]).Differences();
            traces.Add(Curve($"{UnreadGroups.Name}, p = {FigureText.Number(Half)}", baseline.Unread, Half)
                with { Role = TraceRole.Baseline });
        }

        return Single(title, subtitle, finding, new Panel(
            "", new Axis("samples per sequence", Log: true), new Axis("share extracted with probability p", Minimum: 0), traces,
            Marks: [new Mark($"greedy decoding: {FigureText.Percent((double)greedy / all)}", 1, (double)greedy / all, ShowLabel: false)]));

        static List<double> Needed(IEnumerable<double> logPz, double p) =>
            [.. logPz.Select(l => ProbabilisticExtraction.Samples(l, p)).Order()];

        static Trace Curve(string name, IReadOnlyList<double> logPz, double p)
        {
            var (needed, all) = (Needed(logPz, p), logPz.Count);
            var n = Enumerable.Range(0, (DrawDecades * 2) + 1).Select(i => Math.Round(Math.Pow(10, i / 2.0))).ToList();
            var counts = n.Select(x => needed.Count(s => s <= x)).ToList();
            return new Trace(
                name,
                TraceKind.Line,
                n,
                [.. counts.Select(k => (double)k / all)],
                Low: [.. counts.Select(k => Intervals.Wilson(k, all).Low)],
                High: [.. counts.Select(k => Intervals.Wilson(k, all).High)],
                Hover: [.. n.Zip(counts, (x, k) => $"{FigureText.Human(x)} samples, {name}: "
                    + $"{FigureText.Count(k)} of {FigureText.Count(all)} sequences")]);
        }
    }

    // Above a trillion samples, the exact number is of no use.
    private static string Samples(double count) => count < 1e12 ? FigureText.Human(count) : "more than a trillion";
}
