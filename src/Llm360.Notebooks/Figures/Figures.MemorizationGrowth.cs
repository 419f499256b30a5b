// Figure: share of sequences reproduced word for word, along checkpoints, on fixed sets of chunks.
namespace Llm360.Notebooks;

/// <summary>The extractible share of one fixed set of chunks along checkpoints.</summary>
/// <param name="Chunks">Which chunks, as a noun phrase.</param>
/// <param name="Read">
/// Whether every checkpoint has read them; false if only the last one has.
/// </param>
/// <param name="Extractible">Sequences with score 1 at each checkpoint.</param>
/// <param name="Sequences">Sequences scored at each.</param>
internal sealed record ExtractibleSeries(string Chunks, bool Read, IReadOnlyList<long> Extractible, IReadOnlyList<long> Sequences)
{
    internal double Share(int i) => Extractible[i] / (double)Sequences[i];

    internal (double Low, double High) Interval(int i) => Intervals.Wilson(Extractible[i], Sequences[i]);
}

public static partial class Figures
{
    /// <summary>Share of sequences with score 1 along checkpoints.</summary>
    /// <param name="model">For example <c>nano</c>.</param>
    /// <param name="promptLength">k.</param>
    /// <param name="continuationLength">l.</param>
    /// <param name="checkpoints">Their names and chunks read, in training order.</param>
    /// <param name="series">At least one; the title describes the first.</param>
    /// <exception cref="Llm360Exception">There is no series.</exception>
    internal static Figure MemorizationGrowth(
        string model,
        int promptLength,
        int continuationLength,
        IReadOnlyList<(string Name, int ChunksSeen)> checkpoints,
        IReadOnlyList<ExtractibleSeries> series)
    {
        RequireNotEmpty(series, nameof(MemorizationGrowth), "series");
        RequireNotEmpty(checkpoints, nameof(MemorizationGrowth), "checkpoints");
        var told = series[0];
        var last = checkpoints.Count - 1;
        var (from, to) = (told.Interval(0), told.Interval(last));
        var (start, end) = (FigureText.Percent(told.Share(0)), FigureText.Percent(told.Share(last)));
        var title = told.Sequences.Min() < MeasuredGroup.FewestCases ? "The share reproduced word for word along checkpoints"
            : to.Low > from.High ? $"The share reproduced word for word grows from {start} to {end}"
            : to.High < from.Low ? $"The share reproduced word for word falls from {start} to {end}"
            : "The share reproduced word for word does not clearly grow";
        var finding = string.Join(" ", series.Select(s =>
            $"In {s.Chunks}, {checkpoints[0].Name} reproduces {FigureText.Percent(s.Share(0))} "
            + $"and {checkpoints[last].Name} "
            + $"{FigureText.WithInterval(s.Share(last), s.Interval(last).Low, s.Interval(last).High, isShare: true)} "
            + $"(n = {FigureText.Count(s.Sequences[last])})."));
        if (last > 0 && series.FirstOrDefault(s => !s.Read) is { } unread)
        {
            var before = checkpoints[last - 1].Name;
            finding += new UnreadBaseline<MeasuredGroup>(before, [BeforeLast(told)], [BeforeLast(unread)]).Differences();

            // The last checkpoint has read the baseline's chunks, the one before it has not.
            MeasuredGroup BeforeLast(ExtractibleSeries s) =>
                MeasuredGroup.OfShare(told.Chunks, (int)s.Extractible[last - 1], (int)s.Sequences[last - 1]);
        }

        double[] x = [.. checkpoints.Select(c => (double)c.ChunksSeen)];
        var subtitle = $"{model}, k = {promptLength}, l = {continuationLength}, "
            + $"n = {Range(series.SelectMany(s => s.Sequences))} sequences a point; bands: Wilson's 95% intervals";
        return Single(title, subtitle, finding,
            new Panel("", new Axis("chunks read"), new Axis("share with score 1", Minimum: 0), [.. series.Select(Line)]));

        Trace Line(ExtractibleSeries s) => new(
            s.Chunks,
            TraceKind.Line,
            x,
            [.. checkpoints.Select((_, i) => s.Share(i))],
            s.Read ? TraceRole.Measured : TraceRole.Baseline,
            Low: [.. checkpoints.Select((_, i) => s.Interval(i).Low)], High: [.. checkpoints.Select((_, i) => s.Interval(i).High)],
            Hover:
            [
                .. checkpoints.Select((c, i) =>
                    $"{c.Name}, {s.Chunks}: {FigureText.Percent(s.Share(i))} of {FigureText.Count(s.Sequences[i])}"),
            ]);
    }
}
