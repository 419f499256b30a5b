// llm360 attribute: which training rows lowered the loss of a text.
using System.CommandLine;
using Llm360.Notebooks.Cli.Terminal;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>
/// <c>llm360 attribute -s nano --query "Gets or sets the" --method logra</c>, or for a folder
/// <c>llm360 attribute --suite FOLDER --queries queries.jsonl --method M --out
/// scores.safetensors</c>
/// </summary>
internal static class AttributeCommand
{
    private const string Npy = ".npy";

    private static readonly Option<string> Suite = new("--suite", "-s")
    {
        Description = "A suite's name or folder; with --out, a folder with suite.json, checkpoints and train/*.jsonl.",
        Required = true,
    };

    private static readonly Option<string> Method = new("--method")
    {
        Description = $"{string.Join(", ", AttributionMethods.Names)}; with --out also {AttributionMethods.SelfInfluence} and "
            + $"tracin.per_checkpoint.N.",
        DefaultValueFactory = _ => "logra",
    };

    private static readonly Option<string?> Query = new("--query") { Description = "The text that is asked about." };
    private static readonly Option<FileInfo?> Queries = new("--queries")
    {
        Description = "Token sequences that are asked about, one a line: [ids] or {\"token_ids\": [ids]}.",
        HelpName = "rows.jsonl",
    };

