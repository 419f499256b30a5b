// Figure: training loss along training (the paper's loss curve of Amber, log2 axis).
namespace Llm360.Notebooks;

public static partial class Figures
{
    /// <summary>Training loss along training: every step faint, its moving mean on top.</summary>
    /// <param name="run">Loss in nats per token.</param>
    /// <param name="published">
    /// Loss of another training run along the same positions, dashed; null for none.
    /// </param>
    /// <param name="log2">Logarithmic axis with ticks at powers of two, as in the paper.</param>
    /// <param name="smoothing">
    /// Steps of the centred moving mean; null for a hundredth of the run.
    /// </param>
    /// <exception cref="Llm360Exception">
    /// There is no finite loss, or the numbers of positions and values differ.
    /// </exception>
    internal static Figure TrainingLoss(TrainingSeries run, TrainingSeries? published = null, bool log2 = true, int? smoothing = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        run.Require(nameof(TrainingLoss));
        published?.Require(nameof(TrainingLoss));
        var window = Math.Max(1, smoothing ?? run.Values.Count / 100);
        var smooth = Smoothing.MovingMean(run.Values, window);
        var (first, last) = (run.End(last: false, smooth), run.End(last: true, smooth));
        var change = last.Y < first.Y ? "falls" : "goes";
        var title = $"Training loss {change} from {FigureText.Number(first.Y)} to {FigureText.Number(last.Y)} nats per token";
        var subtitle = $"{run.Model}, n = {FigureText.Count(run.Known)} steps"
            + (window > 1 ? $"; line: mean of {window} steps, grey: each step" : "");
        var finding = $"The loss of {run.Model} {change} from {FigureText.Number(first.Y)} to {FigureText.Number(last.Y)} nats per token "
            + $"over {Position(last.X, run.PositionLabel)}{HalfWay(run, smooth, first.Y, last.Y)}.";
        var vertical = new Axis("loss (nats per token)", log2, LogBase: log2 ? 2 : 10);
        Trace[] traces = [.. Curves(run, smooth, window), .. Published(published)];
        return Single(title, subtitle, finding, new Panel("", new Axis(run.PositionLabel), vertical, traces));
    }

    // "2.4M tokens", but "100% of training".
    private static string Position(double value, string label) =>
        FigureText.Human(value) + (label.StartsWith('%') ? "" : " ") + label;

    private static string HalfWay(TrainingSeries run, double[] smooth, double from, double to)
    {
        if (to >= from)
            return "";
        var half = Array.FindIndex(smooth, y => y <= (from + to) / 2);
        return half < 0 ? "" : $"; half of the fall is done after {Position(run.Positions[half], run.PositionLabel)}";
    }

    /// <summary>
    /// Raw values, faint, and their moving mean. Both are thinned to the resolution of a screen.
    /// </summary>
    private static IEnumerable<Trace> Curves(TrainingSeries run, double[] smooth, int window)
    {
        if (window > 1)
        {
            var raw = Smoothing.Thin(run.Positions, run.Values, RawBuckets);
            yield return new Trace(run.Model, TraceKind.Line, raw.X, raw.Y, TraceRole.Raw);
        }

        var line = Smoothing.Thin(run.Positions, smooth, RawBuckets / 2);
        yield return new Trace(run.Model, TraceKind.Line, line.X, line.Y);
    }

    private static IEnumerable<Trace> Published(TrainingSeries? published)
    {
        if (published is null)
            yield break;
        var line = Smoothing.Thin(published.Positions, published.Values, RawBuckets / 2);
        yield return new Trace($"{published.Model} (published)", TraceKind.Line, line.X, line.Y, TraceRole.Published);
    }
}
