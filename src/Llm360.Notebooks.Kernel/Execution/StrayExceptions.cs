// Exceptions that nobody catches on threads a cell started: told in the cell, instead of ending the process.
using System.Runtime.ExceptionServices;

namespace Llm360.Notebooks.Kernel.Execution;

internal static class StrayExceptions
{
    // The runtime takes one handler a process, for good.
    private static readonly Lazy<bool> Installed = new(() =>
    {
        ExceptionHandling.SetUnhandledExceptionHandler(Tell);
        return true;
    });

    /// <summary>From now on threads of cells end quietly; other threads are left to the runtime.</summary>
    public static void Catch() => _ = Installed.Value;

    private static bool Tell(Exception exception)
    {
        if (RunningCell.Current is not { } cell)
            return false;
        if (!(cell.Stop.IsCancellationRequested && RuntimeErrors.IsStop(exception)))
            cell.Session.Stream(OutputStream.Stderr, string.Join('\n', RuntimeErrors.From(exception, "", cell.Session.Folder).Traceback.Prepend("A thread that a cell started ended by an exception:")) + "\n");
        return true;
    }
}
