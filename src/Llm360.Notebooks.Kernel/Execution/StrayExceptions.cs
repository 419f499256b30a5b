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
        var cell = RunningCell.Current;
        // A timer's callback has left the surroundings of its cell by the time its exception is here; its frames are those of the cell.
        if ((cell?.Session ?? ConsoleRoute.Sessions.FirstOrDefault(session => session.IsIn(exception))) is not { } owner)
            return false;
        if (!(cell is { Stop.IsCancellationRequested: true } && RuntimeErrors.IsStop(exception)))
            owner.Stream(OutputStream.Stderr, string.Join('\n', RuntimeErrors.From(exception, "", owner.Folder).Traceback.Prepend("A thread that a cell started ended by an exception:")) + "\n");
        return true;
    }
}
