// The cell that some code runs in, wherever its threads and tasks take it.
namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>One execution of a cell.</summary>
/// <param name="session">Whose it is.</param>
/// <param name="stop">Signalled when it is to stop.</param>
internal sealed class RunningCell(CSharpSession session, CancellationToken stop)
{
    private static readonly AsyncLocal<RunningCell?> Ambient = new();
    private volatile bool leftBehind;

    /// <summary>The cell this code belongs to, also after the cell has ended; null outside of cells.</summary>
    public static RunningCell? Current
    {
        get => Ambient.Value;
        set => Ambient.Value = value;
    }

    public CSharpSession Session { get; } = session;

    public CancellationToken Stop { get; } = stop;

    /// <summary>Whether the session went on without waiting for its end. What it still writes is dropped.</summary>
    public bool LeftBehind
    {
        get => leftBehind;
        set => leftBehind = value;
    }
}
