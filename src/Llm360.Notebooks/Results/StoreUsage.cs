// How much one analysis of the store holds, and what it would cost to compute it again.

namespace Llm360.Notebooks;

/// <summary>Cells, bytes and times of one analysis in one setting.</summary>
/// <param name="Analysis">The analysis.</param>
/// <param name="Cells">Its cells.</param>
/// <param name="StaleCells">Number of stale cells.</param>
/// <param name="StaleBytes">Their bytes.</param>
internal sealed record StoreUsage(StoredAnalysis Analysis, IReadOnlyList<StoredCell> Cells, int StaleCells, long StaleBytes)
{
    // No analysis has this name: the catalog lists folders with a hyphen.
    private const string RemovedPrefix = "removed.";
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(10);

    /// <summary>Bytes of the cells.</summary>
    public long Bytes => Cells.Sum(c => c.Bytes);

    /// <summary>When the last cell was written; null without cells.</summary>
    public DateTime? Newest => Cells.Count == 0 ? null : Cells.Max(c => c.Modified);

    /// <summary>When the first cell was written; null without cells.</summary>
    public DateTime? Oldest => Cells.Count == 0 ? null : Cells.Min(c => c.Modified);

    /// <summary>
    /// The time that the cells took, from the times at which they were written. Pauses above ten
    /// minutes do not count, and neither does the first cell.
    /// </summary>
    public TimeSpan ComputeTime
    {
        get
        {
            var times = Cells.Select(c => c.Modified).Order().ToList();
            return TimeSpan.FromTicks(times.Skip(1).Zip(times, (after, before) => after - before).Where(t => t <= Pause).Sum(t => t.Ticks));
        }
    }

    /// <summary>Measures an analysis.</summary>
    public static StoreUsage Of(StoredAnalysis analysis)
    {
        var (count, bytes) = analysis.Stale();
        return new StoreUsage(analysis, analysis.Cells(), count, bytes);
    }

    /// <summary>Deletes the analysis with its stale cells.</summary>
    /// <remarks>The folder is renamed first, so that a reader sees all of it or nothing.</remarks>
    /// <exception cref="IOException">A file cannot be deleted.</exception>
    public void Remove()
    {
        var suite = Path.GetDirectoryName(Analysis.Folder)!;
        Directory.Move(Analysis.Folder, Path.Combine(suite, $"{RemovedPrefix}{Guid.NewGuid():N}"));
        // Also what a process that was killed has left.
        foreach (var removed in Directory.EnumerateDirectories(suite, $"{RemovedPrefix}*").ToList())
            Directory.Delete(removed, recursive: true);
    }
}
