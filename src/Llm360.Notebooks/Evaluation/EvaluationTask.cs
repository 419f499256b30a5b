// The description of an evaluation task: prompts and choices of an item, and metrics.
namespace Llm360.Notebooks;

/// <summary>A task, or a group of tasks with one metric.</summary>
/// <remarks><see cref="EvaluationTasks.Open"/> reads one by name or from a file.</remarks>
public abstract class TaskEntry
{
    private protected TaskEntry(string name, string shape) => (Name, Shape) = (name, shape);

    /// <summary>For example <c>arc_easy</c>.</summary>
    public string Name { get; }

    /// <summary>A description in a few words; may be empty.</summary>
    public string Shape { get; }

    /// <summary>The tasks in it: itself, or all those of a group and its sub-groups.</summary>
    public abstract IReadOnlyList<EvaluationTask> Leaves { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>A group of tasks. Its value is a mean of their values.</summary>
public sealed class TaskGroup : TaskEntry
{
    internal TaskGroup(string name, string shape, string metric, bool weightBySize, IReadOnlyList<TaskEntry> members)
        : base(name, shape) => (Metric, WeightBySize, Members) = (metric, weightBySize, members);

    /// <summary>The metric that is averaged.</summary>
    public string Metric { get; }

    /// <summary>
    /// Whether a task is weighted by its number of items; otherwise all tasks have the same weight.
    /// </summary>
    public bool WeightBySize { get; }

    /// <summary>Tasks and groups.</summary>
    public IReadOnlyList<TaskEntry> Members { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<EvaluationTask> Leaves => [.. Members.SelectMany(m => m.Leaves)];
}

/// <summary>Kinds of tasks.</summary>
public enum TaskKind
{
    /// <summary>One prompt, several continuations.</summary>
    MultipleChoice,

    /// <summary>Several prompts, one continuation, as in WinoGrande.</summary>
    MultipleContext,

    /// <summary>Perplexity of whole documents.</summary>
    Rolling,
}

/// <summary>A task.</summary>
public sealed class EvaluationTask : TaskEntry
{
    internal EvaluationTask(string name, string shape)
        : base(name, shape)
    {
    }

    /// <summary>The kind of the task.</summary>
    public TaskKind Kind { get; internal init; }

    /// <summary>
    /// Names of the metrics: <c>acc</c>, <c>acc_norm</c>, <c>acc_bytes</c>, <c>mc2</c>,
    /// <c>likelihood_diff</c>, <c>pct_stereotype</c>; for rolling tasks <c>word_perplexity</c>,
    /// <c>byte_perplexity</c>, <c>bits_per_byte</c>.
    /// </summary>
    public IReadOnlyList<string> Metrics { get; internal init; } = [];

    /// <summary>Number of few-shot examples if the caller gives none.</summary>
    public int FewshotCount { get; internal init; }

    /// <inheritdoc/>
    public override IReadOnlyList<EvaluationTask> Leaves => [this];

    /// <summary>Whether a rule makes its items from a suite's held-out text.</summary>
    public bool IsMadeFromSuite => Data.Rule is not null;

    /// <summary>The file from which it was read.</summary>
    internal string Where { get; init; } = "";

    /// <summary>
    /// Its text without insignificant white space. Together with the items, it determines the
    /// results.
    /// </summary>
    internal string Definition { get; init; } = "";

    /// <summary>The location of the items.</summary>
    internal TaskData Data { get; init; } = new();

    /// <summary>Text that comes once before everything.</summary>
    internal string Description { get; init; } = "";

    /// <summary>Literals and values, concatenated.</summary>
    internal IReadOnlyList<TaskPart> Prompt { get; init; } = [];

    internal TaskChoices Choices { get; init; } = new();

    internal TaskTarget Target { get; init; } = new();

    /// <summary>The scored text if contexts differ.</summary>
    internal TaskValue? Continuation { get; init; }

    /// <summary>1 for each true answer, for mc2.</summary>
    internal TaskValue? Labels { get; init; }

    /// <summary>The document of a rolling task.</summary>
    internal TaskValue? Text { get; init; }

    /// <summary>The field with the source of a rolling task's document; null for none.</summary>
    internal TaskValue? Source { get; init; }

    internal string TargetDelimiter { get; init; } = " ";

    internal string FewshotDelimiter { get; init; } = "\n\n";

    /// <summary>
    /// A preparation's name: <c>hellaswag</c>, <c>winogrande</c>, <c>race</c>; null for none.
    /// </summary>
    internal string? Prepare { get; init; }

    internal bool ExcludesEvaluatedItem { get; init; }
}

/// <summary>A literal or a value.</summary>
internal sealed record TaskPart(string? Literal, TaskValue? Value)
{
    public string Of(TaskItem item) => Literal ?? Value!.Text(item);
}

/// <summary>The choices: a list in the item, several fields of it, or fixed texts.</summary>
internal sealed record TaskChoices(TaskValue? List = null, IReadOnlyList<string>? Fields = null, IReadOnlyList<string>? Fixed = null)
{
    public IReadOnlyList<string> Of(TaskItem item) =>
        Fixed ?? (Fields is not null ? [.. Fields.Select(f => new TaskValue(f).Text(item))] : List!.List(item));
}

/// <summary>
/// The correct choice: a fixed number, a value with an offset, or a value's index in a list.
/// </summary>
internal sealed record TaskTarget(int? Fixed = null, TaskValue? Value = null, int Offset = 0, string? IndexIn = null)
{
    /// <summary>The number of the correct choice.</summary>
    /// <exception cref="Llm360Exception">It is not one of the choices.</exception>
    public int Of(TaskItem item, int choices)
    {
        var target = Fixed ?? (IndexIn is null ? Value!.Whole(item) : IndexOf(item)) + Offset;
        return target >= 0 && target < choices ? target
            : throw item.Error($"its label is {target}, and there are {choices} choices (0 to {choices - 1})");
    }

    private int IndexOf(TaskItem item)
    {
        var (label, labels) = (Value!.Text(item), new TaskValue(IndexIn!).List(item));
        return labels.Index().Where(l => l.Item == label).Select(l => (int?)l.Index).FirstOrDefault()
            ?? throw item.Error($"its label is \"{Printable.Value(label)}\", which is none of \"{IndexIn}\": "
                + string.Join(", ", labels.Select(Printable.Value)));
    }
}

/// <summary>
/// The location of a task's items: files in its folder, files of a data set on the Hub, or a rule
/// that makes them from a suite.
/// </summary>
/// <param name="File">The evaluated items.</param>
/// <param name="FewshotFile">The pool of few-shot examples; null for none.</param>
/// <param name="Hub">The data set; null for files on this disk.</param>
/// <param name="Rule">A rule of <see cref="SuiteItems"/>; null for files.</param>
internal sealed record TaskData(string File = "test.jsonl", string? FewshotFile = null, HubLocation? Hub = null, string? Rule = null);
