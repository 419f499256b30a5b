// How a grid runs, independent of its analysis.

namespace Llm360.Notebooks;

/// <summary>
/// Options of <see cref="Grid"/>. The defaults suit one process on one machine. Progress counts
/// cells.
/// Cancellation takes effect before the next cell.
/// </summary>
public sealed record GridOptions : RunOptions
{
    /// <summary>Leaves missing checkpoints and items out; otherwise they are an error.</summary>
    public bool SkipMissing { get; init; }

    /// <summary>The shard of the cells.</summary>
    public GridShard Shard { get; init; } = GridShard.Whole;

    /// <summary>
    /// Also uses stored cells that another kind of device computed. Otherwise they are stale,
    /// because numbers of a CPU and of a GPU differ by rounding.
    /// </summary>
    public bool AnyDevice { get; init; }

    /// <summary>
    /// Waits for cells that other workers compute. Otherwise they are left to them.
    /// </summary>
    internal bool WaitForOthers { get; init; } = true;

    /// <summary>Continues with the other cells after a cell has failed.</summary>
    internal bool KeepGoing { get; init; }

    /// <summary>Takes only cells whose failure is recorded in the store.</summary>
    internal bool OnlyFailed { get; init; }

    /// <summary>
    /// Numbers of the cells to take, counted in checkpoint order; all when null.
    /// </summary>
    internal CellRange? Cells { get; init; }

    /// <summary>Computes nothing, and reports what would be computed.</summary>
    internal bool OnlyPreview { get; init; }

    /// <summary>Largest number of cells to compute.</summary>
    internal int AtMost { get; init; } = int.MaxValue;

    /// <summary>Arguments of the llm360 command; they are kept with a failure.</summary>
    internal IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Times of leases.</summary>
    internal LeaseTiming Leases { get; init; } = LeaseTiming.Usual;

    /// <summary>Whether a cell is selected by shard and numbers.</summary>
    internal bool Contains(long cell, long cells) =>
        Shard.Contains(cell, cells) && (Cells is null || (cell >= Cells.First && cell <= Cells.Last));
}
