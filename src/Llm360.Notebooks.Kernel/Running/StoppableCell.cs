// One cell with an end: by itself, by a time limit, or by cancellation, even when it does not listen.
using System.Globalization;
using Llm360.Notebooks.Kernel.Execution;

namespace Llm360.Notebooks.Kernel.Running;

internal static class StoppableCell
{
    /// <summary>Runs a cell; after a time limit or cancellation it has <paramref name="patience"/> to stop, then it is left behind.</summary>
    public static async Task<(RunStatus Status, CellError? Error)> RunAsync(CSharpSession session, string code, TimeSpan? limit, TimeSpan patience, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (limit is { } time)
            stop.CancelAfter(time);
        var running = session.ExecuteAsync(code, stop.Token);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (stop.Token.Register(stopped.SetResult).ConfigureAwait(false))
        {
            if (await Task.WhenAny(running, stopped.Task).ConfigureAwait(false) != running)
                await Task.WhenAny(running, Task.Delay(patience, CancellationToken.None)).ConfigureAwait(false);
        }

        var timedOut = stop.IsCancellationRequested && !cancellation.IsCancellationRequested;
        var status = timedOut ? RunStatus.TimedOut : RunStatus.Cancelled;
        var what = timedOut ? string.Create(CultureInfo.InvariantCulture, $"The cell ran longer than its limit of {limit!.Value.TotalSeconds:0.###} s.") : "The cell was cancelled.";
        if (!running.IsCompleted)
        {
            what += " It looks at no cancellation token and was left behind.";
            return (status, new CellError(status.ToString(), what, null, null, [what]));
        }

        var result = await running.ConfigureAwait(false);
        return result switch
        {
            { Error: null } => (RunStatus.Completed, null),
            { Status: CellStatus.Cancelled, Error: { } error } => (status, error with { Name = status.ToString(), Message = what, Traceback = [what, .. error.Traceback.Skip(1)] }),
            _ => (RunStatus.Failed, result.Error),
        };
    }
}
