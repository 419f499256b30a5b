// Evaluation of tasks over a grid of checkpoints.
using System.Collections.Concurrent;

namespace Llm360.Notebooks;

/// <summary>
/// Evaluates tasks along a suite's checkpoints; results are stored and resumable.
/// </summary>
public sealed class EvaluationAnalysis
{
    private readonly Lazy<ITokenizer> tokenizer;
    private readonly ConcurrentDictionary<EvaluationTask, Lazy<TaskContent>> contents = [];
    private readonly string? results;

    internal EvaluationAnalysis(Suite suite, IReadOnlyList<TaskEntry> entries, EvaluationSettings settings, string? results)
    {
        settings.Check();
        (Suite, Entries, Settings, this.results) = (suite, entries, settings, results);
        tokenizer = new(suite.Tokenizer, LazyThreadSafetyMode.PublicationOnly);
        Tasks = [.. entries.SelectMany(e => e.Leaves).DistinctBy(t => t.Name)];
    }

    /// <summary>The suite.</summary>
    public Suite Suite { get; }

    /// <summary>The tasks and groups that were named.</summary>
    public IReadOnlyList<TaskEntry> Entries { get; }

    /// <summary>All tasks, those in groups included.</summary>
    public IReadOnlyList<EvaluationTask> Tasks { get; }

    /// <summary>The settings.</summary>
    public EvaluationSettings Settings { get; }

    /// <summary>The store of the results with these settings.</summary>
    public ResultStore<IReadOnlyList<EvaluationRow>> Store => field ??= new(Suite, Analysis, results);

    /// <summary>The analysis for a grid. Version 1: lm-eval 0.4.13.</summary>
    internal GridAnalysis<IReadOnlyList<EvaluationRow>> Analysis => field ??= new(
        "evaluation", Version: 1, Settings, new ParquetCells<EvaluationRow>(), Compute)
    {
        UsesTokenizer = true,
        Task = $"evaluate {Suite.Name}",
    };

    /// <summary>The tasks as items of a grid.</summary>
    internal IReadOnlyList<GridItem> Items => [.. Tasks.Select(t => new TaskGridItem(t, Suite, NeedsPool(t)))];

    /// <summary>
    /// Evaluates every task with every checkpoint. Cells in the results store are read; the others
    /// are computed and stored.
    /// </summary>
    /// <param name="checkpoints">All of the suite's when null.</param>
    /// <param name="options">
    /// Device, progress and other options; the defaults when null. The precision is that of the
    /// settings.
    /// </param>
    /// <exception cref="Llm360Exception">
    /// A checkpoint or a task's items are missing or malformed.
    /// </exception>
    public async Task<EvaluationScores> RunAsync(IReadOnlyList<Checkpoint>? checkpoints = null, GridOptions? options = null)
    {
        var run = await Grid.RunAsync(Store, checkpoints ?? Suite.Checkpoints, Items, Options(options)).ConfigureAwait(false);
        return new EvaluationScores(this, run);
    }

    /// <summary>
    /// Computes cells that are not yet in the results store and keeps nothing in memory.
    /// <see cref="RunAsync"/> reads them later. Several processes may fill the shards of one grid.
    /// </summary>
    /// <param name="checkpoints">All of the suite's when null.</param>
    /// <param name="options">As in <see cref="RunAsync"/>.</param>
    /// <exception cref="Llm360Exception">As in <see cref="RunAsync"/>.</exception>
    public Task<GridFill> FillAsync(IReadOnlyList<Checkpoint>? checkpoints = null, GridOptions? options = null) =>
        Grid.FillAsync(Store, checkpoints ?? Suite.Checkpoints, Items, Options(options));

    private GridOptions Options(GridOptions? options) => (options ?? new GridOptions()) with { Precision = Settings.Precision };

    private bool NeedsPool(EvaluationTask task) => task.Kind != TaskKind.Rolling && (Settings.Fewshot ?? task.FewshotCount) > 0;

    private IReadOnlyList<EvaluationRow> Compute(GridContext context)
    {
        var task = ((TaskGridItem)context.Item).Task;
        // All checkpoints use the same items, so they are read once.
        var content = contents.GetOrAdd(task, t =>
            new(() => TaskContent.Read(t, Suite, NeedsPool(t), context.Cancellation), LazyThreadSafetyMode.PublicationOnly)).Value;
        // Progress counts cells, not the passes within a cell.
        using var quiet = AmbientWork.Begin(null, context.Cancellation);
        return task.Kind == TaskKind.Rolling
            ? EvaluationRow.Of(TaskScoring.Documents(context.Model, tokenizer.Value, task, content, Settings,
                cancellation: context.Cancellation))
            : EvaluationRow.Of(TaskScoring.Choices(context.Model, tokenizer.Value, task, content, Settings,
                cancellation: context.Cancellation));
    }
}

/// <summary>Starting an evaluation from a suite.</summary>
public static class EvaluationOfSuite
{
    /// <summary>The evaluation of tasks along a suite's checkpoints.</summary>
    /// <param name="suite">The suite.</param>
    /// <param name="tasks">
    /// Names or files of tasks and groups, as for <see cref="EvaluationTasks.Open"/>.
    /// </param>
    /// <exception cref="Llm360Exception">
    /// A task does not exist, or its description is wrong.
    /// </exception>
    public static EvaluationAnalysis Evaluation(this Suite suite, params string[] tasks) =>
        suite.Evaluation(tasks, new EvaluationSettings());

    /// <summary>The same with settings.</summary>
    /// <param name="suite">The suite.</param>
    /// <param name="tasks">Names or files of tasks and groups.</param>
    /// <param name="settings">Few-shot examples and other settings.</param>
    /// <param name="results">Folder of all results; the workspace's when null.</param>
    /// <exception cref="Llm360Exception">
    /// A task does not exist, or its description or a setting is wrong.
    /// </exception>
    public static EvaluationAnalysis Evaluation(this Suite suite, IReadOnlyList<string> tasks, EvaluationSettings settings,
        string? results = null) =>
        new(suite, [.. tasks.Select(EvaluationTasks.Open)], settings, results);
}
