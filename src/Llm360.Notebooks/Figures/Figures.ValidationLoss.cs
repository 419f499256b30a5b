// Figure: loss on held-out text at each checkpoint.
namespace Llm360.Notebooks;

/// <summary>Held-out loss of one source along training.</summary>
/// <param name="Source">A source's name, or <c>all</c>.</param>
/// <param name="Positions">Tokens or checkpoints.</param>
/// <param name="Loss">Nats per token, same length; NaN if not measured.</param>
/// <param name="Low">Lower ends of the 95% intervals; null for none.</param>
/// <param name="High">Upper ends.</param>
internal sealed record ValidationCurve(
    string Source,
    IReadOnlyList<double> Positions,
    IReadOnlyList<double> Loss,
    IReadOnlyList<double>? Low = null,
    IReadOnlyList<double>? High = null);

public static partial class Figures
{
    /// <summary>Validation loss along training, one line for each source.</summary>
    /// <param name="model">For example <c>nano</c>.</param>
    /// <param name="positionLabel">What the positions count, with unit.</param>
    /// <param name="sequences">Held-out sequences, n.</param>
    /// <param name="curves">One for each source.</param>
    /// <exception cref="Llm360Exception">There is no curve, or none with a finite loss.</exception>
    internal static Figure ValidationLoss(string model, string positionLabel, int sequences, IReadOnlyList<ValidationCurve> curves)
    {
        RequireNotEmpty(curves, nameof(ValidationLoss), "curves");
        var ends = curves.Select(c =>
        {
            var series = new TrainingSeries($"{model}, {c.Source}", positionLabel, c.Positions, c.Loss);
            series.Require(nameof(ValidationLoss));
            return (c.Source, First: series.End(last: false).Y, Last: series.End(last: true).Y, Best: c.Loss.Where(double.IsFinite).Min());
        }).ToList();
        var (easiest, hardest) = (ends.MinBy(e => e.Last), ends.MaxBy(e => e.Last));
        var first = ends[0];
        var change = first.Last < first.First ? "falls" : "goes";
        var title = curves.Count == 1
            ? $"Validation loss {change} from {FigureText.Number(first.First)} to {FigureText.Number(first.Last)} nats per token"
            : $"{easiest.Source} is learnt best, {hardest.Source} least";
        var finding = curves.Count == 1
            ? $"Held-out loss of {model} {change} from {FigureText.Number(first.First)} to {FigureText.Number(first.Last)} nats per token; "
                + $"its lowest value is {FigureText.Number(first.Best)}."
            : $"At the end {model} has a held-out loss of {FigureText.Number(easiest.Last)} nats per token on {easiest.Source} "
                + $"and {FigureText.Number(hardest.Last)} on {hardest.Source}.";
        var interval = curves.Any(c => c.Low is not null) ? "; bands: 95% intervals" : "";
        var traces = curves.Select(c =>
            new Trace(c.Source, TraceKind.Line, c.Positions, c.Loss, Category: c.Source, Low: c.Low, High: c.High));
        return Single(
            title,
            $"{model}, n = {FigureText.Count(sequences)} held-out sequences{interval}",
            finding,
            new Panel("", new Axis(positionLabel), new Axis("validation loss (nats per token)"), [.. traces]));
    }
}
