// The engine: one C# session, its state carried from cell to cell.
using System.Globalization;
using System.Text;
using Llm360.Notebooks.Kernel.Display;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.Scripting;
using Microsoft.CodeAnalysis.Scripting.Hosting;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>One C# session of a notebook, driven by a front end: the headless runner or a Jupyter kernel.</summary>
/// <remarks>
/// Cells run one at a time, on the thread pool. While a session lives it stands between the console and its cells. Disposing it lets go of
/// everything its cells held; the small assemblies compiled for the cells stay until the process ends, as the scripting host has no way to unload them.
/// </remarks>
public sealed class CSharpSession : IDisposable
{
    private static readonly AsyncLocal<CSharpSession?> Ambient = new();

    private static readonly string[] Imports =
    [
        "System", "System.IO", "System.Linq", "System.Collections.Generic", "System.Threading", "System.Threading.Tasks",
        "Llm360.Notebooks", "Llm360.Notebooks.Kernel.Display",
    ];

    private readonly IOutputSink sink;
    private readonly string folder;
    private readonly SessionOptions options;
    private readonly InteractiveAssemblyLoader loader = new();
    private readonly PreloadingResolver resolver;
    private readonly ScriptOptions scriptOptions;
    private readonly CellGlobals globals;
    private readonly ConsoleRoute[] console;
    private readonly SemaphoreSlim oneCell = new(1);
    private readonly Lock output = new();
    private readonly UsingVariables usings = new();
    private ScriptState<object>? state;
    private bool plotlySent;
    private int displays;
    private volatile bool running;

    /// <summary>Opens a session.</summary>
    /// <param name="sink">Gets the outputs of its cells.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    public CSharpSession(IOutputSink sink, SessionOptions? options = null)
    {
        this.sink = sink;
        this.options = options ?? new SessionOptions();
        folder = Path.GetFullPath(this.options.WorkingDirectory ?? Environment.CurrentDirectory);
        resolver = new PreloadingResolver(folder, loader);
        globals = new CellGlobals(Show);

        // Debug information gives exceptions their lines; optimized code is as fast as compiled programs once it is hot.
        scriptOptions = ScriptOptions.Default
            .WithReferences(DefaultReferences.ByName.Values)
            .WithMetadataResolver(resolver)
            .WithSourceResolver(ScriptSourceResolver.Default.WithBaseDirectory(folder))
            .WithImports(Imports)
            .WithLanguageVersion(LanguageVersion.Preview)
            .WithEmitDebugInformation(true)
            .WithFileEncoding(Encoding.UTF8)
            .WithOptimizationLevel(OptimizationLevel.Release);
        console = [new ConsoleRoute(this, OutputStream.Stdout), new ConsoleRoute(this, OutputStream.Stderr)];
    }

    /// <summary>How many cells have been started.</summary>
    public int ExecutionCount { get; private set; }

    /// <summary>The variables the cells have declared, the latest of every name.</summary>
    public IReadOnlyList<CellVariable> Variables =>
        [.. (state?.Variables ?? []).GroupBy(v => v.Name, (_, same) => same.Last()).Select(v => new CellVariable(v.Name, v.Type, v.Value))];

    /// <summary>The session whose cell this code runs in; null outside of cells.</summary>
    internal static CSharpSession? Current => Ambient.Value;

    internal bool IsRunning => running;

