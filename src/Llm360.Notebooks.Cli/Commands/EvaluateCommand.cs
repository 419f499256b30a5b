// llm360 evaluate: runs tasks with one model, or along the checkpoints of a suite.
using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Cli.Terminal;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>
/// <c>llm360 evaluate --model nano/36 --task arc_easy --num-fewshot 5 --out result.json</c>, or
/// <c>llm360 evaluate -s nano --checkpoints every:4 --tasks cloze,parameter</c>
/// </summary>
internal static class EvaluateCommand
{
    private const string FirstN = "first_n", Random = "random";

    private static readonly Option<string?> Model = new("--model", "-m")
    {
        Description = $"One model. {ModelOptions.Names}",
    };

    private static readonly Option<string?> SuiteName = new("--suite", "-s")
    {
        Description = "All chosen checkpoints of a suite; results go to the store. A stopped command resumes.",
    };

    private static readonly Option<string?> Tasks = new("--tasks", "--task", "-t")
    {
        Description = "Tasks or groups, apart by commas: names (llm360 tasks list), task.json files, or lm-eval YAML files.",
        HelpName = "NAME|task.json,...",
    };

    private static readonly Option<FileInfo?> Text = new("--text")
    {
        Description = "With --model: rolling perplexity of documents, one {\"text\": ...} a line, instead of a task.",
        HelpName = "documents.jsonl",
    };

    private static readonly Option<int?> Fewshot = new("--num-fewshot", "-f")
    {
        Description = "Few-shot examples an item (default: each task's own number).",
    };

    private static readonly Option<string> Sampler = new("--fewshot-sampler")
    {
        Description = "first_n takes the first of the pool, random draws as lm-eval does (seed 1234).",
        DefaultValueFactory = _ => FirstN,
    };

    private static readonly Option<bool> NoBos = new("--no-bos")
    {
        Description = "Do not put the tokenizer's begin token before a prompt.",
    };
    private static readonly Option<int?> Limit = new("--limit", "-n") { Description = "Only the first n items of each task." };

    private static readonly Option<int> Rows = new("--batch-size")
    {
        Description = "With --model: sequences at once. On a CPU the numbers are the same, to the last bit, for any.",
        DefaultValueFactory = _ => 64,
    };

    private static readonly OutputFile Output = new(
        required: false, "With --model: where to write results and items, JSON in lm-eval's terms.", ".json");

    public static Command Create()
    {
        var grid = new GridRunOptions();
        foreach (var whole in new[] { Limit, Fewshot })
            whole.Validators.Add(ModelOptions.From(whole, whole == Limit ? 1 : 0));
        Sampler.Validators.Add(given =>
        {
            if (given.GetValueOrDefault<string>() is not (FirstN or Random))
                given.AddError($"--fewshot-sampler is {FirstN} or {Random}.");
        });
        Rows.Validators.Add(ModelOptions.AtLeastOne(Rows));
        var command = new Command("evaluate",
            "Evaluate tasks as lm-eval does: one model with --model, or a suite's checkpoints with --suite.")
        {
            Model, SuiteName, grid.Checkpoints, Tasks, Text, Fewshot, Sampler, NoBos, Limit, Rows, Output.Option,
        };
        foreach (var option in grid.Common)
            command.Options.Add(option);
        command.Run("The same command resumes with the remaining work.", (parsed, screen, cancellation) =>
            (parsed.GetValue(Model), parsed.GetValue(SuiteName)) switch
        {
            ({ } model, null) => OneAsync(model, grid.OptionsOfOneModel(parsed), parsed, screen, cancellation),
            (null, { } suite) => AlongAsync(suite, grid, parsed, screen, cancellation),
            _ => throw new Llm360Exception("Give either a model or a suite.", "--model, --suite",
                "For example: llm360 evaluate -s nano --tasks cloze"),
        });
        return command;
    }

