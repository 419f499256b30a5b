// Progress of a job array's task, from the store, the queue and the task's log.
using System.Text;

namespace Llm360.Notebooks.Cli.Slurm;

/// <summary>One task of an array.</summary>
/// <param name="Name">For example <c>77_3</c>.</param>
/// <param name="State">Its state in the queue; <c>ended</c> if it is no longer there.</param>
/// <param name="Cells">Number of its cells.</param>
/// <param name="Done">Number of its cells in the store, computed by any worker.</param>
/// <param name="Running">Number of its cells that workers are computing.</param>
/// <param name="Failed">Number of its cells that failed.</param>
/// <param name="LastLine">
/// Last line of the log of a task that ended or failed; null for none.
/// </param>
internal sealed record SlurmTaskStatus(string Name, string State, int Cells, int Done, int Running, int Failed, string? LastLine)
{
    private const int LogEnd = 4096;

    /// <summary>Whether all its cells are in the store.</summary>
    public bool IsFinished => Done == Cells;

    /// <summary>The tasks of an array.</summary>
    /// <param name="array">The array.</param>
    /// <param name="progress">The cells of the store.</param>
    /// <param name="queue">States of tasks in the queue; null if no cluster answers.</param>
    public static IEnumerable<SlurmTaskStatus> Of(
        SubmittedArray array, IReadOnlyList<CheckpointProgress> progress, IReadOnlyDictionary<string, string>? queue)
    {
        var done = progress.ToDictionary(p => p.Checkpoint, p => p.Done);
        var running = progress.ToDictionary(p => p.Checkpoint, p => p.Running.ToHashSet());
        var failed = progress.ToDictionary(p => p.Checkpoint, p => p.Failed.Select(f => f.Cell).ToHashSet());
        foreach (var task in Enumerable.Range(0, array.Tasks.Count))
        {
            var cells = array.CellsOf(task).ToList();
            var name = array.NameOf(task);
            var state = queue is null ? "unknown" : queue.GetValueOrDefault(name, "ended");
            var failures = cells.Count(c => failed.GetValueOrDefault(c.Checkpoint)?.Contains(c.Cell) == true);
            var isOver = state is "ended" or "unknown" || failures > 0;
            yield return new SlurmTaskStatus(
                name,
                state,
                cells.Count,
                cells.Count(c => done.GetValueOrDefault(c.Checkpoint)?.Contains(c.Cell) == true),
                cells.Count(c => running.GetValueOrDefault(c.Checkpoint)?.Contains(c.Cell) == true),
                failures,
                isOver ? LastLineOf(array.LogOf(task)) : null);
        }
    }

    /// <summary>The last non-empty line of a file; null if there is none.</summary>
    internal static string? LastLineOf(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Seek(-Math.Min(LogEnd, file.Length), SeekOrigin.End);
            using var reader = new StreamReader(file, Encoding.UTF8);
            return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [.., var last]
                ? Printable.Of(last) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // The task has not started.
        }
    }
}
