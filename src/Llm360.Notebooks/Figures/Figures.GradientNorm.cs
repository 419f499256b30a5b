// Figure: the norm of the gradient along training, against the clipping threshold.
namespace Llm360.Notebooks;

public static partial class Figures
{
    /// <summary>
    /// Gradient norm along training, before clipping: every step faint, its moving mean on top, the
    /// clipping threshold grey.
    /// </summary>
    /// <param name="run">Global L2 norms.</param>
    /// <param name="clip">
    /// Norm above which the gradient was scaled down; null if there was no clipping.
    /// </param>
    /// <param name="smoothing">
    /// Steps of the centred moving mean; null for a hundredth of the run.
    /// </param>
    /// <exception cref="Llm360Exception">
    /// There is no finite value, or the numbers of positions and values differ.
    /// </exception>
    internal static Figure GradientNorm(TrainingSeries run, double? clip = null, int? smoothing = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        run.Require(nameof(GradientNorm));
        var window = Math.Max(1, smoothing ?? run.Values.Count / 100);
        var smooth = Smoothing.MovingMean(run.Values, window);
        var known = run.Values.Where(double.IsFinite).ToList();
        var traces = Curves(run, smooth, window).ToList();
        var title = $"The gradient norm ends at {FigureText.Number(run.End(last: true, smooth).Y)}";
        var atLargest = run.Positions[run.Values.ToList().IndexOf(known.Max())];
        var finding = $"The gradient norm of {run.Model} has its largest value, {FigureText.Number(known.Max())}, "
            + $"after {FigureText.Human(atLargest)} {run.PositionLabel}";
        if (clip is { } threshold)
        {
            var share = known.Count(v => v > threshold) / (double)known.Count;
            title = $"{FigureText.Percent(share)} of the steps have their gradient clipped";
            finding += $"; {FigureText.Percent(share)} of the steps lie above the clipping threshold of {FigureText.Number(threshold)}";
            double[] ends = [run.Positions[0], run.Positions[^1]];
            traces.Add(new Trace(
                $"clip at {FigureText.Number(threshold)}", TraceKind.Line, ends, [threshold, threshold], TraceRole.Baseline));
        }

        var subtitle = $"{run.Model}, n = {FigureText.Count(run.Known)} steps"
            + (window > 1 ? $"; line: mean of {window} steps, grey: each step" : "");
        var vertical = new Axis("gradient norm", Log: known.All(v => v > 0));
        return Single(title, subtitle, finding + ".", new Panel("", new Axis(run.PositionLabel), vertical, traces));
    }
}
