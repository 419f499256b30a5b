// One run of one cell: compile, start, wait, and continue without a cell that does not stop.
using Llm360.Notebooks.Kernel.Display;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Runs a cell until it ends, or until it was to stop and did not.</summary>
internal sealed class CellRun(CSharpSession session, CellParts parts, string cell, string folder, CancellationToken stop)
{
    // Threads of a stopped cell see the stop for this long after its end.
    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(5);

    private readonly Lock keeping = new();
    private readonly Submissions submissions = parts.Submissions;
    private readonly SessionOutputs outputs = parts.Outputs;
    private Submission? started;
    private IReadOnlyList<string> usingNames = [];

    public RunningCell Cell { get; } = new(session);

    /// <summary>Runs it as a cell of the session.</summary>
    public async Task<CellResult> ExecuteAsync(string code, int count, CellOptions how, ProgressDisplays progress, TimeSpan patience)
    {
        var end = Start(() => CompleteAsync(code, count, how, progress));
        return await EndOrLeaveAsync(end, patience).ConfigureAwait(false) ? await end.ConfigureAwait(false) : LeftBehind(count);
    }

    /// <summary>Runs it as an expression, which later cells do not see.</summary>
    public async Task<(CellResult Result, MimeBundle? Value)> EvaluateAsync(string expression, int count, TimeSpan patience)
    {
        MimeBundle? value = null;
        var end = Start(() => RunAsync(count, null, async () =>
        {
            var compiled = await parts.Compiler.CompileAsync(expression, cell, new CompileErrors(cell, expression), Cell.Stop)
                .ConfigureAwait(false);
            if (compiled.Submission is { } submission)
                value = ValueFormatter.Format(await submissions.Start(submission).ConfigureAwait(false));
            return compiled.Error;
        }));
        var result = await EndOrLeaveAsync(end, patience).ConfigureAwait(false) ? await end.ConfigureAwait(false) : LeftBehind(count);
        return (result, result.Status == CellStatus.Ok ? value : null);
    }

    // Not on the thread pool: its stacks are smaller, and its threads may be busy with tasks of an
    // earlier cell.
    private Task<CellResult> Start(Func<Task<CellResult>> run)
    {
        // The cell has registered no callback yet.
        if (stop.IsCancellationRequested)
            Cell.Cancel();
        return DeepThread.Run(cell, run);
    }

    private async Task<bool> EndOrLeaveAsync(Task<CellResult> end, TimeSpan patience)
    {
        // The thread that signals the stop runs no code of the cell: it starts another thread.
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

        // A callback of the cell may block or loop, so the callbacks run on a thread of their own.
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
            // Callbacks that did not end within the patience were stopped.
        }
        catch (AggregateException e)
        {
            var error = RuntimeErrors.From(e, cell, folder);
            var lines = error.Traceback.Prepend("A callback on the cell's cancellation token failed:");
            outputs.Stream(OutputStream.Stderr, string.Join('\n', lines) + "\n");
        }
    }

    private async Task<CellResult> CompleteAsync(string code, int count, CellOptions how, ProgressDisplays progress)
    {
        try
        {
            return await RunAsync(count, progress, () =>
                new SectionRun(session, outputs, folder, RunCSharpAsync).RunAsync(code, cell, how.Language, value =>
            {
                progress.Finish();
                if (how.ShowsResult)
                    outputs.Result(count, value);
            })).ConfigureAwait(false);
        }
        finally
        {
            progress.Finish();
        }
    }

    private async Task<CellError?> RunCSharpAsync(string code, string name, CompileErrors errors, Action<MimeBundle> result)
    {
        var compiled = await parts.Compiler.CompileAsync(code, name, errors, Cell.Stop).ConfigureAwait(false);
        if (compiled.Submission is not { } submission)
            return compiled.Error;
        object? value;
        lock (keeping)
            (started, usingNames) = (submission, compiled.UsingNames);
        try
        {
            value = await submissions.Start(submission).ConfigureAwait(false);
        }
        finally
        {
            Keep();
        }

        if (value is not DisplayHandle && (value is not null || LastExpression.HasValue(submission.Compilation, name)))
        {
            var names = TableFormatter.IsOfTuples(value) ? LastExpression.TupleNames(submission.Compilation, name) : null;
            result(ValueFormatter.FormatResult(value, names));
        }

        return null;
    }

    private async Task<CellResult> RunAsync(int count, ProgressDisplays? progress, Func<Task<CellError?>> run)
    {
        RunningCell.Current = Cell;
        MemoryReserve.Take();
        try
        {
            using var surroundings = AmbientWork.Begin(progress, Cell.Stop);
            using var fetching = Downloads.Begin();
            return await run().ConfigureAwait(false) is { } error
                ? new CellResult(CellStatus.CompileError, count, error)
                : new CellResult(CellStatus.Ok, count);
        }
        catch (Exception thrown)
        {
            // Thrown by the cell, by formatting its result, or by a stop before its first
            // statement.
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
                parts.Usings.Hold(usingNames, session.Variables);
        }
    }

    private CellResult Failed(Exception thrown, int count)
    {
        if (RuntimeErrors.Unwrap(thrown) is OutOfMemoryException)
            MemoryReserve.Give();
        var error = RuntimeErrors.From(thrown, cell, folder);
        const string what = "The cell was cancelled.";
        return Cell.Stop.IsCancellationRequested && RuntimeErrors.IsStop(thrown)
            ? new CellResult(CellStatus.Cancelled, count, error with
            {
                Name = "Cancelled",
                Message = what,
                Traceback = [what, .. error.Traceback.Skip(1)],
            })
            : new CellResult(CellStatus.RuntimeError, count, error);
    }

    /// <summary>The result of a cell that was stopped while it waited for another one.</summary>
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
