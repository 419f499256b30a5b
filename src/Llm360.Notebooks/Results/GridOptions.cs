// How a grid runs, apart from what it computes.

namespace Llm360.Notebooks;

/// <summary>
/// Options of <see cref="Grid"/>. The defaults suit one process on one machine. Progress is told in
/// cells. The work stops before the next cell.
/// </summary>
public sealed record GridOptions : RunOptions
{
    /// <summary>Leaves missing checkpoints and items out; otherwise they are an error.</summary>
    public bool SkipMissing { get; init; }

    /// <summary>Which of the cells.</summary>
    public GridShard Shard { get; init; } = GridShard.Whole;

    /// <summary>
    /// Also takes cells from the store that another kind of device computed. Otherwise they are
    /// stale, because numbers of a CPU and of a GPU differ by rounding.
    /// </summary>
    public bool AnyDevice { get; init; }

    /// <summary>
    /// Waits for cells that other workers compute. Otherwise they are left to the other workers.
    /// </summary>
    internal bool WaitForOthers { get; init; } = true;

    /// <summary>Computes the other cells after a cell has failed.</summary>
    internal bool KeepGoing { get; init; }

    /// <summary>Takes only cells whose failure stands in the store.</summary>
    internal bool OnlyFailed { get; init; }

    /// <summary>Numbers of the cells to take, counted checkpoint by checkpoint; all when
    /// null.</summary>
    internal CellRange? Cells { get; init; }

    /// <summary>Computes nothing, and tells what is to compute.</summary>
    internal bool OnlyPreview { get; init; }

    /// <summary>How many cells to compute at most.</summary>
    internal int AtMost { get; init; } = int.MaxValue;

    /// <summary>Arguments of the llm360 command; they are kept with a failure.</summary>
    internal IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>How long leases last.</summary>
    internal LeaseTiming Leases { get; init; } = LeaseTiming.Usual;

    /// <summary>Whether a cell is chosen by shard and numbers.</summary>
    internal bool Contains(long cell, long cells) =>
        Shard.Contains(cell, cells) && (Cells is null || (cell >= Cells.First && cell <= Cells.Last));
}
