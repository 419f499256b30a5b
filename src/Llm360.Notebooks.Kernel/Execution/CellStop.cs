// The checks compiled into every cell: how a loop, a lambda or a sleep learns that its cell is to stop, and a recursion that it has no end.
using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Called by the code of cells, into which <see cref="StopChecks"/> compiles the calls. Not meant to be called by hand.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class CellStop
{
    // As much as a thread of a Windows program has. The rest of the stack is for the runtime: an
    // exception thrown inside a handler
    // takes 16 KB for every level, and framework code such as List.Sort wraps exceptions so at
    // every level of a recursion.
    internal const int MaxStackBytes = 1 << 20;

    // Handlers and cleanup run on top of the stack of the call that failed. What they call must not fail for the same reason.
    private const int MaxUnwindingBytes = 8 * MaxStackBytes;

    // How many cells of this process are being stopped: the only thing that a loop reads while none is.
    private static volatile int stopping;

    // The highest place on this thread's stack at which code of a cell was entered.
    [ThreadStatic]
    private static nint stackTop;

    // Whether a recursion has reached its limit on this thread and has not yet returned from half of its depth.
    [ThreadStatic]
    private static bool unwinding;

    // Until when code on this thread runs although its cell is to stop: a time of Environment.TickCount64.
    [ThreadStatic]
    private static long sparedUntil;

    /// <summary>Ends the running cell here if it is to stop.</summary>
    /// <exception cref="OperationCanceledException">It is.</exception>
    public static void Check()
    {
        if (stopping != 0)
            Stop();
    }

    /// <summary>At the entry of a method: <see cref="Check"/>, and an exception instead of the stack overflow that would end the process.</summary>
    /// <exception cref="OperationCanceledException">The running cell is to stop.</exception>
    /// <exception cref="InsufficientExecutionStackException">The cell has used its part of the
    /// stack.</exception>
    public static void Enter()
    {
        Check();
        EnsureStack(cleanup: false);
    }

    /// <summary>At the entry of a method that runs while a stopped cell is unwound: it does not
    /// stop, but its stack is limited.</summary>
    /// <exception cref="InsufficientExecutionStackException">The cell has used its part of the
    /// stack.</exception>
    public static void EnterCleanup() => EnsureStack(cleanup: true);

    /// <summary>Ends an async method, as it goes on after an await, if its cell was left behind.</summary>
    /// <exception cref="OperationCanceledException">It was.</exception>
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

    /// <summary>Lets the callbacks of a cell's cancellation token, which run on this thread, run to their end, but not for ever.</summary>
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
