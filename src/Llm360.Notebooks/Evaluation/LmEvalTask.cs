// Imports a task of lm-eval's YAML: multiple choice without Python.
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Llm360.Notebooks;

/// <summary>
/// Converts an lm-eval task file to the kit's description of a task, and reads that.
/// </summary>
/// <remarks>
/// Templates may contain fields (<c>{{question}}</c>, <c>{{choices.text}}</c>,
/// <c>{{choices[0]}}</c>), <c>strip()</c> and <c>lstrip()</c>. Choices may be a field, a list, or
/// <c>{{[a, b]}}</c>. Targets may be a field, a number, <c>{{list.index(field)}}</c>, or
/// <c>{{(field|int) - 1}}</c>. Everything else is refused.
/// </remarks>
internal static partial class LmEvalTask
{
    private const long LongestFile = 1 << 20;

    private static readonly string[] Known =
    [
        "task", "dataset_path", "dataset_name", "dataset_kwargs", "test_split", "validation_split", "training_split", "fewshot_split",
            "output_type",
        "doc_to_text", "doc_to_target", "doc_to_choice", "description", "target_delimiter", "fewshot_delimiter", "fewshot_config",
            "num_fewshot", "metric_list",
        "metadata", "tag", "group", "should_decontaminate", "doc_to_decontamination_query", "repeats", "task_alias",
    ];

    /// <summary>Reads a file.</summary>
    /// <exception cref="Llm360Exception">
    /// The file is missing, or uses features that are not supported.
    /// </exception>
    public static EvaluationTask Read(string path)
    {
        string text;
        try
        {
            text = Encoding.UTF8.GetString(PlainFile.ReadAllBytes(path, LongestFile));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new Llm360Exception($"The YAML file cannot be read: {e.Message.TrimEnd('.')}.", path, "Name an lm-eval task file.", e);
        }

        var yaml = YamlMapping.Read(text, path);
        var json = new Import(yaml, path).Task();
        return (EvaluationTask)TaskReader.Read(new ManifestDocument(path, Encoding.UTF8.GetBytes(json.ToJsonString())), _ =>
            throw new InvalidOperationException());
    }

    [GeneratedRegex(@"\{\{(.*?)\}\}")]
    private static partial Regex Expression();

    [GeneratedRegex(@"^(?<path>[A-Za-z_]\w*(?:\.(?!strip\(|lstrip\(|index\()\w+|\[\d+\])*)(?:\.(?<strip>l?strip)\(\))?$")]
    private static partial Regex Field();

    [GeneratedRegex(@"^(?<list>[\w.]+)\.index\((?<field>[\w.]+?)(?:\.(?<strip>l?strip)\(\))?\)$")]
    private static partial Regex IndexOf();

    [GeneratedRegex(@"^\(?\s*(?<field>\w+)\s*\|\s*int\s*\)?\s*(?:(?<sign>[-+])\s*(?<offset>\d+))?$")]
    private static partial Regex Whole();

    private sealed class Import(JsonObject yaml, string path)
    {
        public JsonObject Task()
        {
            foreach (var (key, _) in yaml.Where(p => !Known.Contains(p.Key)))
                throw Refused(key, "the key is not read");
            if (Text("output_type") is not "multiple_choice")
                throw Refused("output_type", "only multiple_choice is read");
            var evaluated = Text("test_split") ?? Text("validation_split") ?? throw Refused("test_split", "there is no split to evaluate");
            var pool = Text("fewshot_split") ?? Text("training_split");
            var task = new JsonObject
            {
                ["name"] = Text("task") ?? throw Refused("task", "the task has no name"),
                ["type"] = "multiple_choice",
                ["description"] = Text("description") ?? "",
                ["prompt"] = Template(Text("doc_to_text") ?? throw Refused("doc_to_text", "there is no prompt")),
                ["choices"] = Choices(),
                ["target"] = Target(),
                ["target_delimiter"] = Text("target_delimiter") ?? " ",
                ["fewshot_delimiter"] = Text("fewshot_delimiter") ?? "\n\n",
                ["metrics"] = Metrics(),
                ["num_fewshot"] = yaml["num_fewshot"]?.DeepClone() ?? 0,
                // lm-eval compares the names of the two splits; both may be absent.
                ["fewshot_excludes_evaluated_item"] = Text("fewshot_split") == Text("test_split"),
            };
            Data(task, evaluated, pool);
            return task;
        }

