// llm360 tasks: lists the evaluation tasks, and shows what the model is given.
using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>
/// <c>llm360 tasks list</c>, <c>llm360 tasks show arc_easy --item 3 --model nano/36</c>
/// </summary>
internal static class TasksCommand
{
    public static Command Create() => new("tasks", "Show the evaluation tasks.") { List(), Show() };

    private static Command List()
    {
        var command = new Command("list", "List the described tasks and groups.");
        command.Run("Run it again.", (_, screen, _) =>
        {
            screen.Facts("Tasks", EvaluationTasks.Names.Select(n => (n, Described(EvaluationTasks.Open(n)))));
            return Task.FromResult(0);
        });
        return command;
    }

    private static Command Show()
    {
        var name = new Argument<string>("task") { Description = "A task's name, or its task.json or YAML file." };
        var item = new Option<int?>("--item") { Description = "Also the prompt and tokens of an item, counted from 0." };
        var model = new Option<string?>("--model", "-m")
        {
            Description = $"The checkpoint whose tokenizer is used; without it no tokens are shown. {ModelOptions.Names}",
        };
        var suite = new Option<string?>("--suite", "-s")
        {
            Description = "The suite whose held-out text a rule makes items from; its last checkpoint's tokenizer is used.",
        };
        var fewshot = new Option<int?>("--num-fewshot", "-f") { Description = "Few-shot examples (default: the task's own number)." };
        var command = new Command("show", "Show a task, or what the model is given of one item.") { name, item, model, suite, fewshot };
        command.Run("Run it again.", async (parsed, screen, cancellation) =>
        {
            var entry = EvaluationTasks.Open(parsed.GetValue(name)!);
            screen.Facts(entry.Name, Facts(entry));
            if (parsed.GetValue(item) is not { } number)
                return 0;
            if (entry is not EvaluationTask task)
                throw new Llm360Exception($"{entry.Name} is a group, which has no items of its own.", "--item",
                    $"Choose one of: {string.Join(", ", entry.Leaves.Take(8))}.");
            var of = parsed.GetValue(suite) is { } suiteName ? Suites.Open(suiteName) : null;
            var settings = new EvaluationSettings(parsed.GetValue(fewshot));
            settings.Check();
            var needsPool = task.Kind != TaskKind.Rolling && (settings.Fewshot ?? task.FewshotCount) > 0;
            var content = await screen.WatchAsync(_ => Task.Run(() => TaskContent.Read(task, of, needsPool, cancellation), cancellation))
                .ConfigureAwait(false);
            if (number < 0 || number >= content.Items.Count)
                throw new Llm360Exception($"The task {task.Name} has {content.Items.Count} items; there is no item {number}.", "--item",
                    $"Choose from 0 to {content.Items.Count - 1}.");
            var tokenizer = parsed.GetValue(model) is { } m ? Suites.FindCheckpoint(m).Tokenizer() : of?.Tokenizer();
            foreach (var line in Lines(task, content, settings, number, tokenizer))
                screen.Result(line);
            return 0;
        });
        return command;
    }

    private static IEnumerable<string> Lines(EvaluationTask task, TaskContent content, EvaluationSettings settings, int number,
        ITokenizer? tokenizer)
    {
        if (task.Kind == TaskKind.Rolling)
        {
            var text = task.Text!.Text(content.Items[number]);
            yield return $"document: {Quoted(text)}";
            if (tokenizer is not null)
                yield return $"  tokens: {Ids(new RequestTokens(tokenizer, settings.Bos).Encode(text))}";
            yield break;
        }

        // The examples of earlier items determine which are drawn next.
        var item = TaskScoring.Requests(task, content, settings with { Limit = number + 1 })[number];
        var tokens = tokenizer is null ? null : TaskScoring.Split(tokenizer, [item], settings.Bos)[0];
        string? last = null;
        foreach (var (i, request) in item.Requests.Index())
        {
            if (request.Context != last)
            {
                yield return $"prompt: {Quoted(last = request.Context)}";
                if (tokens is not null)
                    yield return $"  tokens: {Ids(tokens[i].Context)}";
            }

            yield return string.Create(CultureInfo.InvariantCulture,
                $"{(i == item.Target ? "right" : "     ")} {i}: {Quoted(request.Continuation)}");
            if (tokens is not null)
                yield return $"  tokens: {Ids(tokens[i].Continuation)}";
        }
    }

    private static IEnumerable<(string Name, string Value)> Facts(TaskEntry entry)
    {
        yield return ("what", Described(entry));
        if (entry is TaskGroup group)
        {
            yield return ("metric", group.Metric);
            yield return ("weights", group.WeightBySize ? "tasks count by their items" : "all tasks count the same");
            yield return ("members", string.Join(", ", group.Members));
        }
        else if (entry is EvaluationTask task)
        {
            yield return ("metrics", string.Join(", ", task.Metrics));
            yield return ("items", task.Data switch
            {
                { Rule: { } rule } => $"made by the rule \"{rule}\" from a suite's held-out text",
                { Hub: { } hub } => hub.ToString(),
                var data => data.File,
            });
            yield return ("few-shot", string.Create(CultureInfo.InvariantCulture,
                $"{task.FewshotCount} examples{(task.Data.FewshotFile is { } file ? $" of {file}" : "")}"));
        }
    }

    private static string Described(TaskEntry entry) => entry is TaskGroup group
        ? string.Create(CultureInfo.InvariantCulture, $"{entry.Shape} (group of {group.Leaves.Count} tasks)") : entry.Shape;

    private static string Quoted(string text) =>
        JsonSerializer.Serialize(text, new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private static string Ids(IEnumerable<int> ids) => $"[{string.Join(", ", ids)}]";
}
