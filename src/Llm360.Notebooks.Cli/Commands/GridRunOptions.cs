// The options that all analyses over a grid share, and the output before and after a run.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Llm360.Notebooks.Cli.Slurm;
using Llm360.Notebooks.Cli.Terminal;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>A selection on the command line from a suite.</summary>
/// <param name="Suite">The suite.</param>
/// <param name="Checkpoints">The chosen checkpoints.</param>
/// <param name="Chunks">The chosen chunks.</param>
/// <param name="Options">Device, precision, shard and other options.</param>
/// <param name="Slurm">The request to Slurm; null for a grid that runs here.</param>
internal sealed record GridSelection(
    Suite Suite, IReadOnlyList<Checkpoint> Checkpoints, IReadOnlyList<Chunk> Chunks, GridOptions Options, SlurmRequest? Slurm = null);

/// <summary>The description of an analysis.</summary>
/// <param name="Title">For example <c>Memorization of nano</c>.</param>
/// <param name="Setting">The settings in words.</param>
/// <param name="Folder">The folder of the cells.</param>
/// <param name="LookNext">Where the results are shown.</param>
/// <param name="FillAsync">Computes the cells that are not in the store.</param>
/// <param name="Items">The items in words; null for the chosen chunks.</param>
/// <param name="TokensPerCell">Approximate number of tokens that a cell reads; null if
/// unknown.</param>
internal sealed record GridJob(
    string Title,
    string Setting,
    string Folder,
    string LookNext,
    Func<GridOptions, Task<GridFill>> FillAsync,
    string? Items = null,
    long? TokensPerCell = null);

/// <summary>Suite, checkpoints, chunks, shard, device and precision of a grid.</summary>
internal sealed class GridRunOptions
{
    private const string List = "LIST|every:N|all";

    private readonly Option<string> suite = new("--suite", "-s")
    {
        Description = "A suite's name or folder, or the manifest file of one on the Hub.",
        Required = true,
    };

    private readonly Option<string> checkpoints = new("--checkpoints")
    {
        Description = Selection.Forms,
        DefaultValueFactory = _ => "all",
        HelpName = List,
    };

    private readonly Option<string> chunks = new("--chunks")
    {
        Description = Selection.Forms,
        DefaultValueFactory = _ => "all",
        HelpName = List,
    };

    private readonly Option<string> shard = new("--shard")
    {
        Description = "i/n, 0 <= i < n: compute the i-th of n shares of the cells.",
        DefaultValueFactory = _ => "0/1",
        HelpName = "i/n",
    };

    private readonly Option<bool> skip = new("--skip-missing")
    {
        Description = "Go on without checkpoints and chunks that are missing. They are named, and the exit code is 1.",
    };

    private readonly Option<bool> anyDevice = new("--any-device")
    {
        Description = "Also keep cells that another kind of device (CPU or CUDA) computed. Otherwise they are computed again.",
    };

    private readonly Option<string> device = new("--device")
    {
        Description = "best, cpu, cuda or cuda:N.",
        DefaultValueFactory = _ => "best",
    };

    private readonly Option<string> type = ModelOptions.TypeOption();
    private readonly WorkerOptions worker = new();
    private readonly SlurmOptions slurm = new();

    /// <summary>The options that do not depend on the kind of the grid's items.</summary>
    public IReadOnlyList<Option> Common => [shard, skip, anyDevice, device, type, .. worker.All, .. slurm.All];

    /// <summary>The option of the checkpoints.</summary>
    public Option<string> Checkpoints => checkpoints;

    /// <summary>Checkpoints and options of a grid whose items are not chunks.</summary>
    public GridSelection SelectWithoutChunks(ParseResult parsed, Suite opened) => Completed(parsed, new(
        opened,
        Selection.Of(parsed.GetValue(checkpoints)!, opened.Checkpoints, c => c.RequireIndex(), "checkpoint"),
        [],
        Options(parsed)));

    /// <summary>The options for work on one model, which is not a grid.</summary>
    /// <exception cref="Llm360Exception">An option of Slurm is given.</exception>
    public GridOptions OptionsOfOneModel(ParseResult parsed) => slurm.Of(parsed) is null
        ? Options(parsed)
        : throw new Llm360Exception(
            "Only a grid over checkpoints goes to Slurm.",
            "--slurm",
            "Name a suite with --suite instead of a model, or leave out --slurm.");

    /// <summary>A command with these options before and after its own.</summary>
    /// <param name="name">The analysis.</param>
    /// <param name="description">What it does.</param>
    /// <param name="own">The options of this analysis.</param>
    /// <param name="job">Makes the analysis of a selection.</param>
    public Command Command(string name, string description, IEnumerable<Option> own, Func<ParseResult, GridSelection, GridJob> job)
    {
        var command = new Command(name, description) { suite, checkpoints, chunks };
        foreach (var option in (Option[])[.. own, .. Common])
            command.Options.Add(option);
        command.Run("The same command resumes with the remaining cells.", (parsed, screen, cancellation) =>
        {
            var selection = Select(parsed);
            return RunAsync(selection, job(parsed, selection), screen, cancellation);
        });
        return command;
    }

