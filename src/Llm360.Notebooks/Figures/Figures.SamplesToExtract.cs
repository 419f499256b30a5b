// Figure: (n, p)-discoverable extraction, n draws against the share extracted (Hayes et al. 2024).

namespace Llm360.Notebooks;

public static partial class Figures
{
    private const int DrawDecades = 9;

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
    /// <exception cref="Llm360Exception">There is no sequence.</exception>
    internal static Figure SamplesToExtract(
        string model,
        string checkpoint,
        int promptLength,
        int continuationLength,
        string sampling,
        IReadOnlyList<double> logPz,
        int greedy,
        string sequences = "the scored sequences")
    {
        RequireNotEmpty(logPz, nameof(SamplesToExtract), "sequences");
        double[] wanted = [0.1, 0.5, 0.9, 0.999];
        var n = Enumerable.Range(0, (DrawDecades * 3) + 1).Select(i => Math.Round(Math.Pow(10, i / 3.0))).ToList();
        var curves = wanted.Select(p => (P: p, Needed: logPz.Select(l => ProbabilisticExtraction.Samples(l, p)).Order().ToList())).ToList();
        var all = logPz.Count;
        var (some, half) = (curves[1].Needed[0], (int)curves[1].Needed.Count(s => s <= 1e6));
        var (low, high) = Intervals.Wilson(half, all);
        var title = $"A million samples extract {FigureText.Percent((double)half / all)} of {sequences}, "
            + $"greedy decoding {FigureText.Percent((double)greedy / all)}";
        var finding = $"A million samples extract {FigureText.Count(half)} of {FigureText.Count(all)} sequences "
            + "with a probability of at least "
            + $"one half ({FigureText.WithInterval((double)half / all, low, high, isShare: true)}). "
            + $"Greedy decoding reproduces {FigureText.Count(greedy)}. "
            + $"The easiest sequence takes {Samples(some)} sample{(some == 1 ? "" : "s")}, "
            + $"the median one {Samples(curves[1].Needed[all / 2])}.";
        var subtitle = $"{model} at {checkpoint}, k = {promptLength}, l = {continuationLength}, {sampling}, "
            + $"n = {FigureText.Count(all)} sequences it has seen; bands: Wilson's 95% intervals";
        return Single(title, subtitle, finding,
            new Panel("", new Axis("samples per sequence", Log: true), new Axis("share extracted with probability p", Minimum: 0),
            [
                .. curves.Select(c =>
                {
                    var counts = n.Select(x => c.Needed.Count(s => s <= x)).ToList();
                    return new Trace(
                        $"p = {FigureText.Number(c.P)}",
                        TraceKind.Line,
                        n,
                        [.. counts.Select(k => (double)k / all)],
                        Low: [.. counts.Select(k => Intervals.Wilson(k, all).Low)],
                        High: [.. counts.Select(k => Intervals.Wilson(k, all).High)],
                        Hover: [.. n.Zip(counts, (x, k) => $"{FigureText.Human(x)} samples, p = {FigureText.Number(c.P)}: "
                            + $"{FigureText.Count(k)} of {FigureText.Count(all)} sequences")]);
                }),
                new Trace("greedy", TraceKind.Line, [n[0], n[^1]], [(double)greedy / all, (double)greedy / all], TraceRole.Baseline),
            ]));
    }

    // Above a trillion samples, the exact number is of no use.
    private static string Samples(double count) => count < 1e12 ? FigureText.Human(count) : "more than a trillion";
}
