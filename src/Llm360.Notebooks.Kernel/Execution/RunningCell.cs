// The cell that some code runs in, across its threads and tasks.
using System.Diagnostics.CodeAnalysis;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>One execution of a cell.</summary>
/// <param name="session">The session of the cell.</param>
[SuppressMessage("Design", "CA1001", Justification = "Threads that the cell has left running may still use its token.")]
internal sealed class RunningCell(CSharpSession session)
{
    private static readonly AsyncLocal<RunningCell?> Ambient = new();

    private readonly CancellationTokenSource source = new();
    private volatile bool leftBehind;

    /// <summary>The cell this code belongs to, even after the cell has ended; null outside of
    /// cells.</summary>
    public static RunningCell? Current
    {
        get => Ambient.Value;
        set => Ambient.Value = value;
    }

    public CSharpSession Session { get; } = session;

    /// <summary>The token that the cell sees as <see cref="AmbientWork.Cancellation"/>.</summary>
    public CancellationToken Stop => source.Token;

    /// <summary>Whether the session continued without waiting for its end. Its later output is
    /// dropped.</summary>
    public bool LeftBehind
    {
        get => leftBehind;
        set => leftBehind = value;
    }

    /// <summary>Signals <see cref="Stop"/>, then runs on this thread the callbacks that the cell
    /// has registered with it.</summary>
    /// <exception cref="AggregateException">Callbacks failed.</exception>
    public void Cancel() => source.Cancel();
}
