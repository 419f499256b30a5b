// The options of a grid's worker.
using System.CommandLine;

namespace Llm360.Notebooks.Cli.Slurm;

/// <summary><c>--cells 0-119 --no-wait --keep-going --retry failed</c></summary>
internal sealed class WorkerOptions
{
    /// <summary>The only value of <c>--retry</c>.</summary>
    public const string Failed = "failed";

    /// <summary>Names of options that are written to scripts and commands.</summary>
    public const string CellsName = "--cells", NoWaitName = "--no-wait", KeepGoingName = "--keep-going", RetryName = "--retry";

    private readonly Option<string?> cells = new(CellsName)
    {
        Description = "Compute the cells with these numbers, counted checkpoint by checkpoint.",
        HelpName = "FIRST-LAST",
    };

    private readonly Option<bool> noWait = new(NoWaitName)
    {
        Description = "Do not wait for cells that other workers compute.",
    };

    private readonly Option<bool> keepGoing = new(KeepGoingName)
    {
        Description = "Compute the other cells after one has failed. The exit code is 1 then.",
    };

    private readonly Option<string?> retry = new(RetryName) { Description = "failed: compute only the cells that failed." };

    public WorkerOptions() => retry.AcceptOnlyFromAmong(Failed);

    /// <summary>All options.</summary>
    public IReadOnlyList<Option> All => [cells, noWait, keepGoing, retry];

    /// <summary>The options of a grid with the worker's options.</summary>
    /// <exception cref="Llm360Exception">The cells are not a range.</exception>
    public GridOptions Complete(GridOptions options, ParseResult parsed, IReadOnlyList<string> command) => options with
    {
        Cells = parsed.GetValue(cells) is { } text ? CellRange.Parse(text) : null,
        WaitForOthers = !parsed.GetValue(noWait),
        KeepGoing = parsed.GetValue(keepGoing),
        OnlyFailed = parsed.GetValue(retry) is not null,
        Command = command,
    };
}
