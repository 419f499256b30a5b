// Figure: how well earlier checkpoints forecast memorization by the last (Biderman et al. 2023).
namespace Llm360.Notebooks;

/// <summary>One checkpoint as a forecast of the last.</summary>
/// <param name="Checkpoint">Its name.</param>
/// <param name="Position">Its number.</param>
/// <param name="Sequences">Sequences compared.</param>
/// <param name="Both">Extractible from both.</param>
/// <param name="OnlyEarlier">From the earlier one only.</param>
/// <param name="OnlyLast">From the last one only.</param>
internal sealed record ForecastPoint(string Checkpoint, int Position, int Sequences, int Both, int OnlyEarlier, int OnlyLast)
{
    internal int Earlier => Both + OnlyEarlier;

    internal int Last => Both + OnlyLast;
}

public static partial class Figures
{
    /// <summary>
    /// Precision and recall of forecasting the last checkpoint's extractible sequences, against the
    /// predicting checkpoint.
    /// </summary>
    /// <remarks>
    /// If the last checkpoint has no extractible sequence, there is nothing to forecast. The figure
    /// then shows the extractible share with its interval.
    /// </remarks>
    /// <param name="model">For example <c>nano</c>.</param>
    /// <param name="promptLength">k.</param>
    /// <param name="continuationLength">l.</param>
    /// <param name="last">Name of the checkpoint that is forecast.</param>
    /// <param name="points">
    /// Forecasts on sequences that both checkpoints have read, in training order.
    /// </param>
    /// <param name="unread">
    /// Forecasts on sequences that only the last one has read, in training order; empty for none.
    /// </param>
    /// <exception cref="Llm360Exception">There is no point.</exception>
    internal static Figure Forecast(
        string model,
        int promptLength,
        int continuationLength,
        string last,
        IReadOnlyList<ForecastPoint> points,
        IReadOnlyList<ForecastPoint> unread)
    {
        RequireNotEmpty(points, nameof(Forecast), "earlier checkpoints");
        var baseline = unread.Count == 0 ? ""
            : $"; grey: n = {Range(unread.Select(p => (long)p.Sequences))} sequences that only the last one has read";
        var subtitle = $"{model}, k = {promptLength}, l = {continuationLength}, "
            + $"n = {Range(points.Select(p => (long)p.Sequences))} sequences "
            + $"that both checkpoints have read; bands: Wilson's 95% intervals{baseline}";
        if (points.All(p => p.Last == 0))
        {
            var most = points.MaxBy(p => p.Earlier)!;
            var none = $"There is nothing to forecast: {last} reproduces no sequence with k = {promptLength} and l = {continuationLength}";
            var share = FigureText.Percent((double)most.Earlier / most.Sequences);
            var found = $"None of the {FigureText.Count(points.Max(p => p.Sequences))} sequences compared is extractible from {last}, "
                + "so precision and recall do not exist; "
                + $"shown is the share extractible from earlier checkpoints, at most {share}.";
            return Single(none, subtitle, found, ShareOf("", "share extractible", p => p.Earlier, p => p.Sequences));
        }

        // The finding describes the latest forecast, because it is based on the most sequences.
        var latest = points[^1];
        var recall = Recall(latest);
        var finding = $"{latest.Checkpoint} already reproduces {latest.Both} of the {latest.Last} sequences "
            + $"that {last} does, among those that both have read: recall {recall.InWords}; "
            + $"precision {MeasuredGroup.OfShare("precision", latest.Both, latest.Earlier).InWords}.";
        if (unread.LastOrDefault(p => p.Last > 0) is { } guessed && points.FirstOrDefault(p => p.Position == guessed.Position) is { } read)
        {
            finding += $" Of those that {guessed.Checkpoint} had not read, it already reproduces {guessed.Both} of {guessed.Last}."
                + new UnreadBaseline<MeasuredGroup>(guessed.Checkpoint, [Recall(read)], [Recall(guessed)]).Differences();
        }

        var title = recall.CarriesTitle
            ? $"{latest.Checkpoint} predicts {FigureText.Percent(recall.Mean)} of the sequences that {last} has memorised"
            : $"Forecasts of the sequences that {last} has memorised";
        List<Panel> panels =
        [
            ShareOf("recall", "share of the last one's", p => p.Both, p => p.Last),
            ShareOf("precision", "share of the earlier one's", p => p.Both, p => p.Earlier),
        ];
        return new Figure(title, subtitle, $"{title}. {subtitle}. {finding}", panels, finding);

        static MeasuredGroup Recall(ForecastPoint p) => MeasuredGroup.OfShare("recall", p.Both, p.Last);

        Panel ShareOf(string name, string quantity, Func<ForecastPoint, int> count, Func<ForecastPoint, int> of)
        {
            List<Trace> traces = [Line("read", points)];
            if (unread.Count > 0)
                traces.Insert(0, Line(UnreadGroups.Name, unread) with { Role = TraceRole.Baseline });
            return new Panel(name, new Axis("predicting checkpoint"),
                new Axis(quantity, Minimum: 0, Maximum: name.Length == 0 ? null : 1.05), traces);

            Trace Line(string sequences, IReadOnlyList<ForecastPoint> along) => new(
                sequences,
                TraceKind.Line,
                [.. along.Select(p => (double)p.Position)],
                [.. along.Select(p => (double)count(p) / of(p))],
                Category: sequences,
                Low: [.. along.Select(p => Intervals.Wilson(count(p), of(p)).Low)],
                High: [.. along.Select(p => Intervals.Wilson(count(p), of(p)).High)],
                Hover: [.. along.Select(p => $"{p.Checkpoint}, {sequences}: {count(p)} of {of(p)}, {p.Sequences} sequences compared")]);
        }
    }

    private static Figure NoForecast(string model, int promptLength, int continuationLength, MeasuredGroup last)
    {
        RequireNotEmpty(last.Values, nameof(Forecast), "sequences that the last checkpoint has seen");
        return Single("No earlier scored checkpoint has read these sequences, so there is no forecast",
            $"{model}, k = {promptLength}, l = {continuationLength}, n = {FigureText.Count(last.Count)} sequences; Wilson's 95% interval",
            $"Shown is the share extractible from {last.Name}: {last.InWords}. "
                + "More chunks, or more checkpoints, give something to compare.",
            new Panel("", new Axis("checkpoint"), new Axis("share extractible", Minimum: 0), MeasuredGroup.Bars([last])));
    }

    /// <summary>A single number, or the smallest and the largest.</summary>
    private static string Range(IEnumerable<long> counts)
    {
        var all = counts.DefaultIfEmpty().ToList();
        return all.Min() == all.Max() ? FigureText.Count(all[0]) : $"{FigureText.Count(all.Min())} to {FigureText.Count(all.Max())}";
    }
}
