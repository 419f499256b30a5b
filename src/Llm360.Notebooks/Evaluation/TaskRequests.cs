// Converts a task's items to prompts and continuations.
using System.Text;

namespace Llm360.Notebooks;

/// <summary>One continuation to score.</summary>
/// <param name="Context">The text before it, few-shot examples included.</param>
/// <param name="Continuation">The text, with its delimiter in front.</param>
/// <param name="Choice">The choice without a delimiter, which normalised metrics count.</param>
internal sealed record ChoiceRequest(string Context, string Continuation, string Choice);

/// <summary>An item with all its requests to the model.</summary>
/// <param name="Item">The item.</param>
/// <param name="Fewshot">Indices of its few-shot examples in the pool.</param>
/// <param name="Target">The correct choice.</param>
/// <param name="Requests">One for each choice.</param>
/// <param name="Labels">1 for each true choice, for mc2; null for other tasks.</param>
internal sealed record ItemRequests(
    TaskItem Item, IReadOnlyList<int> Fewshot, int Target, IReadOnlyList<ChoiceRequest> Requests, IReadOnlyList<int>? Labels);

/// <summary>Builds the requests of a task.</summary>
internal static class TaskRequests
{
    /// <summary>The requests of all items, in order.</summary>
    /// <param name="task">A task of choices.</param>
    /// <param name="items">The evaluated items, not yet prepared.</param>
    /// <param name="pool">Few-shot examples, not yet prepared.</param>
    /// <param name="count">Few-shot examples for each item.</param>
    /// <param name="sampling">How they are chosen.</param>
    /// <param name="seed">Seed of the generator.</param>
    /// <exception cref="Llm360Exception">
    /// An item does not fit the task, or the pool is too small.
    /// </exception>
    public static IReadOnlyList<ItemRequests> Build(
        EvaluationTask task, IReadOnlyList<TaskItem> items, IReadOnlyList<TaskItem> pool, int count, FewshotSampling sampling, int seed)
    {
        var sampler = new FewshotSampler(task, pool, count, sampling, seed);
        var shots = new string?[pool.Count];
        return [.. items.Select(One)];

        ItemRequests One(TaskItem raw)
        {
            var chosen = sampler.Next(raw);
            var head = new StringBuilder(task.Description);
            foreach (var i in chosen)
                head.Append(shots[i] ??= Shot(task, pool[i]));
            var item = Preparation.Apply(task.Prepare, raw);
            var choices = task.Choices.Of(item);
            var target = task.Target.Of(item, choices.Count);
            if (task.Labels is not { } labelled)
                return new ItemRequests(raw, chosen, target, Requests(task, head.ToString(), item, choices), null);
            int[] labels = [.. labelled.List(item).Select(Label)];
            if (labels.Length != choices.Count)
                throw item.Error($"it has {labels.Length} labels for {choices.Count} choices");
            return new ItemRequests(raw, chosen, target, Requests(task, head.ToString(), item, choices), labels);

            int Label(string label) => label is "0" or "1" ? label[0] - '0'
                : throw item.Error($"the label \"{Printable.Value(label)}\" is neither 0 nor 1");
        }
    }

    private static IReadOnlyList<ChoiceRequest> Requests(EvaluationTask task, string head, TaskItem item, IReadOnlyList<string> choices)
    {
        if (task.Continuation is { } rest)
        {
            var continuation = task.TargetDelimiter + rest.Text(item);
            return [.. choices.Select(c => new ChoiceRequest(head + c, continuation, c))];
        }

        var context = head + Prompt(task, item);
        return [.. choices.Select(c => new ChoiceRequest(context, task.TargetDelimiter + c, c))];
    }

    // An example: prompt, correct answer and the delimiter after it.
    private static string Shot(EvaluationTask task, TaskItem raw)
    {
        var item = Preparation.Apply(task.Prepare, raw);
        var choices = task.Choices.Of(item);
        var right = task.Continuation?.Text(item) ?? choices[task.Target.Of(item, choices.Count)];
        return Prompt(task, item) + task.TargetDelimiter + right + task.FewshotDelimiter;
    }

    private static string Prompt(EvaluationTask task, TaskItem item) => string.Concat(task.Prompt.Select(p => p.Of(item)));
}
