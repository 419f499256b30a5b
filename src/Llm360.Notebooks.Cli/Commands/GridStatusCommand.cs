// llm360 grid status: shows the progress of a suite's grids, and recomputes failed cells.
using System.CommandLine;
using System.Globalization;
using Llm360.Notebooks.Cli.Slurm;
using Llm360.Notebooks.Cli.Terminal;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>
/// <c>llm360 grid status -s nano</c>, <c>llm360 grid status -s nano --retry failed</c>
/// </summary>
internal static class GridStatusCommand
{
    private const int ShownFailures = 20;

    public static Command Create()
    {
        var suite = new Option<string>("--suite", "-s") { Description = "The name of a suite.", Required = true };
        var retry = new Option<string?>(WorkerOptions.RetryName)
        {
            Description = "failed: compute the failed cells again, with Slurm if an array had them, else here.",
        };
        retry.AcceptOnlyFromAmong(WorkerOptions.Failed);
        var command = new Command(
            "status", "Show how far the grids of a suite are: cells done, running and failed, and each task of Slurm.")
        {
            suite, retry,
        };
        command.Run("Nothing was changed; run it again.", async (parsed, screen, cancellation) =>
        {
            var name = parsed.GetValue(suite)!;
            var states = (from analysis in StoreCatalog.Read(Workspace.ResultsFolder, name)
                          let progress = StoreProgress.Read(analysis.Folder)
                          where progress.Count > 0 || SubmittedArray.In(analysis.Folder).Count > 0
                          select (Analysis: analysis, Progress: progress)).ToList();
            if (states.Count == 0)
            {
                throw new Llm360Exception($"The store holds no grid of a suite \"{name}\".", Workspace.ResultsFolder,
                    "llm360 results list names the suites; llm360 grid memorization -s SUITE computes a grid.");
            }

            if (parsed.GetValue(retry) is not null)
            {
                return await RetryAsync(parsed, states.Select(s => (s.Analysis, Failed(s.Progress))), screen, cancellation)
                    .ConfigureAwait(false);
            }

            var queue = await SlurmQueue.ReadAsync(cancellation).ConfigureAwait(false);
            foreach (var (analysis, progress) in states)
                Show(screen, analysis, progress, queue);
            return 0;
        });
        return command;
    }

    private static void Show(
        Screen screen, StoredAnalysis analysis, IReadOnlyList<CheckpointProgress> progress, IReadOnlyDictionary<string, string>? queue)
    {
        var (done, running, failed) = (progress.Sum(p => p.Done.Count), progress.Sum(p => p.Running.Count()), Failed(progress));
        screen.Result($"{analysis.Name} ({analysis.SettingsText})");
        screen.Result(Invariant($"cells: {done:N0} done, {running:N0} running, {failed.Count:N0} failed"));
        var workers = progress.SelectMany(p => p.Held.Where(h => !h.HasExpired).Select(h => (p.Checkpoint, Held: h))).ToList();
        if (workers.Count > 0)
        {
            screen.Result("Workers", ["machine", "process", "task", "checkpoint", "cells"], workers.Select(w => new[]
            {
                w.Held.Owner.Host, Invariant($"{w.Held.Owner.Process}"), w.Held.Owner.Task ?? "", w.Checkpoint,
                Invariant($"{w.Held.Cells.Count:N0}"),
            }));
        }

        if (failed.Count > 0)
        {
            screen.Result("Failed", ["checkpoint", "cell", "task", "error", "where"], failed.Take(ShownFailures)
                .Select(f => new[] { f.Checkpoint, f.Cell, f.Task ?? "", f.What, f.Where }));
            if (failed.Count > ShownFailures)
                screen.Result(Invariant($"and {failed.Count - ShownFailures:N0} more"));
        }

        var tasks = SubmittedArray.In(analysis.Folder).SelectMany(a => SlurmTaskStatus.Of(a, progress, queue)).ToList();
        if (tasks.Count == 0)
            return;
        var open = tasks.Where(t => !t.IsFinished).ToList();
        screen.Result(Invariant($"tasks: {tasks.Count - open.Count:N0} of {tasks.Count:N0} have all their cells"));
        if (open.Count > 0)
        {
            screen.Result("Tasks", ["task", "state", "cells", "done", "running", "failed", "last line of the log"], open.Select(t => new[]
            {
                t.Name, t.State, Invariant($"{t.Cells:N0}"), Invariant($"{t.Done:N0}"), Invariant($"{t.Running:N0}"),
                Invariant($"{t.Failed:N0}"), t.LastLine ?? "",
            }));
        }
    }

    private static async Task<int> RetryAsync(
        ParseResult parsed, IEnumerable<(StoredAnalysis Analysis, IReadOnlyList<FailedCell> Failed)> states, Screen screen,
        CancellationToken cancellation)
    {
        var (exit, count) = (0, 0);
        foreach (var (analysis, failed) in states)
        {
            // Failures of the same command are recomputed together.
            foreach (var group in failed.Where(f => f.Command.Count > 0).GroupBy(f => string.Join('\0', f.Command)))
            {
                cancellation.ThrowIfCancellationRequested();
                count++;
                List<string> command = [.. group.First().Command, $"{WorkerOptions.RetryName}={WorkerOptions.Failed}"];
                if (group.Any(f => f.Task is not null) && SubmittedArray.In(analysis.Folder) is [.., var array])
                    command.AddRange(["--slurm", .. array.SlurmOptions]);
                screen.Say($"Again: llm360 {string.Join(' ', command.Select(SlurmScript.Quoted))}");
                var result = await parsed.RootCommandResult.Command.Parse(command).InvokeAsync(cancellationToken: cancellation)
                    .ConfigureAwait(false);
                exit = Math.Max(exit, result);
            }
        }

        if (count == 0)
            screen.Say("No cell has failed.");
        return exit;
    }

    private static IReadOnlyList<FailedCell> Failed(IEnumerable<CheckpointProgress> progress) => [.. progress.SelectMany(p => p.Failed)];

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
