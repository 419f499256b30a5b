// Divides cells into tasks, and tasks into arrays.

namespace Llm360.Notebooks.Cli.Slurm;

/// <summary>Packs cells into tasks.</summary>
internal static class SlurmPacking
{
    /// <summary>The cells of each task: ranges with equal numbers of cells to compute.</summary>
    /// <param name="missing">Numbers of the cells to compute, ascending.</param>
    /// <param name="cellSeconds">Time of a cell.</param>
    /// <param name="taskMinutes">Intended running time of a task.</param>
    /// <param name="maxTasks">Largest number of tasks. If it is reached, tasks run longer.</param>
    public static IReadOnlyList<CellRange> Tasks(IReadOnlyList<long> missing, double cellSeconds, int taskMinutes, int maxTasks)
    {
        const int seconds = 60;
        var wanted = Math.Ceiling(missing.Count * cellSeconds / (taskMinutes * seconds));
        var count = (int)Math.Clamp(wanted, 1, Math.Min(maxTasks, missing.Count));
        // Task t starts at cell t * n / count, so that sizes differ by at most one.
        return
        [
            .. Enumerable.Range(0, count).Select(t => new CellRange(missing[Start(t)], missing[Start(t + 1) - 1])),
        ];

        int Start(int task) => (int)((long)missing.Count * task / count);
    }

    /// <summary>The tasks of each array.</summary>
    /// <param name="tasks">All tasks.</param>
    /// <param name="maxArraySize">The largest index of an array plus one.</param>
    public static IReadOnlyList<IReadOnlyList<CellRange>> Arrays(IReadOnlyList<CellRange> tasks, int maxArraySize) =>
        [.. tasks.Chunk(maxArraySize)];
}
