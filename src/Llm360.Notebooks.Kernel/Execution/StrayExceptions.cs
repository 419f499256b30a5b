// Unhandled exceptions of threads that a cell started: they do not end the process.
using System.Runtime.ExceptionServices;

namespace Llm360.Notebooks.Kernel.Execution;

internal static class StrayExceptions
{
    // The runtime accepts one handler for each process, and keeps it.
    private static readonly Lazy<bool> Installed = new(() =>
    {
        ExceptionHandling.SetUnhandledExceptionHandler(Tell);
        return true;
    });

    /// <summary>From now on, unhandled exceptions on threads of cells do not end the process. Other
    /// threads are left to the runtime.</summary>
    public static void Catch() => _ = Installed.Value;

    private static bool Tell(Exception exception)
    {
        var cell = RunningCell.Current;
        // A timer's callback has lost the context of its cell when its exception arrives here. Its
        // stack frames still name the cell.
        if ((cell?.Session ?? ConsoleRoute.Sessions.FirstOrDefault(session => session.IsIn(exception))) is not { } owner)
            return false;
        if (!(cell is { Stop.IsCancellationRequested: true } && RuntimeErrors.IsStop(exception)))
        {
            var lines = RuntimeErrors.From(exception, "", owner.Folder).Traceback
                .Prepend("A thread that a cell started ended by an exception:");
            owner.Stream(OutputStream.Stderr, string.Join('\n', lines) + "\n");
        }

        return true;
    }
}
