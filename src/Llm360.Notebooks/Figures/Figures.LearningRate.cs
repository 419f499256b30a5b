// Figure: the learning rate along training.
namespace Llm360.Notebooks;

public static partial class Figures
{
    /// <summary>
    /// Learning rate along training, as logged, with the published schedule if there is one.
    /// </summary>
    /// <param name="run">Learning rates.</param>
    /// <param name="published">
    /// The published schedule along the same positions; null for none.
    /// </param>
    /// <exception cref="Llm360Exception">
    /// There is no finite value, or the numbers of positions and values differ.
    /// </exception>
    internal static Figure LearningRate(TrainingSeries run, TrainingSeries? published = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        run.Require(nameof(LearningRate));
        published?.Require(nameof(LearningRate));
        var peak = run.Values.Where(double.IsFinite).Max();
        var at = run.Positions[run.Values.TakeWhile(v => v != peak).Count()];
        var last = run.End(last: true);
        var title = $"The learning rate peaks at {FigureText.Number(peak)} and ends at {FigureText.Number(last.Y)}";
        var finding = $"After {FigureText.Human(at)} {run.PositionLabel} the learning rate of {run.Model} "
            + $"peaks at {FigureText.Number(peak)}; at the end it is {FigureText.Percent(last.Y / peak)} of that.";
        var line = Smoothing.Thin(run.Positions, run.Values, RawBuckets);
        var vertical = new Axis("learning rate", Minimum: 0);
        Trace[] traces = [new Trace(run.Model, TraceKind.Line, line.X, line.Y), .. Published(published)];
        return Single(
            title,
            $"{run.Model}, n = {FigureText.Count(run.Known)} steps",
            finding,
            new Panel("", new Axis(run.PositionLabel), vertical, traces));
    }
}
