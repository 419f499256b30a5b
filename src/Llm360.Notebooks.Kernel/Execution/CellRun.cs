// One run of one cell: compile, start, wait, and go on without it when it does not stop.
using Llm360.Notebooks.Kernel.Display;
using Llm360.Notebooks.Kernel.Packages;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Runs a cell to its end, or until it was to stop and did not.</summary>
internal sealed class CellRun(CSharpSession session, Submissions submissions, SessionPackages packages, SessionOutputs outputs, UsingVariables usings, string cell, string folder, CancellationToken stop)
{
    // Threads that belong to a stopped cell see the stop for so long after its end.
    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(5);

    private readonly Lock keeping = new();
    private Submission? started;
    private IReadOnlyList<string> usingNames = [];

    public RunningCell Cell { get; } = new(session);

    /// <summary>Runs it as a cell of the session.</summary>
    public async Task<CellResult> ExecuteAsync(string code, int count, bool show, ProgressDisplays progress, TimeSpan patience)
    {
        var end = Start(() => CompleteAsync(code, count, show, progress));
        return await EndOrLeaveAsync(end, patience).ConfigureAwait(false) ? await end.ConfigureAwait(false) : LeftBehind(count);
    }

    /// <summary>Runs it as an expression that leaves no trace.</summary>
    public async Task<(CellResult Result, MimeBundle? Value)> EvaluateAsync(string expression, int count, TimeSpan patience)
    {
        MimeBundle? value = null;
        var end = Start(() => RunAsync(expression, count, null, async submission =>
            value = ValueFormatter.Format(await submissions.Start(submission).ConfigureAwait(false))));
        var result = await EndOrLeaveAsync(end, patience).ConfigureAwait(false) ? await end.ConfigureAwait(false) : LeftBehind(count);
        return (result, result.Status == CellStatus.Ok ? value : null);
    }

    // Not on the thread pool, whose stacks are smaller and whose threads may be busy with tasks of an earlier cell.
    private Task<CellResult> Start(Func<Task<CellResult>> run)
    {
        // The cell has registered no callback yet.
        if (stop.IsCancellationRequested)
            Cell.Cancel();
        return DeepThread.Run(cell, run);
    }

    private async Task<bool> EndOrLeaveAsync(Task<CellResult> end, TimeSpan patience)
    {
        // Whoever signals the stop runs no code of the cell: it starts a thread.
        var left = new TaskCompletionSource();
        var registration = stop.UnsafeRegister(_ => DeepThread.Start($"stop of {cell}", () => Stop(end, patience, left)), null);
        await using (registration.ConfigureAwait(false))
        {
            if (await Task.WhenAny(end, left.Task).ConfigureAwait(false) == end)
                return true;
        }

        Cell.LeftBehind = true;
        Keep();
        return false;
    }

    private void Stop(Task end, TimeSpan patience, TaskCompletionSource left)
    {
        CellStop.Begin();
        _ = end.ContinueWith(_ => Task.Delay(Aftermath).ContinueWith(_ => CellStop.End(), TaskScheduler.Default), TaskScheduler.Default);

        // A callback of the cell may block or loop, so the callbacks have a thread of their own.
        DeepThread.Start($"cancellation callbacks of {cell}", () => RunCallbacks(patience));
        if (!end.Wait(patience))
            left.SetResult();
    }

    private void RunCallbacks(TimeSpan patience)
    {
        RunningCell.Current = Cell;
        CellStop.SpareThisThread(patience);
        try
        {
            Cell.Cancel();
        }
        catch (AggregateException e) when (RuntimeErrors.IsStop(e))
        {
            // Callbacks that did not end were stopped after the patience.
        }
        catch (AggregateException e)
        {
            var error = RuntimeErrors.From(e, cell, folder);
            var lines = error.Traceback.Prepend("A callback on the cell's cancellation token failed:");
            outputs.Stream(OutputStream.Stderr, string.Join('\n', lines) + "\n");
        }
    }

