// The results of tasks along checkpoints.
using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

/// <summary>One metric of one task or group at one checkpoint.</summary>
public sealed class EvaluationResult
{
    /// <summary>Name of the checkpoint.</summary>
    [JsonPropertyName("checkpoint")]
    public string Checkpoint { get; set; } = "";

    /// <summary>Its number; null if it has none.</summary>
    [JsonPropertyName("index")]
    public int? Index { get; set; }

    /// <summary>Tokens it has seen; null if unknown.</summary>
    [JsonPropertyName("tokens_seen")]
    public long? TokensSeen { get; set; }

    /// <summary>Task or group; for a part by source, <c>task/source</c>.</summary>
    [JsonPropertyName("task")]
    public string Task { get; set; } = "";

    /// <summary>Name of the metric.</summary>
    [JsonPropertyName("metric")]
    public string Metric { get; set; } = "";

    /// <summary>The value.</summary>
    [JsonPropertyName("value")]
    public double Value { get; set; }

    /// <summary>Its standard error; null if there is none.</summary>
    [JsonPropertyName("standard_error")]
    public double? StandardError { get; set; }

    /// <summary>Number of items.</summary>
    [JsonPropertyName("items")]
    public int Items { get; set; }

    /// <summary>The chance level; null if it is not known.</summary>
    [JsonPropertyName("chance")]
    public double? Chance { get; set; }
}

