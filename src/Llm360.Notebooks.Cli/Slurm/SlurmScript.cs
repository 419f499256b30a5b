// The script for sbatch.
using System.Globalization;

namespace Llm360.Notebooks.Cli.Slurm;

/// <summary>A job array that computes ranges of cells.</summary>
/// <param name="Name">Name of the job.</param>
/// <param name="Title">Description of the computation, for the script's first line.</param>
/// <param name="Tasks">The cells of each task.</param>
/// <param name="Program">Command that starts llm360.</param>
/// <param name="Arguments">Arguments of the command, without the cells.</param>
/// <param name="Logs">Folder of the logs.</param>
/// <param name="Home">Folder of everything the kit writes.</param>
/// <param name="WorkingFolder">The folder in which the command runs.</param>
/// <param name="Request">The request from the command line.</param>
internal sealed record SlurmScript(
    string Name,
    string Title,
    IReadOnlyList<CellRange> Tasks,
    IReadOnlyList<string> Program,
    IReadOnlyList<string> Arguments,
    string Logs,
    string Home,
    string WorkingFolder,
    SlurmRequest Request)
{
    /// <summary>Seconds before the time limit at which Slurm signals a task to stop.</summary>
    private const int Warning = 60;

    /// <summary>The script.</summary>
    public string Text() => string.Join('\n', [Invariant($"#!/usr/bin/env bash"), $"# {Printable.Of(Title)}", .. Header(), Body()]) + "\n";

    /// <summary>A word of a shell command, quoted if necessary.</summary>
    public static string Quoted(string word) => word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./=:,+@".Contains(c))
        ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private IEnumerable<string> Header()
    {
        var most = Request.Parallel is { } parallel ? Invariant($"%{parallel}") : "";
        var own = new List<string>
        {
            $"--job-name={Name}",
            Invariant($"--array=0-{Tasks.Count - 1}{most}"),
            $"--output={Logs.Replace("%", "%%", StringComparison.Ordinal)}/%A_%a.log",
            "--open-mode=append",
            "--requeue",
            Invariant($"--signal=B:USR1@{Warning}"),
            Invariant($"--time={Request.Minutes}"),
            $"--chdir={WorkingFolder}",
        };
        if (Request.Cpus is { } cpus)
            own.Add(Invariant($"--cpus-per-task={cpus}"));
        if (Request.Gpus is { } gpus)
            own.Add(Invariant($"--gres=gpu:{gpus}"));
        return own.Concat(Request.Lines).Select(line => $"#SBATCH {OfSbatch(line)}");
    }

    private string Body() => $$"""

        # Cells of each task, counted checkpoint by checkpoint.
        cells=(
        {{string.Join('\n', Tasks)}}
        )
        # A task that is queued again keeps these two numbers.
        task="${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
        range="${cells[$SLURM_ARRAY_TASK_ID]}"
        export LLM360_HOME={{Quoted(Home)}}
        echo "llm360: task $task, cells $range, start $((${SLURM_RESTART_COUNT:-0} + 1)), $(hostname), $(date -u +%FT%TZ)"

        # Slurm sends USR1 before the time limit.
        queue_again() {
            trap '' USR1
            echo "llm360: the time limit of task $task is near. The worker stops."
            kill -TERM "$worker" 2> /dev/null
            wait "$worker"
            if command -v scontrol > /dev/null; then
                echo "llm360: task $task is queued again."
                scontrol requeue "$task" && exit 0
            else
                echo "llm360: this machine has no scontrol."
            fi
            echo "llm360: task $task is not queued again. Submit the grid once more: its other cells are kept."
            exit 1
        }
        trap queue_again USR1

        {{string.Join(' ', Program.Concat(Arguments).Select(Quoted))}} \
            {{WorkerOptions.CellsName}} "$range" {{WorkerOptions.NoWaitName}} {{WorkerOptions.KeepGoingName}} &
        worker=$!
        wait "$worker"
        """;

    private static string OfSbatch(string line) => line.All(c => c is not (' ' or '\t' or '#' or '"' or '\\')) ? line
        : line.Split('=', 2) is [var name, var value]
            ? $"{name}=\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"" : line;

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
