// Figure: how well earlier checkpoints forecast memorization by the last (Biderman et al. 2023).
namespace Llm360.Notebooks;

/// <summary>One checkpoint as a forecast of the last.</summary>
/// <param name="Checkpoint">Its name.</param>
/// <param name="Position">Its number.</param>
/// <param name="Sequences">Sequences that both have seen.</param>
/// <param name="Both">Extractible from both.</param>
/// <param name="OnlyEarlier">From the earlier one only.</param>
/// <param name="OnlyLast">From the last one only.</param>
internal sealed record ForecastPoint(string Checkpoint, int Position, int Sequences, int Both, int OnlyEarlier, int OnlyLast)
{
    internal double Precision => (double)Both / (Both + OnlyEarlier);

    internal double Recall => (double)Both / (Both + OnlyLast);
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
    /// <param name="points">In training order.</param>
    /// <exception cref="Llm360Exception">There is no point.</exception>
    internal static Figure Forecast(
        string model, int promptLength, int continuationLength, string last, IReadOnlyList<ForecastPoint> points)
    {
        RequireNotEmpty(points, nameof(Forecast), "earlier checkpoints");
        var subtitle = $"{model}, k = {promptLength}, l = {continuationLength}, "
            + $"n = {Range(points.Select(p => (long)p.Sequences))} sequences "
            + "that both checkpoints have seen; bands: Wilson's 95% intervals";
        var x = new Axis("predicting checkpoint");
        if (points.All(p => p.Both + p.OnlyLast == 0))
        {
            var most = points.MaxBy(p => p.Both + p.OnlyEarlier)!;
            var none = $"There is nothing to forecast: {last} reproduces no sequence with k = {promptLength} and l = {continuationLength}";
            var share = FigureText.Percent((double)(most.Both + most.OnlyEarlier) / most.Sequences);
            var found = $"None of the {FigureText.Count(points.Max(p => p.Sequences))} sequences compared is extractible from {last}, "
                + "so precision and recall do not exist; "
                + $"shown is the share extractible from earlier checkpoints, at most {share}.";
            var extractible = Line("extractible", p => p.Both + p.OnlyEarlier, p => p.Sequences);
            return Single(none, subtitle, found, new Panel("", x, new Axis("share extractible", Minimum: 0), [extractible]));
        }

        // The finding describes the latest forecast, because it is based on the most sequences.
        var latest = points[^1];
        var (low, high) = Intervals.Wilson(latest.Both, latest.Both + latest.OnlyLast);
        var finding = $"{latest.Checkpoint} already reproduces {latest.Both} of the {latest.Both + latest.OnlyLast} sequences "
            + $"that {last} does, among those that both have seen: "
            + $"recall {FigureText.WithInterval(latest.Recall, low, high, isShare: true)}, "
            + $"precision {FigureText.Percent(latest.Precision)}, n = {FigureText.Count(latest.Sequences)} sequences.";
        return Single(
            $"{latest.Checkpoint} predicts {FigureText.Percent(latest.Recall)} of the sequences that {last} has memorised",
            subtitle,
            finding,
            new Panel("", x, new Axis("share", Minimum: 0, Maximum: 1.05),
            [
                Line("precision", p => p.Both, p => p.Both + p.OnlyEarlier),
                Line("recall", p => p.Both, p => p.Both + p.OnlyLast),
            ]));

        Trace Line(string name, Func<ForecastPoint, int> count, Func<ForecastPoint, int> of) => new(
            name,
            TraceKind.Line,
            [.. points.Select(p => (double)p.Position)],
            [.. points.Select(p => (double)count(p) / of(p))],
            Category: name,
            Low: [.. points.Select(p => Intervals.Wilson(count(p), of(p)).Low)],
            High: [.. points.Select(p => Intervals.Wilson(count(p), of(p)).High)],
            Hover: [.. points.Select(p => $"{p.Checkpoint}: {name} {count(p)} of {of(p)}, {p.Sequences} sequences compared")]);
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
