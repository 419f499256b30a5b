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
}