    /// <summary>Runs one cell to its end and never throws for what the cell does.</summary>
    /// <param name="code">The source.</param>
    /// <param name="cancellation">Signalled to the cell as <see cref="Work.Cancellation"/>: a cell that looks at no token is waited for.</param>
    public async Task<CellResult> ExecuteAsync(string code, CancellationToken cancellation = default)
    {
        await oneCell.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => RunAsync(code, ++ExecutionCount, cancellation), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            oneCell.Release();
        }
    }

    /// <summary>Disposes the variables declared with <c>using</c>, gives the console back and lets go of what the cells held.</summary>
    public void Dispose()
    {
        // A cell that was left behind still works with its values.
        if (!running)
            usings.DisposeAll(message => Stream(OutputStream.Stderr, message));
        foreach (var route in console)
            route.Dispose();
        resolver.Dispose();
        loader.Dispose();
        state = null;
    }

    internal DisplayHandle Show(object? value)
    {
        var bundle = ValueFormatter.Format(value);
        lock (output)
        {
            var handle = new DisplayHandle(string.Create(CultureInfo.InvariantCulture, $"display-{++displays}"), UpdateDisplay);
            SendPlotlyFirst(bundle);
            sink.Display(bundle, handle.Id);
            return handle;
        }
    }

    internal void Stream(OutputStream stream, string text)
    {
        if (text.Length == 0)
            return;
        lock (output)
            sink.Stream(stream, text);
    }

    private void UpdateDisplay(MimeBundle bundle, string id)
    {
        lock (output)
        {
            SendPlotlyFirst(bundle);
            sink.UpdateDisplay(bundle, id);
        }
    }

    private void SendPlotlyFirst(MimeBundle bundle)
    {
        if (plotlySent || options.PlotlyJavaScript is not { } source || !bundle.Data.ContainsKey(MimeBundle.Plotly))
            return;
        plotlySent = true;
        sink.Display(PlotlyScript.Create(source()), null);
    }

    private async Task<CellResult> RunAsync(string code, int count, CancellationToken cancellation)
    {
        var cell = string.Create(CultureInfo.InvariantCulture, $"cell {count}");
        var (blanked, names) = UsingVariables.Blank(code);
        var progress = new ProgressDisplays(this, options.Progress);
        Ambient.Value = this;
        running = true;
        try
        {
            using var surroundings = Work.Begin(progress, cancellation);
            if (Compile(code, blanked, cell, cancellation, out var script) is { } error)
                return new CellResult(CellStatus.CompileError, count, error);
            var ran = state is null
                ? await script.RunAsync(globals, _ => true, cancellation).ConfigureAwait(false)
                : await script.RunFromAsync(state, _ => true, cancellation).ConfigureAwait(false);
            state = ran;
            usings.Hold(names, ran);
            if (ran.Exception is { } thrown)
                return Failed(thrown, cell, count, cancellation);
            progress.Finish();
            if (ran.ReturnValue is not DisplayHandle && (ran.ReturnValue is not null || LastExpression.HasValue(script.GetCompilation(), cell)))
                ShowResult(count, ran.ReturnValue);
            return new CellResult(CellStatus.Ok, count);
        }
        catch (Exception thrown)
        {
            // Thrown while a result was formatted, or by cancelling before the first statement.
            return Failed(thrown, cell, count, cancellation);
        }
        finally
        {
            progress.Finish();
            running = false;
        }
    }

    private CellError? Compile(string code, string blanked, string cell, CancellationToken cancellation, out Script<object> script)
    {
        var here = scriptOptions.WithFilePath(cell);
        script = state is null ? CSharpScript.Create(blanked, here, typeof(CellGlobals), loader) : state.Script.ContinueWith(blanked, here);
        var tree = script.GetCompilation().SyntaxTrees.Single(t => t.FilePath == cell);
        var errors = new CompileErrors(cell, code);
        return errors.FromMagicCommand(tree) ?? errors.From(script.Compile(cancellation));
    }

    private void ShowResult(int count, object? value)
    {
        var bundle = ValueFormatter.Format(value);
        lock (output)
        {
            SendPlotlyFirst(bundle);
            sink.Result(count, bundle);
        }
    }

    private CellResult Failed(Exception thrown, string cell, int count, CancellationToken cancellation)
    {
        var error = RuntimeErrors.From(thrown, cell, folder);
        return cancellation.IsCancellationRequested && error.Exception is OperationCanceledException
            ? new CellResult(CellStatus.Cancelled, count, error with { Name = "Cancelled", Message = "The cell was cancelled.", Traceback = ["The cell was cancelled.", .. error.Traceback.Skip(1)] })
            : new CellResult(CellStatus.RuntimeError, count, error);
    }
}