        private void Data(JsonObject task, string evaluated, string? pool)
        {
            var repository = Text("dataset_path") ?? throw Refused("dataset_path", "there is no data set");
            if (repository == "json")
            {
                var files = yaml["dataset_kwargs"]?["data_files"] as JsonObject
                    ?? throw Refused("dataset_kwargs", "data_files are missing");
                task["file"] = Local(evaluated);
                if (pool is not null)
                    task["fewshot_file"] = Local(pool);
                return;

                // lm-eval's paths are relative to its working folder. Here the files are beside the
                // task.
                string Local(string split) => files[split] is JsonValue value ? Path.GetFileName(value.ToString())
                    : throw Refused("dataset_kwargs", $"data_files has no \"{Printable.Value(split)}\"");
            }

            var folder = Text("dataset_name") is { } name ? name + "/" : "data/";
            task["data"] = new JsonObject { ["repository"] = repository, ["revision"] = HubLocation.Main, ["file"] = Parquet(evaluated) };
            if (pool is not null)
                task["data"]!["fewshot_file"] = Parquet(pool);

            string Parquet(string split) => $"{folder}{split}-00000-of-00001.parquet";
        }

        private JsonArray Metrics()
        {
            if (yaml["metric_list"] is not JsonArray { Count: > 0 } list)
                throw Refused("metric_list", "there is no metric");
            return [.. list.Select(m => (JsonNode)((m as JsonObject)?["metric"]?.ToString()
                ?? throw Refused("metric_list", "an entry has no metric")))];
        }

        private JsonArray Template(string text)
        {
            var parts = new JsonArray();
            if (yaml["doc_to_text"] is JsonValue && Field().IsMatch(text)) // A name alone is a field.
                return [Value(text, "doc_to_text")];
            var end = 0;
            foreach (Match match in Expression().Matches(text))
            {
                if (match.Index > end)
                    parts.Add(text[end..match.Index]);
                parts.Add(Value(match.Groups[1].Value.Trim(), "doc_to_text"));
                end = match.Index + match.Length;
            }

            if (end < text.Length || parts.Count == 0)
                parts.Add(text[end..]);
            return text.Contains("{%", StringComparison.Ordinal) ? throw Refused("doc_to_text", "statements of a template are not read")
                : parts;
        }

        private JsonObject Choices()
        {
            if (yaml["doc_to_choice"] is JsonArray list)
                return new JsonObject { ["fixed"] = list.DeepClone() };
            var text = Bare(Text("doc_to_choice") ?? throw Refused("doc_to_choice", "there are no choices"));
            return text is ['[', .., ']']
                ? new JsonObject { ["fields"] = new JsonArray([.. text[1..^1].Split(',').Select(f => (JsonNode)f.Trim())]) }
                : Value(text, "doc_to_choice");
        }

        private JsonObject Target()
        {
            if (yaml["doc_to_target"] is JsonValue value && value.GetValueKind() == System.Text.Json.JsonValueKind.Number)
                return new JsonObject { ["fixed"] = value.DeepClone() };
            var text = Bare(Text("doc_to_target") ?? throw Refused("doc_to_target", "there is no target"));
            if (IndexOf().Match(text) is { Success: true } index)
            {
                var target = Value(index.Groups["field"].Value
                    + (index.Groups["strip"] is { Success: true } strip ? $".{strip.Value}()" : ""), "doc_to_target");
                target["index_in"] = index.Groups["list"].Value;
                return target;
            }

            if (Whole().Match(text) is { Success: true } whole)
            {
                var offset = whole.Groups["offset"] is { Success: true } number
                    ? int.Parse(number.Value, System.Globalization.CultureInfo.InvariantCulture) : 0;
                return new JsonObject { ["field"] = whole.Groups["field"].Value, ["offset"] = whole.Groups["sign"].Value == "-" ? -offset
                    : offset };
            }

            return Value(text, "doc_to_target");
        }

        private JsonObject Value(string expression, string key)
        {
            if (Field().Match(expression) is not { Success: true } field)
                throw Refused(key, $"the expression \"{Printable.Value(expression)}\" is not read");
            var value = new JsonObject { ["field"] = field.Groups["path"].Value.Replace("[", ".", StringComparison.Ordinal)
                .Replace("]", "", StringComparison.Ordinal) };
            if (field.Groups["strip"] is { Success: true } strip)
                value["strip"] = strip.Value == "strip" ? "both" : "left";
            return value;
        }

        private static string Bare(string text) => Expression().Match(text) is { Success: true } match
            && match.Length == text.Length ? match.Groups[1].Value.Trim() : text;

        private string? Text(string key) => yaml[key] switch
        {
            null => null,
            JsonValue value => value.ToString(),
            _ => throw Refused(key, "a text is expected"),
        };

        private Llm360Exception Refused(string key, string how) => new(
            $"The lm-eval task cannot be imported: {how}.", $"{path}, {key}",
                "Write the task as task.json; llm360 tasks show arc_easy shows one.");
    }
}