    private async Task<CellResult> CompleteAsync(string code, int count, bool show, ProgressDisplays progress)
    {
        try
        {
            return await RunAsync(code, count, progress, async submission =>
            {
                started = submission;
                object? value;
                try
                {
                    value = await submissions.Start(submission).ConfigureAwait(false);
                }
                finally
                {
                    Keep();
                }

                progress.Finish();
                if (show && value is not DisplayHandle && (value is not null || LastExpression.HasValue(submission.Compilation, cell)))
                    outputs.Result(count, ValueFormatter.Format(value));
            }).ConfigureAwait(false);
        }
        finally
        {
            progress.Finish();
        }
    }

    private async Task<CellResult> RunAsync(string code, int count, ProgressDisplays? progress, Func<Submission, Task> run)
    {
        RunningCell.Current = Cell;
        MemoryReserve.Take();
        try
        {
            using var surroundings = AmbientWork.Begin(progress, Cell.Stop);
            using var fetching = Downloads.Begin();
            var errors = new CompileErrors(cell, code);
            if (SourceNesting.OfBrackets(code, cell, Cell.Stop) is { } brackets)
                return new CellResult(CellStatus.CompileError, count, errors.At(brackets.Place, "nesting", brackets.Message));
            (var blanked, usingNames) = UsingVariables.Blank(code, Cell.Stop);
            var tree = Submissions.Parse(blanked, cell, Cell.Stop);
            if (SourceNesting.OfTree(tree, Cell.Stop) is { } levels)
                return new CellResult(CellStatus.CompileError, count, errors.At(levels.Place, "nesting", levels.Message));
            if (errors.FromMagicCommand(tree) is { } magic)
                return new CellResult(CellStatus.CompileError, count, magic);
            if (await packages.RestoreAsync(tree, outputs, errors, Cell.Stop).ConfigureAwait(false) is { } missing)
                return new CellResult(CellStatus.CompileError, count, missing);
            var (submission, diagnostics) = submissions.Compile(tree, Cell.Stop);
            if (submission is null)
                return new CellResult(CellStatus.CompileError, count, errors.From(diagnostics));
            outputs.Stream(OutputStream.Stderr, errors.Warnings(diagnostics));
            await run(submission).ConfigureAwait(false);
            return new CellResult(CellStatus.Ok, count);
        }
        catch (Exception thrown)
        {
            // By the cell, while its result was formatted, or by a stop before its first statement.
            return Failed(thrown, count);
        }
    }

    private void Keep()
    {
        lock (keeping)
        {
            if (started is null)
                return;
            submissions.Keep(started);
            started = null;
            if (usingNames.Count > 0)
                usings.Hold(usingNames, session.Variables);
        }
    }

    private CellResult Failed(Exception thrown, int count)
    {
        if (RuntimeErrors.Unwrap(thrown) is OutOfMemoryException)
            MemoryReserve.Give();
        var error = RuntimeErrors.From(thrown, cell, folder);
        return Cell.Stop.IsCancellationRequested && RuntimeErrors.IsStop(thrown)
            ? new CellResult(CellStatus.Cancelled, count, error with { Name = "Cancelled", Message = "The cell was cancelled.", Traceback = ["The cell was cancelled.", .. error.Traceback.Skip(1)] })
            : new CellResult(CellStatus.RuntimeError, count, error);
    }

    /// <summary>The end of a cell that was stopped while it waited for another one.</summary>
    public static CellResult NotBegun(int count)
    {
        const string what = "The cell was cancelled.";
        return new CellResult(CellStatus.Cancelled, count, new CellError("Cancelled", what, null, null, [what]));
    }

    private static CellResult LeftBehind(int count)
    {
        const string what = "The cell was cancelled. It was waiting for something that does not stop, and was left behind.";
        return new CellResult(CellStatus.Cancelled, count, new CellError("Cancelled", what, null, null, [what]));
    }
}
