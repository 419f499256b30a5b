// The checks compiled into every cell: they stop loops, lambdas and sleeps, and limit recursion.
using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Called by the code of cells: <see cref="StopChecks"/> compiles the calls into it. Do
/// not call it by hand.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class CellStop
{
    // As much as a thread of a Windows program has. The rest of the stack is for the runtime: an
    // exception thrown inside a handler takes 16 KB for every level. Framework code such as
    // List.Sort wraps exceptions this way at every level of a recursion.
    internal const int MaxStackBytes = 1 << 20;

    // Handlers and cleanup run on top of the stack of the call that failed. The methods they call
    // must not fail for the same reason.
    private const int MaxUnwindingBytes = 8 * MaxStackBytes;

    // How many cells of this process are being stopped. A loop reads nothing else while there are
    // none.
    private static volatile int stopping;

    // The highest address on this thread's stack at which code of a cell was entered.
    [ThreadStatic]
    private static nint stackTop;

    // Whether a recursion has reached its limit on this thread and has not yet returned from half
    // of its depth.
    [ThreadStatic]
    private static bool unwinding;

    // Until this time (Environment.TickCount64), code on this thread runs although its cell is to
    // stop.
    [ThreadStatic]
    private static long sparedUntil;

    /// <summary>Ends the running cell here if it is to stop.</summary>
    /// <exception cref="OperationCanceledException">The running cell is to stop.</exception>
    public static void Check()
    {
        if (stopping != 0)
            Stop();
    }

    /// <summary>Called at the entry of a method: <see cref="Check"/>, and an exception instead of a
    /// stack overflow, which would end the process.</summary>
    /// <exception cref="OperationCanceledException">The running cell is to stop.</exception>
    /// <exception cref="InsufficientExecutionStackException">The cell has used its part of the
    /// stack.</exception>
    public static void Enter()
    {
        Check();
        EnsureStack(cleanup: false);
    }

    /// <summary>Called at the entry of a method that runs while a stopped cell is unwound. The
    /// method does not stop, but its stack is limited.</summary>
    /// <exception cref="InsufficientExecutionStackException">The cell has used its part of the
    /// stack.</exception>
    public static void EnterCleanup() => EnsureStack(cleanup: true);

    /// <summary>Called when an async method resumes after an await. Ends the method if its cell was
    /// left behind.</summary>
    /// <exception cref="OperationCanceledException">The cell was left behind.</exception>
    public static void CheckResumed()
    {
        if (stopping != 0 && RunningCell.Current is { LeftBehind: true } cell)
            throw new OperationCanceledException(cell.Stop);
    }

    /// <summary>Thread.Sleep that a stop ends.</summary>
    /// <exception cref="OperationCanceledException">The cell is to stop.</exception>
    public static void Sleep(int milliseconds) => Sleep(TimeSpan.FromMilliseconds(milliseconds));

    /// <summary>Thread.Sleep that a stop ends.</summary>
    /// <exception cref="OperationCanceledException">The cell is to stop.</exception>
    public static void Sleep(TimeSpan time)
    {
        if (RunningCell.Current is not { Stop.CanBeCanceled: true } cell)
            Thread.Sleep(time);
        else if (cell.Stop.WaitHandle.WaitOne(time))
            Stop();
    }

    internal static void Begin() => Interlocked.Increment(ref stopping);

    internal static void End() => Interlocked.Decrement(ref stopping);

    /// <summary>Lets this thread, which runs the callbacks of a cell's cancellation token, continue
    /// for a limited time.</summary>
    internal static void SpareThisThread(TimeSpan patience) =>
        sparedUntil = patience == Timeout.InfiniteTimeSpan ? long.MaxValue : Environment.TickCount64 + (long)patience.TotalMilliseconds;

    private static unsafe void EnsureStack(bool cleanup)
    {
        byte local;
        var place = (nint)(&local);
        if (place > stackTop)
            stackTop = place;
        var used = stackTop - place;
        if (used > (cleanup || unwinding ? MaxUnwindingBytes : MaxStackBytes) || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            unwinding = true;
            throw new InsufficientExecutionStackException();
        }

        if (unwinding && used < MaxStackBytes / 2)
            unwinding = false;
    }

    private static void Stop()
    {
        if (Environment.TickCount64 >= sparedUntil)
            RunningCell.Current?.Stop.ThrowIfCancellationRequested();
    }
}
