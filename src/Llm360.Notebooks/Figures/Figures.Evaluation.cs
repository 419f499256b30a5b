// Figures: tasks along training, their noise, bits per byte and accuracy, Amber's published curves.
namespace Llm360.Notebooks;

/// <summary>A metric along training, from any source.</summary>
/// <param name="Name">Task and metric, above its panel.</param>
/// <param name="Metric">The metric, for the axis.</param>
/// <param name="Positions">Checkpoints or tokens.</param>
/// <param name="Values">Same length; NaN if not measured.</param>
/// <param name="Errors">Standard errors, same length; null for none.</param>
/// <param name="Chance">The chance level; null if unknown.</param>
/// <param name="IsPublished">Whether others measured it.</param>
public sealed record EvaluationCurve(
    string Name,
    string Metric,
    IReadOnlyList<double> Positions,
    IReadOnlyList<double> Values,
    IReadOnlyList<double>? Errors = null,
    double? Chance = null,
    bool IsPublished = false);

public static partial class Figures
{
    private const string CheckpointNumber = "checkpoint";
    private const double Z95 = 1.959964;

    /// <summary>
    /// Tasks along a suite's checkpoints: standard error as a band, the noise of the last
    /// checkpoints, and the chance level.
    /// </summary>
    /// <param name="scores">The scores.</param>
    /// <param name="last">Checkpoints at the end whose spread is the noise.</param>
    public static Figure Evaluation(EvaluationScores scores, int last = 5) => scores.Results.Count == 0 ? NoTask(scores)
        : Evaluation(scores.Suite.Name, CheckpointNumber, [.. scores.Main().Select(m => Curve(scores, m.Task, m.Metric))], last);

    /// <summary>Metrics along training, one panel for each.</summary>
    /// <param name="model">For example <c>nano</c>.</param>
    /// <param name="positionLabel">What the positions count.</param>
    /// <param name="curves">The curves.</param>
    /// <param name="last">Checkpoints at the end whose spread is the noise.</param>
    /// <exception cref="Llm360Exception">There is no curve, or one without values.</exception>
    public static Figure Evaluation(string model, string positionLabel, IReadOnlyList<EvaluationCurve> curves, int last = 5)
    {
        RequireNotEmpty(curves, nameof(Evaluation), "curves");
        foreach (var curve in curves)
            RequireNotEmpty([.. curve.Values.Where(double.IsFinite)], nameof(Evaluation), $"values of {curve.Name}");
        var known = curves.Where(c => c.Chance is not null).ToList();
        var above = known.Count(c => c.Values.Last(double.IsFinite) - (Z95 * (LastError(c) ?? 0)) > c.Chance);
        var title = known.Count == 0 ? $"{curves.Count} metrics of {model} along training"
            : $"{above} of {known.Count} tasks end above chance in {model}";
        var bands = curves.Any(c => c.Errors is not null) ? "; band: 95% interval over items" : "";
        var noise = $"; grey band: one standard deviation over the last {last} checkpoints";
        var finding = string.Join(" ", curves.Select(c =>
            $"{InWords(c)} goes from {Score(c.Values.First(double.IsFinite))}"
            + $" to {Score(c.Values.Last(double.IsFinite))}"
            + (c.Chance is { } chance ? $" (chance {Score(chance)})." : ".")));
        var subtitle = $"{model}{bands}{noise}";
        return new Figure(title, subtitle, $"{title}. {subtitle}. {finding}",
            [.. curves.Select(c => EvaluationPanel(c, positionLabel, last))], finding);
    }

    // Task and metric in words, for a reader who does not know lm-eval's names.
    private static string InWords(EvaluationCurve curve)
    {
        var words = curve.Metric switch
        {
            "acc" => "accuracy",
            "acc_norm" => "accuracy normalised by length",
            "acc_bytes" => "accuracy normalised by bytes",
            TaskMetrics.BitsPerByte => "bits per byte",
            "word_perplexity" => "perplexity per word",
            "byte_perplexity" => "perplexity per byte",
            _ => curve.Metric,
        };
        return curve.Name.EndsWith(curve.Metric, StringComparison.Ordinal) ? curve.Name[..^curve.Metric.Length] + words : curve.Name;
    }

