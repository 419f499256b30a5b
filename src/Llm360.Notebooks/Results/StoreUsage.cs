// The size of one analysis in the store, and the cost of computing it again.

namespace Llm360.Notebooks;

/// <summary>Cells, bytes and times of one analysis in one setting.</summary>
/// <param name="Analysis">The analysis.</param>
/// <param name="Cells">Its cells.</param>
/// <param name="StaleCells">Number of stale cells.</param>
/// <param name="StaleBytes">Their bytes.</param>
internal sealed record StoreUsage(StoredAnalysis Analysis, IReadOnlyList<StoredCell> Cells, int StaleCells, long StaleBytes)
{
    // No analysis has this name, because the catalog lists only folders with a hyphen.
    private const string RemovedPrefix = "removed.";
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(10);

    /// <summary>Bytes of the cells.</summary>
    public long Bytes => Cells.Sum(c => c.Bytes);

    /// <summary>Time of the last written cell; null without cells.</summary>
    public DateTime? Newest => Cells.Count == 0 ? null : Cells.Max(c => c.Modified);

    /// <summary>Time of the first written cell; null without cells.</summary>
    public DateTime? Oldest => Cells.Count == 0 ? null : Cells.Min(c => c.Modified);

    /// <summary>
    /// The computing time of the cells, from the times at which they were written. Pauses above ten
    /// minutes are not counted, and neither is the first cell.
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
        // Also removes the remains of a process that was killed.
        foreach (var removed in Directory.EnumerateDirectories(suite, $"{RemovedPrefix}*").ToList())
            Directory.Delete(removed, recursive: true);
    }
}
