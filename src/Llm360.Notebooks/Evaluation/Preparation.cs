// The tasks whose items need more than a template: HellaSwag, WinoGrande, RACE.
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Llm360.Notebooks;

/// <summary>
/// Adds to an item the fields of a task's prompt, as lm-eval's functions do.
/// </summary>
internal static partial class Preparation
{
    private const string Blank = "  _  .";
    private static readonly string[] Options = ["option1", "option2"];

    /// <summary>Names of the preparations.</summary>
    public static IReadOnlyList<string> Names { get; } = ["hellaswag", "winogrande", "race"];

    /// <summary>
    /// The item with the fields of a preparation; the item itself if <paramref name="name"/> is
    /// null.
    /// </summary>
    /// <exception cref="Llm360Exception">A field is missing or malformed.</exception>
    public static TaskItem Apply(string? name, TaskItem item) => name switch
    {
        null => item,
        "hellaswag" => With(item, HellaSwag(item)),
        "winogrande" => With(item, WinoGrande(item)),
        _ => With(item, Race(item)),
    };

    private static TaskItem With(TaskItem item, JsonObject added)
    {
        var data = (JsonObject)item.Data.DeepClone();
        foreach (var (key, value) in added)
            data[key] = value?.DeepClone();
        return item with { Data = data };
    }

    private static JsonObject HellaSwag(TaskItem item)
    {
        var context = $"{Text("activity_label")}: {Text("ctx_a")} {PythonText.Capitalize(Text("ctx_b"))}";
        var endings = new TaskValue("endings").List(item);
        return new JsonObject { ["query"] = Clean(context), ["choices"] = new JsonArray([.. endings.Select(e => (JsonNode)Clean(e))]) };

        string Text(string field) => new TaskValue(field).Text(item);
    }

    private static string Clean(string text)
    {
        text = PythonText.Strip(text).Replace(" [title]", ". ", StringComparison.Ordinal);
        return Bracketed().Replace(text, "").Replace("  ", " ", StringComparison.Ordinal);
    }

    private static JsonObject WinoGrande(TaskItem item)
    {
        var sentence = new TaskValue("sentence").Text(item);
        var blank = sentence.IndexOf('_', StringComparison.Ordinal);
        if (blank < 0)
            throw item.Error("\"sentence\" has no \"_\"");
        string[] contexts = [.. Options.Select(o => sentence[..blank] + new TaskValue(o).Text(item))];
        var right = new TaskTarget(Value: new TaskValue("answer"), Offset: -1).Of(item, contexts.Length);
        return new JsonObject
        {
            ["contexts"] = new JsonArray([.. contexts.Select(c => (JsonNode)c)]),
            ["context"] = contexts[right],
            ["rest"] = PythonText.Strip(sentence[(blank + 1)..]),
        };
    }

    private static JsonObject Race(TaskItem item)
    {
        if (PythonLiteral.Read(new TaskValue("problems").Text(item), item) is not JsonArray { Count: > 0 } problems)
            throw item.Error("\"problems\" is not a list with entries");
        var prompt = new StringBuilder($"Article: {new TaskValue("article").Text(item)}\n\n");
        foreach (var problem in problems.SkipLast(1))
        {
            var (question, options, answer) = Problem(problem);
            if (question.EndsWith(Blank, StringComparison.Ordinal))
                prompt.Append(question.AsSpan(0, question.Length - 5)).Append(options[answer]).Append('\n');
            else
                prompt.Append($"Question: {question}\nAnswer: {options[answer]}\n");
        }

        var last = Problem(problems[^1]);
        return new JsonObject
        {
            ["prompt"] = prompt.Append(last.Question).ToString(),
            ["options"] = new JsonArray([.. last.Options.Select(o => (JsonNode)o)]),
            ["target"] = last.Answer,
        };

        (string Question, IReadOnlyList<string> Options, int Answer) Problem(JsonNode? node)
        {
            var problem = node is JsonObject fields ? item with { Data = fields }
                : throw item.Error("an entry of \"problems\" is no dictionary");
            var (options, answer) = (new TaskValue("options").List(problem), new TaskValue("answer").Text(problem));
            var index = answer.Length == 1 ? answer[0] - 'A' : -1;
            return index >= 0 && index < options.Count ? (new TaskValue("question").Text(problem), options, index)
                : throw item.Error($"the answer \"{Printable.Value(answer)}\" is none of the {options.Count} options");
        }
    }

    [GeneratedRegex(@"\[.*?\]")]
    private static partial Regex Bracketed();
}
