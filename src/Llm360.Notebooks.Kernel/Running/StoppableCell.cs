// One cell that ends by itself, by a time limit or by cancellation.
using System.Globalization;
using Llm360.Notebooks.Kernel.Documents;
using Llm360.Notebooks.Kernel.Execution;

namespace Llm360.Notebooks.Kernel.Running;

internal static class StoppableCell
{
    /// <summary>Runs a cell; after a time limit or cancellation the session stops it.</summary>
    public static async Task<(RunStatus Status, CellError? Error)> RunAsync(CSharpSession session, NotebookCell cell, TimeSpan? limit,
        CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (limit is { } time)
            stop.CancelAfter(time);
        var result = await session.ExecuteAsync(cell.Source, new CellOptions { Language = CellLanguage.Of(cell.Metadata) }, stop.Token)
            .ConfigureAwait(false);
        if (result.Error is not { } error)
            return (RunStatus.Completed, null);
        if (result.Status != CellStatus.Cancelled)
            return (RunStatus.Failed, error);
        if (cancellation.IsCancellationRequested)
            return (RunStatus.Cancelled, error);
        var reason = string.Create(
            CultureInfo.InvariantCulture,
            $"The cell ran longer than its limit of {limit!.Value.TotalSeconds:0.###} s.");
        var what = error.Message.Replace("The cell was cancelled.", reason, StringComparison.Ordinal);
        string[] traceback = [what, .. error.Traceback.Skip(1)];
        return (RunStatus.TimedOut, error with { Name = nameof(RunStatus.TimedOut), Message = what, Traceback = traceback });
    }
}
