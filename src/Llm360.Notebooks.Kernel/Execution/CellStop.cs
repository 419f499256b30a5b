// The checks compiled into every cell: how a loop, a lambda or a sleep learns that its cell is to stop, and a recursion that it has no end.
using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Called by the code of cells, into which <see cref="StopChecks"/> compiles the calls. Not meant to be called by hand.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class CellStop
{
    // How many cells of this process are being stopped: the only thing that a loop reads while none is.
    private static volatile int stopping;

    /// <summary>Ends the running cell here if it is to stop.</summary>
    /// <exception cref="OperationCanceledException">It is.</exception>
    public static void Check()
    {
        if (stopping != 0)
            Stop();
    }

    /// <summary>At the entry of a method: <see cref="Check"/>, and an exception instead of the stack overflow that would end the process.</summary>
    /// <exception cref="OperationCanceledException">The running cell is to stop.</exception>
    /// <exception cref="InsufficientExecutionStackException">Calls are nested so deeply that the stack is nearly used up.</exception>
    public static void Enter()
    {
        Check();
        RuntimeHelpers.EnsureSufficientExecutionStack();
    }

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

    private static void Stop() => RunningCell.Current?.Stop.ThrowIfCancellationRequested();
}