    /// <summary>
    /// Bits per byte of the correct choice beside accuracy. Bits per byte is the smoother of the
    /// two.
    /// </summary>
    /// <param name="scores">The scores.</param>
    /// <param name="task">A task with choices.</param>
    /// <param name="last">Checkpoints at the end whose spread is the noise.</param>
    public static Figure AccuracyAndBits(EvaluationScores scores, string task, int last = 5)
    {
        ArgumentNullException.ThrowIfNull(scores);
        if (scores.Results.Count == 0)
            return NoTask(scores);
        if (scores.Main().FirstOrDefault(m => m.Task == task).Metric is not { } metric)
            return NotEvaluated(scores, task);
        var noises = new[] { metric, TaskMetrics.BitsPerByte }.Select(m => scores.Noise(task, m, last)).ToList();
        var figure = Evaluation(scores.Suite.Name, CheckpointNumber,
            [Curve(scores, task, metric), Curve(scores, task, TaskMetrics.BitsPerByte)], last);
        var (clearer, other) = noises[0].Ratio >= noises[1].Ratio ? (noises[0], noises[1]) : (noises[1], noises[0]);
        var title = $"{task}: {clearer.Metric} shows training more clearly than {other.Metric}";
        var finding = $"On {task} the signal is {FigureText.Number(clearer.Ratio)} times the noise with {clearer.Metric}, "
            + $"and {FigureText.Number(other.Ratio)} times with {other.Metric}.";
        return figure with { Title = title, Finding = finding, AltText = $"{title}. {figure.Subtitle}. {finding}" };
    }

    /// <summary>Signal divided by noise, one bar for each task and metric.</summary>
    /// <param name="scores">The scores.</param>
    /// <param name="last">Checkpoints at the end whose spread is the noise.</param>
    public static Figure SignalToNoise(EvaluationScores scores, int last = 5)
    {
        ArgumentNullException.ThrowIfNull(scores);
        if (scores.Results.Count == 0)
            return NoTask(scores);
        var main = scores.Main();
        var tasks = main.Select(m => m.Task).ToList();
        List<EvaluationNoise?> Noises(Func<(string Task, string Metric), string> metric) =>
            [.. main.Select(m => scores.HasMetric(m.Task, metric(m)) ? scores.Noise(m.Task, metric(m), last) : null)];
        (string Name, List<EvaluationNoise?> Noises)[] byMetric =
            [("accuracy or the task's own metric", Noises(m => m.Metric)),
                ("bits per byte", Noises(m => m.Metric == TaskMetrics.BitsPerByte ? "" : TaskMetrics.BitsPerByte))];
        var best = byMetric.SelectMany(m => m.Noises).OfType<EvaluationNoise>().Where(n => double.IsFinite(n.Ratio)).MaxBy(n => n.Ratio);
        var title = best is null ? "Signal and noise cannot be separated yet"
            : $"{best.Task} by {best.Metric} is the clearest measure of training";
        var finding = best is null ? $"The noise of {scores.Suite.Name} needs two checkpoints that differ."
            : $"The range of {best.Task} ({best.Metric}) along training is {FigureText.Number(best.Ratio)} times "
                + $"its standard deviation over the last {best.Last} checkpoints.";
        double[] x = [.. tasks.Select((_, i) => (double)i)];
        var subtitle = $"{scores.Suite.Name}; signal: range along training, noise: standard deviation over the last {last} checkpoints";
        return Single(title, subtitle, finding,
            new Panel("", new Axis("task"), new Axis("signal / noise"),
                [.. byMetric.Select(m => new Trace(m.Name, TraceKind.Bars, x,
                    [.. m.Noises.Select(n => n is null || !double.IsFinite(n.Ratio) ? double.NaN : n.Ratio)], XLabels: tasks))]));
    }

    /// <summary>
    /// Amber's four benchmark curves in the paper, digitised from its images.
    /// </summary>
    public static Figure PublishedEvaluation()
    {
        var paper = Papers.Open("llm360-evaluation");
        var curves = new[] { ("arc_challenge", "acc_norm", 0.25), ("hellaswag", "acc_norm", 0.25), ("mmlu", "acc", 0.25),
            ("truthfulqa_mc2", "acc", double.NaN) }
            .Select(c => new EvaluationCurve(
                $"{c.Item1} {c.Item2}", c.Item2, paper.All($"amber.curve.{c.Item1}.checkpoint"),
                    paper.All($"amber.curve.{c.Item1}.{c.Item2}"),
                Chance: double.IsNaN(c.Item3) ? null : c.Item3, IsPublished: true)).ToList();
        return Evaluation("Amber (published)", CheckpointNumber, curves, last: 20);
    }

