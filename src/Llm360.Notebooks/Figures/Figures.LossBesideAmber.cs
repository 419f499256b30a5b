// Figure: training loss of a suite, and Amber's published curve (the paper's figure 5).
namespace Llm360.Notebooks;

public static partial class Figures
{
    private const string ShareOfTraining = "% of training";

    /// <summary>
    /// Training loss of a suite and Amber's published loss against the share of training, on a log2
    /// axis.
    /// </summary>
    /// <param name="suite">The suite.</param>
    /// <param name="steps">Its log; if it is empty, only Amber's curve is drawn.</param>
    public static Figure TrainingLossBesideAmber(Suite suite, IReadOnlyList<TrainingStep> steps)
    {
        ArgumentNullException.ThrowIfNull(suite);
        ArgumentNullException.ThrowIfNull(steps);
        var curve = Papers.Open("llm360-loss");
        var all = Papers.Open("llm360")["amber.checkpoints"];
        // The curve was read from an image, so its ends are slightly outside the axis.
        var shares = curve.All("amber.curve.loss.checkpoint").Select(c => Math.Clamp(100 * c / all, 0, 100));
        var amber = new TrainingSeries("Amber", ShareOfTraining, [.. shares], curve.All("amber.curve.loss.mid"));
        if (steps.Count == 0)
            return PublishedLoss(amber);
        var tokens = (double)(suite.TrainedTokens ?? steps[^1].Tokens);
        var own = new TrainingSeries(
            suite.Name, ShareOfTraining, [.. steps.Select(s => 100 * s.Tokens / tokens)], [.. steps.Select(s => s.Loss)]);
        var figure = TrainingLoss(own, amber);
        var (first, last) = (amber.End(last: false), amber.End(last: true));
        var finding = $"{figure.Finding} Amber's goes from {FigureText.Number(first.Y)} to {FigureText.Number(last.Y)}; "
            + "the vocabularies differ, so only the shapes can be compared.";
        var subtitle = $"{figure.Subtitle}; dashed: Amber (published, read from the figure)";
        return figure with { Subtitle = subtitle, Finding = finding, AltText = $"{figure.Title}. {subtitle}. {finding}" };
    }

    private static Figure PublishedLoss(TrainingSeries amber)
    {
        var (first, last) = (amber.End(last: false), amber.End(last: true));
        var title = $"Amber's training loss falls from {FigureText.Number(first.Y)} to {FigureText.Number(last.Y)} nats per token";
        var finding = $"{title}{HalfWay(amber, [.. amber.Values], first.Y, last.Y)}.";
        return Single(title, $"Amber (published, read from the figure), n = {FigureText.Count(amber.Known)} positions", finding,
            new Panel("", new Axis(ShareOfTraining), new Axis("loss (nats per token)", Log: true, LogBase: 2), [.. Published(amber)]));
    }
}