    private static async Task<int> OneAsync(string name, GridOptions options, ParseResult parsed, Screen screen,
        CancellationToken cancellation)
    {
        var path = Output.Path(parsed);
        List<TaskEntry> entries = parsed.GetValue(Text) is { } text ? [Documents(text.FullName)]
            : [.. TaskNames(parsed).Select(EvaluationTasks.Open)];
        if (path is not null && entries.Count > 1)
            throw new Llm360Exception($"The output file takes one task or group, and {entries.Count} are given.", "--out, --tasks",
                "Run the command once for each task.");
        var settings = Settings(parsed, options.Precision);
        var checkpoint = Suites.FindCheckpoint(name);
        // A rule makes items from the suite of the checkpoint.
        var suite = entries.SelectMany(e => e.Leaves).Any(t => t.IsMadeFromSuite) ? SuiteOf(name) : null;
        using var loaded = LanguageModel.Load(
            await ModelOptions.FetchAsync(checkpoint, screen, cancellation).ConfigureAwait(false), options.Device, options.Precision);
        var tokenizer = checkpoint.Tokenizer();
        var scoring = new ScoringOptions(parsed.GetValue(Rows));
        foreach (var entry in entries)
        {
            var json = await screen.WatchAsync(progress => Task.Run(
                () =>
                {
                    using var work = AmbientWork.Begin(progress, cancellation);
                    return EvaluationJson.Run(loaded, tokenizer, entry, settings, suite, scoring, cancellation);
                },
                cancellation)).ConfigureAwait(false);
            foreach (var line in Lines(entry.Name, json["results"]!.AsObject()))
                screen.Result(line);
            if (path is not null)
            {
                AtomicFile.WriteText(path, json.ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.Default }) + "\n");
                screen.Say($"Written: {path}");
            }
        }

        return 0;
    }

    private static Task<int> AlongAsync(string name, GridRunOptions grid, ParseResult parsed, Screen screen, CancellationToken cancellation)
    {
        foreach (var (given, option) in new (bool, string)[] { (parsed.GetValue(Text) is not null, "--text"),
            (parsed.GetValue(Output.Option) is not null, "--out") })
        {
            if (given)
                throw new Llm360Exception($"{option} belongs to one model.", option,
                    "Name a model with --model, or leave it out: results of a suite go to the store.");
        }

        var tasks = TaskNames(parsed);
        var selection = grid.SelectWithoutChunks(parsed, Suites.Open(name));
        var analysis = selection.Suite.Evaluation(tasks, Settings(parsed, selection.Options.Precision));
        var job = new GridJob(
            $"Evaluation of {selection.Suite.Name}",
            $"{string.Join(", ", tasks)}; few-shot examples: "
                + (parsed.GetValue(Fewshot)?.ToString(CultureInfo.InvariantCulture) ?? "each task's own number"),
            analysis.Store.Folder,
            "notebooks/07-evaluation.ipynb: its cells come from the store",
            options => analysis.FillAsync(selection.Checkpoints, options),
            string.Create(CultureInfo.InvariantCulture, $"{analysis.Tasks.Count} tasks"));
        return GridRunOptions.RunAsync(selection, job, screen, cancellation);
    }

    private static string[] TaskNames(ParseResult parsed) =>
        parsed.GetValue(Tasks)?.Split(',',
            StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } names ? names
            : throw new Llm360Exception("There is no task to evaluate.", "--tasks",
                $"Name one: {string.Join(", ", EvaluationTasks.Names)}.");

    private static EvaluationSettings Settings(ParseResult parsed, Precision precision) => new(
        parsed.GetValue(Fewshot),
        parsed.GetValue(Sampler) == Random ? FewshotSampling.Random : FewshotSampling.FirstN,
        Bos: !parsed.GetValue(NoBos),
        Limit: parsed.GetValue(Limit),
        Precision: precision);

    // Null if the checkpoint belongs to no suite.
    private static Suite? SuiteOf(string model)
    {
        if (!Directory.Exists(model))
            return model.Split('/') is [var suite, _] ? Suites.Open(suite) : null;
        var folder = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model)))!;
        return File.Exists(Path.Combine(folder, SuiteLayout.Manifest)) ? Suite.OpenFolder(folder) : null;
    }

    private static EvaluationTask Documents(string path) => (EvaluationTask)TaskReader.Read(
        new ManifestDocument(
            Path.Combine(Path.GetDirectoryName(path)!, "documents"),
            Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new
            {
                name = "documents", type = "rolling", text = new { field = "text" }, metrics = TaskReader.RollingMetrics,
                    file = Path.GetFileName(path),
            }))),
        _ => throw new InvalidOperationException());

    private static IEnumerable<string> Lines(string task, JsonObject results) =>
        from result in results
        let parts = result.Key.Split(',')
        where parts.Length == 2 && !parts[0].EndsWith("_stderr", StringComparison.Ordinal)
        let error = results[$"{parts[0]}_stderr,{parts[1]}"]?.ToString()
        select $"{task} {parts[0]} {result.Value}{(error is null or "N/A" ? "" : $" +- {error}")}";
}
