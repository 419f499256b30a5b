// Reads task.json and group.json, strictly: an unknown key is an error that names it.
using System.Text;
using System.Text.Json;

namespace Llm360.Notebooks;

/// <summary>Reads descriptions of tasks.</summary>
internal static class TaskReader
{
    /// <summary>The metrics of tasks with choices.</summary>
    public static IReadOnlyList<string> ChoiceMetrics { get; } = ["acc", "acc_norm", "acc_bytes", "mc2", "likelihood_diff",
        "pct_stereotype"];

    /// <summary>The metrics of rolling tasks.</summary>
    public static IReadOnlyList<string> RollingMetrics { get; } = ["word_perplexity", "byte_perplexity", "bits_per_byte"];

    private static readonly string[] TaskKeys =
    [
        "name", "shape", "type", "description", "prompt", "choices", "target", "continuation", "labels", "text", "source", "metrics",
            "prepare",
        "target_delimiter", "fewshot_delimiter", "fewshot_excludes_evaluated_item", "num_fewshot", "file", "fewshot_file", "data",
            "rule", "note",
    ];

    private static readonly string[] GroupKeys = ["name", "shape", "members", "metric", "weight_by_size", "groups", "task", "note"];

    private static readonly JsonKind Kind = new("The task", 4 << 20,
        "Compare with data-manifests/tasks/arc_easy.json; llm360 tasks show NAME shows a task.")
    {
        Missing = "There is no such task.",
        MissingRemedy = "Name a task (llm360 tasks list), or a task.json or group.json file.",
    };

    /// <summary>Reads a task or a group.</summary>
    /// <param name="document">Its file, or one in the library.</param>
    /// <param name="member">Opens a member of a group by its name.</param>
    public static TaskEntry Read(ManifestDocument document, Func<string, TaskEntry> member)
    {
        using var json = document.Embedded is { } bytes ? JsonInput.Document(bytes, document.Where, Kind)
            : JsonInput.Document(document.Where, Kind);
        var root = JsonPlace.Root(json, document.Where, Kind);
        return root.Find("members") is null && root.Find("groups") is null ? Task(root) : Group(root, member);
    }

    private static TaskGroup Group(JsonPlace root, Func<string, TaskEntry> member)
    {
        RequireKeys(root, GroupKeys);
        var (name, shape, metric) = (root["name"].Text(), root.Find("shape")?.Text() ?? "", root["metric"].Text());
        var weighted = root.Find("weight_by_size") is not { } w || Truth(w);
        if (root.Find("groups") is not { } groups)
        {
            if (root.Find("task") is { } lone)
                throw lone.Error("\"task\" needs \"groups\"");
            return new TaskGroup(name, shape, metric, weighted, Filled(root["members"].Items()
                .Select(m => member(m.Text())), root["members"]));
        }

        var template = root["task"];
        var members = groups.Members().Select(g => (TaskEntry)new TaskGroup(
            $"{name}_{g.Key}", $"{shape}: {g.Key}", metric, weighted,
            Filled(g.Value.Items().Select(s => (TaskEntry)Filled(template, s.Text())), g.Value)));
        return new TaskGroup(name, shape, metric, weighted, Filled(members, groups));
    }

    // A task made from a template, for one subject.
    private static EvaluationTask Filled(JsonPlace template, string subject)
    {
        var text = template.Value.GetRawText().Replace("{subject}", subject, StringComparison.Ordinal)
            .Replace("{subject_text}", subject.Replace('_', ' '), StringComparison.Ordinal);
        using var json = JsonInput.Document(Encoding.UTF8.GetBytes(text), template.File, Kind);
        return Task(JsonPlace.Root(json, template.File, Kind));
    }

    private static List<T> Filled<T>(IEnumerable<T> members, JsonPlace place)
    {
        List<T> all = [.. members];
        return all.Count > 0 ? all : throw place.Error("a group needs at least one member");
    }

