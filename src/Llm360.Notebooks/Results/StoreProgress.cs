// Progress of the cells of a store: done, running, failed. Read only from the disk.

namespace Llm360.Notebooks;

/// <summary>Cells that a worker has claimed.</summary>
/// <param name="Owner">The worker.</param>
/// <param name="Cells">Its unfinished cells.</param>
/// <param name="HasExpired">Whether the worker has ended without giving them back.</param>
internal sealed record HeldCells(LeaseOwner Owner, IReadOnlyList<string> Cells, bool HasExpired);

/// <summary>The cells of one checkpoint.</summary>
/// <param name="Checkpoint">Name of the checkpoint.</param>
/// <param name="Done">Names of the existing cells, of any identity.</param>
/// <param name="Held">Cells that workers have claimed.</param>
/// <param name="Failed">Failures of cells that do not exist.</param>
internal sealed record CheckpointProgress(
    string Checkpoint, IReadOnlySet<string> Done, IReadOnlyList<HeldCells> Held, IReadOnlyList<FailedCell> Failed)
{
    /// <summary>Names of the cells that workers compute.</summary>
    public IEnumerable<string> Running => Held.Where(h => !h.HasExpired).SelectMany(h => h.Cells);
}

/// <summary>Reads the progress of a store.</summary>
internal static class StoreProgress
{
    /// <summary>The checkpoints of an analysis that have cells, leases or failures.</summary>
    /// <param name="folder">Folder of the analysis.</param>
    public static IReadOnlyList<CheckpointProgress> Read(string folder) => !Directory.Exists(folder) ? []
        : [.. Directory.EnumerateDirectories(folder, "checkpoint=*").Order(StringComparer.Ordinal).Select(Of)];

    private static CheckpointProgress Of(string folder)
    {
        var done = Directory.EnumerateFiles(folder, "*=*").Where(StoredAnalysis.IsCell)
            .Select(f => Path.GetFileNameWithoutExtension(f)).ToHashSet();
        var held = new List<HeldCells>();
        DateTime? now = null;
        foreach (var path in CellClaims.LeasesIn(folder))
        {
            if (LeaseFile.Read(path) is not { } lease)
                continue;
            now ??= Now(folder);
            var hasExpired = CellClaims.HasExpired(path, lease, now.Value, LeaseTiming.Usual.Expiry);
            held.Add(new HeldCells(lease.Owner, [.. lease.Cells.Where(c => !done.Contains(c))], hasExpired));
        }

        return new CheckpointProgress(
            Path.GetFileName(folder).Split('=', 2)[1], done, held, [.. FailedCell.In(folder).Where(f => !done.Contains(f.Cell))]);
    }

    private static DateTime Now(string folder)
    {
        try
        {
            return CellClaims.Touch(folder);
        }
        catch (Llm360Exception)
        {
            return DateTime.UtcNow; // A disk that can only be read.
        }
    }
}
