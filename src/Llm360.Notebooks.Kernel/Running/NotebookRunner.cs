// A headless run: the cells of a notebook in order, in one session, into an always valid file.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Documents;
using Llm360.Notebooks.Kernel.Execution;

namespace Llm360.Notebooks.Kernel.Running;

/// <summary>Runs notebooks without Jupyter.</summary>
/// <remarks>
/// <para>
/// Parameters follow papermill's convention. The first cell tagged <c>parameters</c> declares
/// variables with defaults. The given values are assigned in a cell tagged
/// <c>injected-parameters</c> right after it. Strings are taken as they are, numbers and booleans
/// in invariant notation, and enums by name. Arrays and lists are values separated by commas.
/// Nullable types also take <c>null</c>.
/// </para>
/// <para>A run sets the current directory of the process to the notebook's folder and redirects the
/// console. A process can have one run at a time.</para>
/// </remarks>
public static class NotebookRunner
{
    /// <summary>Runs the notebook and writes the output after every cell.</summary>
    /// <param name="options">What to run, and how.</param>
    /// <param name="cancellation">Stops the run; what ran is in the output.</param>
    /// <returns>How it ended; a cell that fails is a result, not an exception.</returns>
    /// <exception cref="Llm360Exception">The notebook cannot be read, the output cannot be written,
    /// or a parameter is unknown or does not convert.</exception>
    public static async Task<NotebookRunResult> RunAsync(NotebookRunOptions options, CancellationToken cancellation = default)
    {
        options = options with { Input = Path.GetFullPath(options.Input), Output = Path.GetFullPath(options.Output) };
        var notebook = NotebookSource.Read(options.Input);
        NotebookSource.CheckLanguage(notebook, options.Input);
        if (NotebookSource.IsDib(options.Output))
            throw new Llm360Exception("A .dib holds no outputs.", options.Output, "Give the executed notebook the extension .ipynb.");
        var parameters = ParameterCell.Find(notebook, options.Parameters, options.Input);
        Clean(notebook);
        parameters?.Insert(notebook);

        var folder = Path.GetDirectoryName(options.Input)!;
        var former = Environment.CurrentDirectory;
        Environment.CurrentDirectory = folder;
        try
        {
            return await new Run(options, notebook, parameters, folder).RunAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            Environment.CurrentDirectory = former;
        }
    }

    /// <summary>Removes the results of an earlier run, so that the output shows this run
    /// alone.</summary>
    private static void Clean(NotebookFile notebook)
    {
        foreach (var cell in notebook.Cells.Where(cell => cell.Type == CellType.Code))
        {
            cell.Outputs.Clear();
            cell.ExecutionCount = null;
            cell.Metadata.Remove("execution");
        }
    }

    /// <summary>The state of one run.</summary>
    private sealed class Run(NotebookRunOptions options, NotebookFile notebook, ParameterCell? parameters, string folder)
    {
        private readonly NotebookOutputs outputs = new();
        private readonly DateTimeOffset started = DateTimeOffset.UtcNow;
        private readonly Stopwatch watch = Stopwatch.StartNew();

        // Values of parameters are checked once the cell that declares them has run. Until then a
        // former output file is not overwritten.
        private bool saving = parameters is null;

        public async Task<NotebookRunResult> RunAsync(CancellationToken cancellation)
        {
            var cells = notebook.Cells.Index()
                .Where(entry => entry.Item.Type == CellType.Code && !string.IsNullOrWhiteSpace(entry.Item.Source))
                .ToList();
            Save();
            using var session = new CSharpSession(outputs, new SessionOptions
            {
                WorkingDirectory = folder,
                Progress = options.WorkProgress,
                StopPatience = options.StopPatience,
                DotNetInteractive = NotebookSource.IsInteractive(notebook, options.Input),
            });
            try
            {
                for (var i = 0; i < cells.Count; i++)
                {
                    if (cancellation.IsCancellationRequested)
                        return Result(RunStatus.Cancelled, i, cells.Count, null);
                    var (index, cell) = cells[i];
                    if (cell == parameters?.Injected)
                    {
                        cell.Source = parameters.Assignments(session.Variables);
                        saving = true;
                    }

                    var progress = new CellProgress(i + 1, cells.Count, index, Title(cell), null);
                    var (status, error) = await RunCellAsync(session, cell, progress, cancellation).ConfigureAwait(false);
                    if (error is not null)
                        return Result(status, i, cells.Count, new CellFailure(i + 1, index, error));
                }

                return Result(RunStatus.Completed, cells.Count, cells.Count, null);
            }
            finally
            {
                Save();
            }
        }

        private async Task<(RunStatus Status, CellError? Error)> RunCellAsync(
            CSharpSession session, NotebookCell cell, CellProgress progress, CancellationToken cancellation)
        {
            options.CellProgress?.Report(progress);
            outputs.Begin(cell);
            var begun = DateTimeOffset.UtcNow;
            var time = Stopwatch.StartNew();
            var (status, error) = await StoppableCell.RunAsync(session, cell, options.CellTimeout, cancellation).ConfigureAwait(false);
            outputs.End(progress.Number, error);
            saving |= error is not null;
            cell.Metadata.SetInOrder("execution", new JsonObject
            {
                ["iopub.execute_input"] = Iso(begun),
                ["iopub.status.busy"] = Iso(begun),
                ["iopub.status.idle"] = Iso(begun + time.Elapsed),
                ["shell.execute_reply"] = Iso(begun + time.Elapsed),
            });
            Save();
            options.CellProgress?.Report(progress with { Elapsed = time.Elapsed });
            return (status, error);
        }

        private NotebookRunResult Result(RunStatus status, int run, int total, CellFailure? failure) =>
            new(status, notebook, run, total, watch.Elapsed, failure);

        private void Save()
        {
            if (!saving)
                return;
            notebook.Metadata.SetInOrder("llm360", new JsonObject
            {
                ["parameters"] = new JsonObject([.. options.Parameters.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))]),
                ["seconds"] = Math.Round(watch.Elapsed.TotalSeconds, 3),
                ["started"] = Iso(started),
            });
            outputs.Write(notebook, options.Output);
        }

        private static string Title(NotebookCell cell) => cell.Source.Split('\n').First(line => !string.IsNullOrWhiteSpace(line)).Trim();

        private static string Iso(DateTimeOffset time) =>
            time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
    }
}