    private static EvaluationTask Task(JsonPlace root)
    {
        RequireKeys(root, TaskKeys);
        var kind = root["type"].Text() switch
        {
            "multiple_choice" => TaskKind.MultipleChoice,
            "multiple_context" => TaskKind.MultipleContext,
            "rolling" => TaskKind.Rolling,
            var other => throw root["type"]
                .Error($"the type \"{Printable.Value(other)}\" is none of multiple_choice, multiple_context, rolling"),
        };
        var name = root["name"].Text();
        if (!ManifestJson.IsSafeName(name))
            throw root["name"].Error($"\"{Printable.Value(name)}\" is no name of letters, digits, '-', '_' and '.'");
        var rolling = kind == TaskKind.Rolling;
        return new EvaluationTask(name, root.Find("shape")?.Text() ?? "")
        {
            Kind = kind,
            Where = root.File,
            Definition = JsonSerializer.Serialize(root.Value),
            Metrics = [.. root["metrics"].Items().Select(m => Known(m, rolling ? RollingMetrics : ChoiceMetrics))],
            FewshotCount = root.Find("num_fewshot")?.Int32() ?? 0,
            Data = Data(root),
            Description = root.Find("description")?.Text() ?? "",
            Prompt = rolling ? [] : [.. root["prompt"].Items().Select(Part)],
            Choices = rolling ? new() : Choices(root["choices"]),
            Target = rolling ? new() : Target(root["target"]),
            Continuation = kind == TaskKind.MultipleContext ? Value(root["continuation"]) : null,
            Labels = root.Find("labels") is { } labels ? Value(labels) : null,
            Text = rolling ? Value(root["text"]) : null,
            Source = root.Find("source") is { } source ? Value(source) : null,
            TargetDelimiter = root.Find("target_delimiter")?.Text() ?? " ",
            FewshotDelimiter = root.Find("fewshot_delimiter")?.Text() ?? "\n\n",
            Prepare = root.Find("prepare") is { } prepare ? Known(prepare, Preparation.Names) : null,
            ExcludesEvaluatedItem = root.Find("fewshot_excludes_evaluated_item") is { } excludes && Truth(excludes),
        };
    }

    private static TaskData Data(JsonPlace root)
    {
        var pool = root.Find("fewshot_file") is { IsNull: false } file ? FileName(file) : null;
        if (root.Find("rule") is { } rule)
            return new TaskData(Rule: Known(rule, SuiteItems.Rules), FewshotFile: pool);
        if (root.Find("data") is not { } data)
            return new TaskData(root.Find("file") is { } own ? FileName(own) : "test.jsonl", pool);
        RequireKeys(data, ["repository", "revision", "file", "fewshot_file"]);
        var hub = new HubLocation(data["repository"].Text(), data["revision"].Text(), data["file"].Text(), IsDataset: true);
        if (!hub.IsValid)
            throw data.Error($"{hub} is no place on the Hub");
        return new TaskData(hub.Path, data.Find("fewshot_file") is { } shots ? FileName(shots) : null, hub);
    }

    private static TaskPart Part(JsonPlace place) =>
        place.Value.ValueKind == JsonValueKind.String ? new TaskPart(place.Text(), null) : new TaskPart(null, Value(place));

    private static TaskValue Value(JsonPlace place)
    {
        RequireKeys(place, ["field", "strip"]);
        return new TaskValue(place["field"].Text(), place.Find("strip") is { } strip ? Known(strip, ["both", "left"]) : null);
    }

    private static TaskChoices Choices(JsonPlace place)
    {
        RequireKeys(place, ["field", "strip", "fields", "fixed"]);
        IReadOnlyList<string>? Texts(string key) => place.Find(key) is { } list ? Filled(list.Items().Select(i => i.Text()), list) : null;
        return (Texts("fixed"), Texts("fields")) switch
        {
            ({ } texts, _) => new TaskChoices(Fixed: texts),
            (_, { } names) => new TaskChoices(Fields: names),
            _ => new TaskChoices(new TaskValue(place["field"].Text())),
        };
    }

    private static TaskTarget Target(JsonPlace place)
    {
        RequireKeys(place, ["fixed", "field", "strip", "offset", "index_in"]);
        return place.Find("fixed") is { } number ? new TaskTarget(number.Int32())
            : new TaskTarget(
                Value: new TaskValue(place["field"].Text(), place.Find("strip") is { } strip ? Known(strip, ["both", "left"]) : null),
                Offset: place.Find("offset")?.Int32() ?? 0,
                IndexIn: place.Find("index_in")?.Text());
    }

    // A path must not lead out of the task's folder.
    private static string FileName(JsonPlace place) => HubLocation.IsRelative(place.Text()) ? place.Text()
        : throw place.Error($"\"{Printable.Value(place.Text())}\" is no file of the task's folder");

    private static bool Truth(JsonPlace place) => place.Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw place.Error($"{place.Path} is not true or false"),
    };

    private static string Known(JsonPlace place, IReadOnlyList<string> names) => names.Contains(place.Text()) ? place.Text()
        : throw place.Error($"\"{Printable.Value(place.Text())}\" is none of {string.Join(", ", names)}");

    private static void RequireKeys(JsonPlace place, string[] keys)
    {
        foreach (var (key, value) in place.Members().Where(m => !keys.Contains(m.Key)))
            throw (value with { File = $"{place.File}, line {Line(place, key)}" })
                .Error($"the key \"{Printable.Value(key)}\" is unknown; the keys here are {string.Join(", ", keys)}");
    }

    // The document does not keep line numbers; the file is read again for the one error that needs
    // them.
    private static string Line(JsonPlace place, string key)
    {
        if (!File.Exists(place.File))
            return "?";
        var text = File.ReadAllText(place.File);
        var at = text.IndexOf($"\"{key}\"", StringComparison.Ordinal);
        return at < 0 ? "?" : (text.AsSpan(0, at).Count('\n') + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }
}