    private GridSelection Select(ParseResult parsed)
    {
        var opened = Suites.Open(parsed.GetValue(suite)!);
        return Completed(parsed, new(
            opened,
            Selection.Of(parsed.GetValue(checkpoints)!, opened.Checkpoints, c => c.RequireIndex(), "checkpoint"),
            Selection.Of(parsed.GetValue(chunks)!, opened.Chunks, c => c.Index, "chunk"),
            Options(parsed)));
    }

    // The command names its checkpoints and chunks by numbers, because "all" and "every:N" select
    // others later while a suite is trained.
    private GridSelection Completed(ParseResult parsed, GridSelection of)
    {
        List<string> command =
        [
            .. CommandArguments.Of(parsed, [checkpoints, chunks, .. worker.All, .. slurm.All]),
            $"{checkpoints.Name}={NumberRanges.Of(of.Checkpoints.Select(c => c.RequireIndex()))}",
        ];
        if (of.Chunks.Count > 0)
            command.Add($"{chunks.Name}={NumberRanges.Of(of.Chunks.Select(c => c.Index))}");
        return of with { Options = worker.Complete(of.Options, parsed, command), Slurm = slurm.Of(parsed) };
    }

    /// <summary>Device, precision, shard and other options.</summary>
    public GridOptions Options(ParseResult parsed) => new()
    {
        Shard = GridShard.Parse(parsed.GetValue(shard)!),
        Device = Device.Parse(parsed.GetValue(device)!),
        Precision = Precision.Parse(parsed.GetValue(type)!),
        SkipMissing = parsed.GetValue(skip),
        AnyDevice = parsed.GetValue(anyDevice),
    };

    /// <summary>Runs an analysis and prints a summary.</summary>
    public static async Task<int> RunAsync(GridSelection of, GridJob job, Screen screen, CancellationToken cancellation)
    {
        if (of.Slurm is { } request)
            return await SlurmGrid.RunAsync(of, job, request, screen, cancellation).ConfigureAwait(false);
        var share = of.Options.Shard.Count > 1 ? $", shard {of.Options.Shard}" : "";
        screen.Facts(job.Title,
        [
            ("grid", string.Create(
                CultureInfo.InvariantCulture, $"{of.Checkpoints.Count} checkpoints x {job.Items ?? $"{of.Chunks.Count} chunks"}{share}")),
            .. InTraining(of.Suite),
            ("setting", job.Setting),
            ("goes to", job.Folder),
        ]);
        var start = Stopwatch.GetTimestamp();
        var fill = await screen.WatchAsync(progress => Task.Run(
            () => job.FillAsync(of.Options with { Progress = progress, Cancellation = cancellation }), cancellation)).ConfigureAwait(false);
        screen.Facts("Done",
        [
            ("cells", string.Create(CultureInfo.InvariantCulture, $"{fill.Computed} computed, {fill.FromStore} from the store")),
            .. Stale(fill),
            .. Elsewhere(fill),
            ("time", Screen.Duration(Stopwatch.GetElapsedTime(start))),
            ("look next at", job.LookNext),
        ]);
        foreach (var failure in fill.Failed)
            screen.Warn($"Failed: {failure.Checkpoint} on {failure.Cell}: {failure.What} ({failure.Where})");
        if (fill.Skipped.Count == 0)
            return fill.Failed.Count == 0 ? 0 : Shared.Failed;
        screen.Warn($"Skipped because missing: {string.Join(", ", fill.Skipped.Select(m => $"{m}, {m.Place}"))}");
        return Shared.Failed;
    }

    private static IEnumerable<(string Name, string Value)> InTraining(Suite suite)
    {
        if (suite.Checkpoints.Count < suite.PromisedCheckpoints)
        {
            var exist = FormattableString.Invariant($"{suite.Checkpoints.Count} of {suite.PromisedCheckpoints} checkpoints exist");
            yield return ("in training", $"{exist}; llm360 train {suite.Name} makes the others");
        }
    }

    private static IEnumerable<(string Name, string Value)> Elsewhere(GridFill fill)
    {
        if (fill.Elsewhere > 0)
            yield return ("left", FormattableString.Invariant($"{fill.Elsewhere} cells that other workers compute"));
        if (fill.Failed.Count > 0)
            yield return ("failed", FormattableString.Invariant($"{fill.Failed.Count} cells; --retry failed computes them again"));
    }

    private static IEnumerable<(string Name, string Value)> Stale(GridFill fill)
    {
        if (fill.Stale > 0)
        {
            yield return ("stale", FormattableString.Invariant($"{fill.Stale} cells had another model, other rows, another version or ")
                + "another kind of device, or did not record it; they are kept beside the new ones as *.stale");
        }
    }
}