    private static readonly Option<string[]> Set = new("--set")
    {
        Description = "A setting: damping, ridge (of TRAK; several separated by commas for several checkpoints), k1, b, n (of "
            + "n-grams), size (of a "
            + "projected side), seed, factor-rows, memory (bytes).",
        HelpName = "name=value",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<FileInfo?> Projections = new("--projections")
    {
        Description = "With --out: LAYER.P_i and LAYER.P_o of LoGra, or trak.signs; without it, projections come from the seed.",
        HelpName = "projections.safetensors",
    };

    private static readonly OutputFile Out = new(
        required: false, "Write the tensor scores, F64 [queries, rows], and show nothing.", ".safetensors", Npy);

    private static readonly Option<int> Top = new("--top") { Description = "Rows to show.", DefaultValueFactory = _ => 20 };
    private static readonly Option<string> Checkpoints = new("--checkpoints")
    {
        Description = Selection.Forms,
        DefaultValueFactory = _ => "last",
    };

    private static readonly Option<string> Chunks = new("--chunks")
    {
        Description = Selection.Forms,
        DefaultValueFactory = _ => "all",
    };

    private static readonly Option<int?> Count = new("-n", "--sequences")
    {
        Description = "Rows taken from each chunk beside its canaries (default: all).",
    };

    private static readonly Option<string> On = ModelOptions.DeviceOption();

    private static readonly Option<bool> AsJson = new("--json") { Description = "Print the rows as JSON." };
    private static readonly Option<bool> AsCsv = new("--csv") { Description = "Print the rows as CSV." };

    public static Command Create()
    {
        var command = new Command("attribute", "Show which training rows lowered the loss of a text.")
        {
            Suite, Method, Query, Queries, Set, Projections, Out.Option, Top, Checkpoints, Chunks, Count, On, AsJson, AsCsv,
        };
        Top.Validators.Add(ModelOptions.AtLeastOne(Top));
        Count.Validators.Add(ModelOptions.AtLeastOne(Count));
        command.Run("The same command resumes with the remaining cells.", (parsed, screen, cancellation) =>
            Out.Path(parsed) is { } output ? ScoreFolderAsync(parsed, output, screen, cancellation)
                : AskAsync(parsed, screen, cancellation));
        return command;
    }

    private static async Task<int> ScoreFolderAsync(ParseResult parsed, string output, Screen screen, CancellationToken cancellation)
    {
        var file = parsed.GetValue(Queries)
            ?? throw new Llm360Exception("There are no queries.", "--queries", "Name a file of token sequences, one a line.");
        var name = parsed.GetValue(Method)!;
        var suite = FolderSuite.Open(parsed.GetValue(Suite)!);
        var settings = AttributionOptions.Apply(suite.Settings(name), parsed.GetValue(Set) ?? []);
        var queries = FolderSuite.ReadRows([file.FullName]);
        if (queries.Count == 0)
            throw new Llm360Exception("There are no queries.", file.FullName, "A query is [ids] or {\"token_ids\": [ids]}, one a line.");
        using var projections = parsed.GetValue(Projections) is { } of ? StateDict.Open(of.FullName) : null;
        var shape = await screen.WatchAsync(progress => Task.Run(
            () =>
            {
                using var work = AmbientWork.Begin(progress, cancellation);
                var scores = FolderScores.Of(name, settings, projections, suite.Problem(queries));
                using var tensor = scores;
                if (OutputFile.Is(output, Npy))
                    NpyWriter.Write(output, scores.dtype, scores.shape, i => scores[i].alias());
                else
                    SafetensorsWriter.Write(output, [("scores", scores)], new Dictionary<string, string> { ["method"] = name });
                return string.Join(" x ", scores.shape);
            },
            cancellation)).ConfigureAwait(false);
        screen.Say($"{name}, {shape}: {output}");
        return 0;
    }

    private static async Task<int> AskAsync(ParseResult parsed, Screen screen, CancellationToken cancellation)
    {
        var method = AttributionMethods.Parse(parsed.GetValue(Method)!);
        if (parsed.GetValue(Query) is null == parsed.GetValue(Queries) is null)
            throw new Llm360Exception("One of --query and --queries is needed.", "--query", "Give a text, or a file of token sequences.");
        if (parsed.GetValue(Projections) is not null)
            throw new Llm360Exception("Given projections are used with --out only.", "--projections",
                "Leave it out: --set size=N and seed=N choose a projection.");
        var suite = Suites.Open(parsed.GetValue(Suite)!);
        var settings = AttributionOptions.Apply(
            new AttributionSettings { SequencesPerChunk = parsed.GetValue(Count) }, parsed.GetValue(Set) ?? []);
        var analysis = suite.Attribution(method, settings);
        var checkpoints = parsed.GetValue(Checkpoints) == ItemName.Last ? null
            : Selection.Of(parsed.GetValue(Checkpoints)!, suite.Checkpoints, c => c.RequireIndex(), "checkpoint");
        var chunks = Selection.Of(parsed.GetValue(Chunks)!, suite.Chunks, c => c.Index, "chunk");
        var results = await screen.WatchAsync(progress => Task.Run(
            async () =>
            {
                var run = new GridOptions { Device = Device.Parse(parsed.GetValue(On)!), Progress = progress, Cancellation = cancellation };
                var index = await analysis.IndexAsync(checkpoints, chunks, run).ConfigureAwait(false);
                return parsed.GetValue(Query) is { } text ? [await index.QueryAsync(text, run).ConfigureAwait(false)]
                    : await index.QueryAsync([.. RowsOptions.Read(parsed.GetValue(Queries)!, limit: null, cancellation)
                        .Select(r => r.TokenIds)],
                        run).ConfigureAwait(false);
            },
            cancellation)).ConfigureAwait(false);
        foreach (var result in results)
            Show(parsed, screen, result);
        return 0;
    }

    private static void Show(ParseResult parsed, Screen screen, AttributionResult result)
    {
        var top = result.Top(parsed.GetValue(Top));
        if (parsed.GetValue(AsJson))
        {
            screen.Out.WriteLine(AttributionOptions.Json(result, top));
        }
        else if (parsed.GetValue(AsCsv))
        {
            foreach (var line in AttributionOptions.Csv(result, top))
                screen.Out.WriteLine(line);
        }
        else
        {
            var table = top.ToTable();
            screen.Result(table.Caption, [.. table.Columns.Select(c => c.Header)], table.Rows);
            screen.Result(top.Note);
        }
    }
}