/// <summary>The results of an evaluation along checkpoints.</summary>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed class EvaluationScores : IShownAsTable
{
    private readonly GridFill fill;
    private readonly Dictionary<(Checkpoint Checkpoint, string Task), TaskRows> cells;

    internal EvaluationScores(EvaluationAnalysis analysis, GridRun<IReadOnlyList<EvaluationRow>> run)
    {
        (Suite, Settings, Entries, fill) = (analysis.Suite, analysis.Settings, analysis.Entries, run.Fill);
        cells = run.Cells.ToDictionary(c => (c.Checkpoint, c.Item.Key), c => new TaskRows(((TaskGridItem)c.Item).Task, c.Content));
        Checkpoints = [.. run.Cells.Select(c => c.Checkpoint).Distinct()];
        Results = [.. Checkpoints.SelectMany(c => Entries.SelectMany(e => Of(c, e)))];
    }

    /// <summary>The suite.</summary>
    public Suite Suite { get; }

    /// <summary>The settings.</summary>
    public EvaluationSettings Settings { get; }

    /// <summary>The tasks and groups.</summary>
    public IReadOnlyList<TaskEntry> Entries { get; }

    /// <summary>The checkpoints, in the order in which they were given.</summary>
    public IReadOnlyList<Checkpoint> Checkpoints { get; }

    /// <summary>All values: for groups, for their tasks, and for rolling tasks by source.</summary>
    public IReadOnlyList<EvaluationResult> Results { get; }

    /// <summary>
    /// The origin of the cells, for example <c>36 cells from the store, 0 computed</c>.
    /// </summary>
    public string Origin => string.Create(CultureInfo.InvariantCulture, $"{fill.FromStore} cells from the store, {fill.Computed} computed")
        + (fill.Skipped.Count == 0 ? "" : $"; skipped because missing: {string.Join(", ", fill.Skipped)}");

    /// <summary>
    /// The scores of the choices of a task at a checkpoint; null if the cell was skipped or belongs
    /// to another shard.
    /// </summary>
    public IReadOnlyList<EvaluationRow>? Rows(Checkpoint checkpoint, string task) => cells.GetValueOrDefault((checkpoint, task))?.Rows;

    /// <summary>A metric along the checkpoints.</summary>
    /// <param name="task">A task, a group, or <c>task/source</c>.</param>
    /// <param name="metric">One of the task's metrics, or <c>bits_per_byte</c>.</param>
    /// <exception cref="Llm360Exception">
    /// The task has no such metric, or was not evaluated.
    /// </exception>
    public IReadOnlyList<EvaluationResult> Curve(string task, string metric)
    {
        List<EvaluationResult> curve = [.. Results.Where(r => r.Task == task && r.Metric == metric)];
        if (curve.Count > 0)
            return curve;
        var there = Results.Select(r => $"{r.Task} {r.Metric}").Distinct();
        throw new Llm360Exception($"There is no metric {metric} of a task {task}.", $"evaluation of {Suite.Name}",
            $"Choose one of: {string.Join(", ", there)}.");
    }

    /// <summary>Signal and noise of a metric.</summary>
    /// <param name="task">A task, a group, or <c>task/source</c>.</param>
    /// <param name="metric">One of its metrics, or <c>bits_per_byte</c>.</param>
    /// <param name="last">Checkpoints at the end whose spread is the noise, at least 2.</param>
    /// <exception cref="Llm360Exception">
    /// The task has no such metric, or was not evaluated.
    /// </exception>
    public EvaluationNoise Noise(string task, string metric, int last = 5) => EvaluationNoise.Of(Curve(task, metric), last);

    /// <summary>Each named task or group, with its main metric.</summary>
    internal IReadOnlyList<(string Task, string Metric)> Main() =>
        [.. Results.GroupBy(r => r.Task).Where(g => Entries.Any(e => e.Name == g.Key)).Select(g => (g.Key, g.First().Metric))];

    /// <summary>Whether a metric of a task was measured.</summary>
    internal bool HasMetric(string task, string metric) => Results.Any(r => r.Task == task && r.Metric == metric);

    /// <summary>The values as a data frame, a row for each checkpoint, task and metric.</summary>
    public DataFrame ToDataFrame() => ParquetRows.ToDataFrame(Results);

    /// <summary>The last checkpoint's values as a table.</summary>
    public Table ToTable()
    {
        var last = Checkpoints.Count == 0 ? "no checkpoint" : Checkpoints[^1].Name;
        return new Table(
            $"Evaluation of {Suite.Name} at {last}. {Origin}.",
            [new("task"), new("metric"), new("value", ColumnAlignment.Right), new("standard error", ColumnAlignment.Right),
                new("chance", ColumnAlignment.Right), new("items", ColumnAlignment.Right)],
            [
                .. Results.Where(r => r.Checkpoint == last).Select(r => new[]
                {
                    r.Task, r.Metric, FigureText.Number(r.Value), r.StandardError is { } e ? FigureText.Number(e) : "",
                    r.Chance is { } chance ? FigureText.Number(chance) : "", FigureText.Count(r.Items),
                }),
            ]);
    }

    private IEnumerable<EvaluationResult> Of(Checkpoint checkpoint, TaskEntry entry)
    {
        if (entry is TaskGroup group)
        {
            var leaves = group.Leaves.Select(l => cells.GetValueOrDefault((checkpoint, l.Name))).ToList();
            if (leaves.All(l => l is not null))
            {
                yield return Result(checkpoint, group.Name, group.Metric,
                    TaskMetrics.Group([.. leaves.Select(l => l!.Value(group.Metric))], group.WeightBySize), leaves.Average(l =>
                        l!.Chance(group.Metric)));
            }

            foreach (var result in group.Members.SelectMany(m => Of(checkpoint, m)))
                yield return result;
        }
        else if (cells.GetValueOrDefault((checkpoint, entry.Name)) is { } task)
        {
            foreach (var metric in task.Metrics)
                yield return Result(checkpoint, entry.Name, metric, task.Value(metric), task.Chance(metric));
            foreach (var source in task.Sources)
            {
                foreach (var metric in task.Metrics)
                    yield return Result(checkpoint, $"{entry.Name}/{source}", metric, task.Value(metric, source), double.NaN);
            }
        }
    }

    private static EvaluationResult Result(Checkpoint checkpoint, string task, string metric, MetricValue value, double chance) => new()
    {
        Checkpoint = checkpoint.Name,
        Index = checkpoint.Index,
        TokensSeen = checkpoint.TokensSeen,
        Task = task,
        Metric = metric,
        Value = value.Value,
        StandardError = double.IsNaN(value.StandardError) ? null : value.StandardError,
        Items = value.Items,
        Chance = double.IsNaN(chance) ? null : chance,
    };
}
