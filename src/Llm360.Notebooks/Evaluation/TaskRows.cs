// Metrics of one task from its stored lines.
namespace Llm360.Notebooks;

/// <summary>The lines of one cell, and their metrics.</summary>
internal sealed class TaskRows(EvaluationTask task, IReadOnlyList<EvaluationRow> rows)
{
    private readonly bool isRolling = task.Kind == TaskKind.Rolling;
    private readonly Lazy<IReadOnlyList<(IReadOnlyList<ChoiceScore> Choices, int Target)>> items = new(() =>
        [.. rows.GroupBy(r => r.Item).Select(g =>
        ((IReadOnlyList<ChoiceScore>)[.. g.OrderBy(r => r.Choice)
            .Select(r => new ChoiceScore(r.LogLikelihood, r.Characters, r.Bytes, r.Label))], g.First().Target ?? 0))]);

    /// <summary>The lines.</summary>
    public IReadOnlyList<EvaluationRow> Rows => rows;

    /// <summary>
    /// The task's metrics, and bits per byte. If contexts differ, no choice has bytes of its own.
    /// </summary>
    public IReadOnlyList<string> Metrics =>
        [.. task.Metrics.Select(TaskMetrics.ReportedName).Concat(task.Kind == TaskKind.MultipleContext ? [] : [TaskMetrics.BitsPerByte])
            .Distinct()];

    /// <summary>Sources of the documents; empty for tasks of choices.</summary>
    public IReadOnlyList<string> Sources => isRolling ? [.. rows.Select(r => r.Source).OfType<string>().Distinct()] : [];

    /// <summary>A metric over all items, or over the documents of a source.</summary>
    public MetricValue Value(string reported, string? source = null) => isRolling
        ? TaskMetrics.Rolling(reported, [.. rows.Where(r => source is null || r.Source == source)
            .Select(r => (r.LogLikelihood, r.Words ?? 0, r.Bytes))])
        : TaskMetrics.Mean([.. items.Value.Select(i => TaskMetrics.OfItem(Metric(reported), i.Choices, i.Target))]);

    /// <summary>
    /// The mean chance level of the items; NaN if it is not known.
    /// </summary>
    public double Chance(string reported) =>
        isRolling ? double.NaN : items.Value.Average(i => TaskMetrics.ChanceOfItem(Metric(reported), i.Choices));

    private string Metric(string reported) => task.Metrics.FirstOrDefault(m => TaskMetrics.ReportedName(m) == reported) ?? reported;
}