    /// <summary>
    /// Bits per byte of held-out documents along training, one line for each source.
    /// </summary>
    /// <param name="scores">The scores.</param>
    /// <param name="task">A rolling task whose documents have sources.</param>
    public static Figure BitsPerByteBySource(EvaluationScores scores, string task = "heldout")
    {
        ArgumentNullException.ThrowIfNull(scores);
        if (scores.Results.Count == 0)
            return NoTask(scores);
        var parts = scores.Results.Select(r => r.Task).Where(t => t.StartsWith(task + "/", StringComparison.Ordinal)).Distinct().ToList();
        if (parts.Count == 0 && !scores.HasMetric(task, TaskMetrics.BitsPerByte))
            return NotEvaluated(scores, task);
        List<string> tasks = parts.Count == 0 ? [task] : parts;
        var curves = tasks
            .Select(t => (Source: t[(t.IndexOf('/', StringComparison.Ordinal) + 1)..], Curve: Curve(scores, t, TaskMetrics.BitsPerByte)))
            .ToList();
        var (easiest, hardest) = (curves.MinBy(c => c.Curve.Values[^1]), curves.MaxBy(c => c.Curve.Values[^1]));
        var ends = $"{FigureText.Number(easiest.Curve.Values[^1])} bits per byte on {easiest.Source}";
        var fewest = tasks.Min(t => scores.Curve(t, TaskMetrics.BitsPerByte)[^1].Items);
        var title = fewest < MeasuredGroup.FewestCases ? "Bits per byte of held-out documents, by source"
            : curves.Count == 1 ? $"Held-out text takes {ends}" : $"{easiest.Source} is predicted best, {hardest.Source} least";
        var finding = curves.Count == 1 ? $"At the end {scores.Suite.Name} needs {ends}."
            : $"At the end {scores.Suite.Name} needs {ends} and {FigureText.Number(hardest.Curve.Values[^1])} on {hardest.Source}.";
        var items = scores.Curve(task, TaskMetrics.BitsPerByte)[^1].Items;
        return Single(title, $"{scores.Suite.Name}, n = {FigureText.Count(items)} held-out documents", finding,
            new Panel("", new Axis(CheckpointNumber), new Axis("bits per byte"),
                [.. curves.Select(c => new Trace(c.Source, TraceKind.Line, c.Curve.Positions, c.Curve.Values, Category: c.Source))]));
    }

    // Checkpoints differ in a metric's second decimal at best.
    private static string Score(double value) => value.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture);

    private static Figure NoTask(EvaluationScores scores) => NothingToDraw(
        scores.Suite, "No task was evaluated",
            $"The tasks are made from held-out text, which {scores.Suite.Name} does not have. Other tasks need a data set.");

    private static Figure NotEvaluated(EvaluationScores scores, string task) => NothingToDraw(
        scores.Suite, $"The task {task} was not evaluated",
            $"Evaluated were: {string.Join(", ", scores.Main().Select(m => m.Task))}.");

    private static EvaluationCurve Curve(EvaluationScores scores, string task, string metric)
    {
        var curve = scores.Curve(task, metric);
        return new EvaluationCurve(
            $"{task} {metric}", metric, [.. curve.Select((r, i) => (double)(r.Index ?? i))], [.. curve.Select(r => r.Value)],
            curve.All(r => r.StandardError is null) ? null : [.. curve.Select(r => r.StandardError ?? double.NaN)], curve[^1].Chance);
    }

    private static double? LastError(EvaluationCurve curve) => curve.Errors?.LastOrDefault(double.IsFinite);

    private static Panel EvaluationPanel(EvaluationCurve curve, string positionLabel, int last)
    {
        var role = curve.IsPublished ? TraceRole.Published : TraceRole.Measured;
        IReadOnlyList<double>? Ends(int sign) =>
            curve.Errors is null ? null : [.. curve.Values.Zip(curve.Errors, (v, e) => v + (sign * Z95 * e))];
        var traces = new List<Trace> { new(curve.Name, TraceKind.Line, curve.Positions, curve.Values, role, Low: Ends(-1), High: Ends(1)) };
        double[] ends = [curve.Positions[0], curve.Positions[^1]];
        double[] end = [.. curve.Values.Where(double.IsFinite).TakeLast(last)];
        if (end.Length > 1)
        {
            var mean = end.Average();
            var noise = Math.Sqrt(end.Sum(v => (v - mean) * (v - mean)) / (end.Length - 1));
            double[] lastPositions = [curve.Positions[^end.Length], curve.Positions[^1]];
            traces.Add(new Trace($"last {end.Length} checkpoints", TraceKind.Line, lastPositions, [mean, mean], TraceRole.Baseline,
                Low: [mean - noise, mean - noise], High: [mean + noise, mean + noise]));
        }

        if (curve.Chance is { } chance)
            traces.Add(new Trace("chance", TraceKind.Line, ends, [chance, chance], TraceRole.Baseline));
        return new Panel(curve.Name, new Axis(positionLabel), new Axis(curve.Metric), traces);
    }
}
