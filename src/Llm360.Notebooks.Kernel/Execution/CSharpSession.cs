// The engine: one C# session whose state is carried from cell to cell.
using System.Diagnostics;
using System.Globalization;
using Llm360.Notebooks.Kernel.Display;
using Llm360.Notebooks.Kernel.Packages;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Scripting;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>One C# session of a notebook, driven by a front end: the headless runner or a Jupyter
/// kernel.</summary>
/// <remarks>
/// Cells run one at a time, each on a thread with a large stack. While a session is open, it
/// redirects the console of its cells. Disposing it releases everything its cells held. The small
/// assemblies compiled for the cells stay until the process ends, because they are loaded into the
/// default context.
/// </remarks>
public sealed class CSharpSession : IDisposable
{
    /// <summary>Namespaces that every cell uses.</summary>
    internal static readonly IReadOnlyList<string> Imports =
    [
        "System", "System.IO", "System.Linq", "System.Collections.Generic", "System.Threading", "System.Threading.Tasks",
        "Llm360.Notebooks", "Llm360.Notebooks.Kernel.Display",
    ];

    // Namespaces that .NET Interactive gives its cells in addition.
    private static readonly IReadOnlyList<string> InteractiveImports =
    [
        "System.Text", "System.Collections", "Microsoft.DotNet.Interactive.Formatting",
        "Microsoft.DotNet.Interactive.Formatting.PocketViewTags",
    ];

    private readonly SessionOptions options;
    private readonly CellGlobals globals;
    private readonly SessionPackages packages;
    private readonly PreloadingResolver resolver;
    private readonly Submissions submissions;
    private readonly SessionOutputs outputs;
    private readonly SemaphoreSlim oneCell = new(1);
    private readonly CellParts parts;
    private volatile RunningCell? running;

    /// <summary>Opens a session.</summary>
    /// <param name="sink">Gets the outputs of its cells.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    public CSharpSession(IOutputSink sink, SessionOptions? options = null)
    {
        this.options = options ?? new SessionOptions();
        Folder = Path.GetFullPath(this.options.WorkingDirectory ?? Environment.CurrentDirectory);
        StrayExceptions.Catch();
        outputs = new SessionOutputs(sink, this.options.WaitForRoom);
        packages = new SessionPackages(Folder);
        resolver = new PreloadingResolver(Folder, packages);
        globals = new CellGlobals(outputs, this.options.Input ?? NoInput);
        submissions = new Submissions(globals, AllImports, resolver, ScriptSourceResolver.Default.WithBaseDirectory(Folder));
        parts = new CellParts(submissions, outputs, new SectionCompiler(submissions, packages, outputs), new UsingVariables());
        ConsoleRoute.Enter(this);
    }

    /// <summary>The number of cells started so far, without those that do not count.</summary>
    public int ExecutionCount { get; private set; }

    /// <summary>The variables that the cells have declared, the latest of every name.</summary>
    public IReadOnlyList<CellVariable> Variables => [.. submissions.Variables.GroupBy(v => v.Name, (_, same) => same.Last())];

    /// <summary>The session whose cell this code runs in; null outside of cells.</summary>
    internal static CSharpSession? Current => RunningCell.Current?.Session;

    /// <summary>The sources of the cells that ran, in order.</summary>
    internal IReadOnlyList<SubmissionSource> Sources => submissions.Sources;

    /// <summary>Namespaces and static classes that every cell of this session uses.</summary>
    internal IReadOnlyList<string> AllImports => options.DotNetInteractive ? [.. Imports, .. InteractiveImports] : Imports;

    /// <summary>The assemblies that cells have referenced with <c>#r</c>.</summary>
    internal IReadOnlyList<string> ReferencedFiles => resolver.Files;

    /// <summary>The folder against which paths of cells resolve.</summary>
    internal string Folder { get; }

    internal bool IsRunning => running is not null;

