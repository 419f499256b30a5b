// llm360 run: executes a notebook without Jupyter.
using System.CommandLine;
using System.Globalization;
using Llm360.Notebooks.Cli.Terminal;
using Llm360.Notebooks.Kernel.Documents;
using Llm360.Notebooks.Kernel.Execution;
using Llm360.Notebooks.Kernel.Running;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>llm360 run notebook.ipynb -p suite=nano</c></summary>
internal static class RunCommand
{
    /// <summary>The default folder of executed notebooks.</summary>
    public static string OutputFolder => Path.Combine(Workspace.Artifacts, "runs");

    public static Command Create()
    {
        var notebook = new Argument<FileInfo>("notebook")
        {
            Description = "A notebook with C# cells: .ipynb, or .dib of .NET Interactive.",
        };
        var output = new Option<FileInfo?>("--out", "-o")
        {
            Description = "Where the executed notebook goes: an .ipynb file, or a folder (default: runs/ of the artifacts, under the "
                + "same name).",
            HelpName = "FILE",
        };
        var parameters = new Option<string[]>("--parameter", "-p")
        {
            Description = "name=value for a variable of the cell tagged \"parameters\"; may be given again.",
            HelpName = "name=value",
        };
        var timeout = new Option<double?>("--cell-timeout") { Description = "Longest time of a cell, in seconds." };
        timeout.Validators.Add(given =>
        {
            if (given.GetValueOrDefault<double?>() is { } seconds && !(seconds is > 0 and <= 1e6))
                given.AddError("--cell-timeout takes seconds above 0.");
        });
        const string description = "Execute a notebook headless and save it with its outputs. "
            + "A failing cell ends the run with its number, line and message, and exit code 1; what ran is saved.";
        const string howToResume = "The cells that ran are saved; expensive results are in the results store, "
            + "so the same command is quicker now.";
        var command = new Command("run", description) { notebook, output, parameters, timeout };
        command.Run(howToResume, async (parsed, screen, cancellation) =>
        {
            if (!WatchedProcess.IsChild)
                return await WatchAsync(parsed.GetValue(notebook)!.FullName, screen, cancellation).ConfigureAwait(false);
            AtomicFile.Sweep(OutputFolder);
            var input = parsed.GetValue(notebook)!.FullName;
            var target = Target(parsed.GetValue(output), NotebookSource.ExecutedName(input));
            var options = new NotebookRunOptions(input, target)
            {
                Parameters = Parse(parsed.GetValue(parameters) ?? []),
                CellTimeout = parsed.GetValue(timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            };
            var result = await RunAsync(options, screen, cancellation).ConfigureAwait(false);
            if (parsed.GetValue(Shared.Quiet))
                screen.Result(target);
            else
                screen.Say(string.Create(CultureInfo.InvariantCulture,
                    $"{result.CellsRun} of {result.CellsTotal} cells in {Screen.Duration(result.Elapsed)}: {target}"));
            return 0;
        });
        return command;
    }

    /// <summary>Runs one notebook and shows its progress.</summary>
    /// <exception cref="Llm360Exception">A cell failed or ran too long.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public static async Task<NotebookRunResult> RunAsync(NotebookRunOptions options, Screen screen, CancellationToken cancellation)
    {
        var name = Path.GetFileNameWithoutExtension(options.Input);
        var result = await screen.WatchAsync(progress => NotebookRunner.RunAsync(
            options with
            {
                CellProgress = new Cells(name, progress),
                WorkProgress = progress,
            },
            cancellation)).ConfigureAwait(false);
        if (result.Status == RunStatus.Cancelled)
            cancellation.ThrowIfCancellationRequested();
        return result.Failure is { } failure ? throw Error(failure, options) : result;
    }

    /// <summary>
    /// Runs the same command in a child process. If a cell ended the child, this process reports
    /// how.
    /// </summary>
    private static async Task<int> WatchAsync(string notebook, Screen screen, CancellationToken cancellation)
    {
        var path = Path.GetTempFileName();
        try
        {
            var arguments = Environment.GetCommandLineArgs().Skip(1);
            var (exit, cause) = await WatchedProcess.RunAsync(arguments, readErrors: false, path, cancellation).ConfigureAwait(false);
            if (cause is null)
                return exit;
            screen.Error(new Llm360Exception(
                $"The process that ran the notebook was ended by {cause}.",
                $"{notebook}, {new CellNote(path).Take()?.Cell ?? "outside of its cells"}",
                "Correct the cell and run again. What ran before it is in the output."));
            return exit;
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static Llm360Exception Error(CellFailure failure, NotebookRunOptions options)
    {
        var inner = failure.Error.Exception as Llm360Exception;
        var line = failure.Error.Line is { } number ? $", line {number}" : "";
        var where = inner is null ? "" : $"; {inner.Where}";
        return new Llm360Exception(
            inner?.What ?? $"{failure.Error.Name}: {failure.Error.Message.ReplaceLineEndings(" ")}",
            $"{options.Input}, code cell {failure.Number} (cell {failure.Index + 1} of the file){line}{where}",
            $"{inner?.Remedy ?? Remedy(failure)} What ran is in {options.Output}.");
    }

    private static string Remedy(CellFailure failure) => failure.Error.Name == nameof(RunStatus.TimedOut)
        ? "Raise --cell-timeout, or make the cell shorter, and run again." : "Correct the cell and run again.";

    // Uses the given path as a folder if it exists as one or ends in a separator.
    private static string Target(FileInfo? given, string notebook) =>
        given is null ? Path.Combine(OutputFolder, notebook)
        : Directory.Exists(given.FullName) || Path.EndsInDirectorySeparator(given.ToString()) ? Path.Combine(given.FullName, notebook)
        : OutputFile.Checked(given, ".ipynb");

    private static Dictionary<string, string> Parse(string[] pairs)
    {
        var values = new Dictionary<string, string>();
        foreach (var pair in pairs)
        {
            var parts = pair.Split('=', 2);
            if (parts.Length != 2 || parts[0].Length == 0)
                throw new Llm360Exception($"\"{pair}\" is not name=value.", "--parameter", "Write for example: -p suite=nano");
            values[parts[0]] = parts[1];
        }

        return values;
    }

    private sealed class Cells(string notebook, IProgress<WorkProgress> progress) : IProgress<CellProgress>
    {
        private readonly CellNote note = new(WatchedProcess.Note);

        public void Report(CellProgress value)
        {
            if (value.Elapsed is null)
                note.Begin(value.Number, value.Title);
            else
                note.End();
            var done = value.Elapsed is null ? value.Number - 1 : value.Number;
            progress.Report(new WorkProgress(notebook, done, value.Total, "cells", value.Title));
        }
    }
}
