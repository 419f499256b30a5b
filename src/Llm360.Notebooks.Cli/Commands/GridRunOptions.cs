// The options that every analysis over a grid has, and what is shown before and after it runs.
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Llm360.Notebooks.Cli.Terminal;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>What the command line chooses of a suite.</summary>
/// <param name="Suite">The suite.</param>
/// <param name="Checkpoints">The chosen checkpoints.</param>
/// <param name="Chunks">The chosen chunks.</param>
/// <param name="Options">Device, precision, shard and the like.</param>
internal sealed record GridSelection(Suite Suite, IReadOnlyList<Checkpoint> Checkpoints, IReadOnlyList<Chunk> Chunks, GridOptions Options);

/// <summary>What a command tells of its analysis.</summary>
/// <param name="Title">For example <c>Memorization of nano</c>.</param>
/// <param name="Setting">The settings in words.</param>
/// <param name="Folder">Where the cells are kept.</param>
/// <param name="LookNext">Where the results are shown.</param>
/// <param name="FillAsync">Computes what is not in the store.</param>
/// <param name="Items">The items in words; null for the chosen chunks.</param>
internal sealed record GridJob(
    string Title, string Setting, string Folder, string LookNext, Func<GridOptions, Task<GridFill>> FillAsync, string? Items = null);

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

    /// <summary>The options that do not depend on the kind of the grid's items.</summary>
    public IReadOnlyList<Option> Common => [shard, skip, anyDevice, device, type];

    /// <summary>The option of the checkpoints.</summary>
    public Option<string> Checkpoints => checkpoints;

    /// <summary>Checkpoints and options of a grid whose items are not chunks.</summary>
    public GridSelection SelectWithoutChunks(ParseResult parsed, Suite opened) => new(
        opened, Selection.Of(parsed.GetValue(checkpoints)!, opened.Checkpoints, c => c.RequireIndex(), "checkpoint"), [], Options(parsed));

    /// <summary>A command with these options before and after its own.</summary>
    /// <param name="name">The analysis.</param>
    /// <param name="description">What it does.</param>
    /// <param name="own">The options of this analysis.</param>
    /// <param name="job">The analysis on what was chosen.</param>
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
        return new GridSelection(
            opened,
            Selection.Of(parsed.GetValue(checkpoints)!, opened.Checkpoints, c => c.RequireIndex(), "checkpoint"),
            Selection.Of(parsed.GetValue(chunks)!, opened.Chunks, c => c.Index, "chunk"),
            Options(parsed));
    }

    /// <summary>Device, precision, shard and the like.</summary>
    public GridOptions Options(ParseResult parsed) => new()
    {
        Shard = GridShard.Parse(parsed.GetValue(shard)!),
        Device = Device.Parse(parsed.GetValue(device)!),
        Precision = Precision.Parse(parsed.GetValue(type)!),
        SkipMissing = parsed.GetValue(skip),
        AnyDevice = parsed.GetValue(anyDevice),
    };

    /// <summary>Runs an analysis and says what came of it.</summary>
    public static async Task<int> RunAsync(GridSelection of, GridJob job, Screen screen, CancellationToken cancellation)
    {
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
            ("time", Screen.Duration(Stopwatch.GetElapsedTime(start))),
            ("look next at", job.LookNext),
        ]);
        if (fill.Skipped.Count == 0)
            return 0;
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

    private static IEnumerable<(string Name, string Value)> Stale(GridFill fill)
    {
        if (fill.Stale > 0)
        {
            yield return ("stale", FormattableString.Invariant($"{fill.Stale} cells had another model, other rows, another version or ")
                + "another kind of device, or did not record it; they are kept beside the new ones as *.stale");
        }
    }
}
