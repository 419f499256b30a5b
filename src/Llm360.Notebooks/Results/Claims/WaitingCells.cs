// The cells of one checkpoint that a worker must still compute, or wait for.

namespace Llm360.Notebooks;

/// <summary>The unfinished cells of a checkpoint.</summary>
/// <param name="block">The checkpoint's part of the plan.</param>
/// <param name="folder">Folder of its cells.</param>
/// <param name="timing">How long leases last.</param>
internal sealed class WaitingCells(PlannedCheckpoint block, string folder, LeaseTiming timing)
{
    private readonly Lazy<HashSet<string>> failed = new(() => [.. FailedCell.In(folder).Select(f => f.Cell)]);

    /// <summary>The checkpoint.</summary>
    public Checkpoint Checkpoint => block.Checkpoint;

    /// <summary>Folder of its cells.</summary>
    public string Folder => folder;

    /// <summary>Claims of its cells.</summary>
    public CellClaims Claims { get; } = new(folder, timing);

    /// <summary>Cells that are neither computed nor found.</summary>
    public List<PlannedCell> Left { get; } = [.. block.ToCompute];

    /// <summary>Cells that other workers have finished and that are not yet read.</summary>
    public List<PlannedCell> Finished { get; } = [];

    /// <summary>Removes the record of an earlier failure.</summary>
    public void Succeeded(PlannedCell cell)
    {
        if (failed.Value.Contains(cell.Item.Partition))
            CellLease.Delete(FailedCell.PathOf(folder, cell.Item.Partition));
    }
}