    /// <summary>Runs one cell. Errors of the cell are returned and not thrown.</summary>
    /// <param name="code">The source.</param>
    /// <param name="cancellation">
    /// Stops the cell: signalled as <see cref="AmbientWork.Cancellation"/>, and checked in every
    /// loop and lambda of the cell. A cell that has not ended after
    /// <see cref="SessionOptions.StopPatience"/> is left behind: its declarations stay, its later
    /// output is dropped, and the next cell may run.
    /// </param>
    public Task<CellResult> ExecuteAsync(string code, CancellationToken cancellation = default) =>
        ExecuteAsync(code, new CellOptions(), cancellation);

    /// <summary>Runs one cell. Errors of the cell are returned and not thrown.</summary>
    /// <param name="code">The source.</param>
    /// <param name="how">Whether it counts and shows its result.</param>
    /// <param name="cancellation">Stops the cell.</param>
    public async Task<CellResult> ExecuteAsync(string code, CellOptions how, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(how);
        if (!await MayRunAsync(cancellation).ConfigureAwait(false))
            return CellRun.NotBegun(ExecutionCount + (how.Counts ? 1 : 0));
        try
        {
            var count = how.Counts ? ++ExecutionCount : ExecutionCount;
            var run = new CellRun(this, parts, string.Create(CultureInfo.InvariantCulture, $"cell {count}"), Folder, cancellation);
            running = run.Cell;
            var progress = new ProgressDisplays(outputs, options.Progress);
            return await run.ExecuteAsync(code, count, how, progress, options.StopPatience).ConfigureAwait(false);
        }
        finally
        {
            running = null;
            oneCell.Release();
        }
    }

    /// <summary>The value of an expression that sees the declarations of the cells. It declares
    /// nothing itself and is not counted.</summary>
    /// <returns>How it ended, and the value as shown for the last expression of a cell; null when
    /// it failed.</returns>
    public async Task<(CellResult Result, MimeBundle? Value)> EvaluateAsync(string expression, CancellationToken cancellation = default)
    {
        if (!await MayRunAsync(cancellation).ConfigureAwait(false))
            return (CellRun.NotBegun(ExecutionCount), null);
        try
        {
            var run = new CellRun(this, parts, "expression", Folder, cancellation);
            running = run.Cell;
            return await run.EvaluateAsync(expression, ExecutionCount, options.StopPatience).ConfigureAwait(false);
        }
        finally
        {
            running = null;
            oneCell.Release();
        }
    }

    /// <summary>Disposes the variables declared with <c>using</c>, restores the console and
    /// releases what the cells held.</summary>
    public void Dispose()
    {
        // A running cell still uses its values.
        if (!IsRunning)
            parts.Usings.DisposeAll(message => Stream(OutputStream.Stderr, message));
        ConsoleRoute.Leave(this);
        resolver.Dispose();
        packages.Dispose();
        submissions.Dispose();
    }

    /// <summary>Whether the exception's stack trace has a frame of a cell of this
    /// session.</summary>
    internal bool IsIn(Exception exception) =>
        new StackTrace(exception).GetFrames().Any(frame => submissions.Made(frame.GetMethod()?.DeclaringType?.Assembly));

    internal DisplayHandle Show(object? value, params IReadOnlyList<string> mimeTypes) => outputs.Show(value, mimeTypes);

    internal void Stream(OutputStream stream, string text) => outputs.Stream(stream, text);

    internal string Ask() => globals.input();

    // While another cell runs, a stop does not wait for its end.
    private async Task<bool> MayRunAsync(CancellationToken cancellation)
    {
        try
        {
            // A cell whose turn has come is counted even if it is to stop at once.
            await oneCell.WaitAsync(oneCell.CurrentCount > 0 ? CancellationToken.None : cancellation).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static string NoInput(string prompt, bool hidden) =>
        throw new Llm360Exception(
            "The cell asks for input, which nobody can give here.",
            $"prompt \"{prompt}\"",
            "Put the value into a variable, or run the cell in a front end that takes input.");
}
