// Running an analysis over checkpoints x chunks: what is in the store is read, the rest computed and stored cell by cell.
using System.Globalization;
using Llm360.Notebooks.Models;
using Llm360.Notebooks.Suites;
using Llm360.Notebooks.Torch;

namespace Llm360.Notebooks.Results;

/// <summary>One cell of a grid.</summary>
/// <param name="Checkpoint">Of the model.</param>
/// <param name="Chunk">Of the data.</param>
/// <param name="Rows">The results.</param>
/// <param name="FromStore">Whether it was there already.</param>
public sealed record GridCell<T>(Checkpoint Checkpoint, Chunk Chunk, IReadOnlyList<T> Rows, bool FromStore);

/// <summary>Runs grids.</summary>
public static class Grid
{
    /// <summary>Parameters up to which a model's cells are shared out among threads, instead of its operators.</summary>
    private const long SmallModel = 50_000_000;

    /// <summary>Every cell of checkpoints x chunks. Stopped at any moment, it has lost at most the cells in flight: one, or one a thread with a small model on the CPU.</summary>
    /// <param name="store">Where cells are kept.</param>
    /// <param name="checkpoints">A model is loaded for each that has a cell to compute.</param>
    /// <param name="chunks">The data.</param>
    /// <param name="compute">The rows of one cell; called from several threads at once with a small model.</param>
    /// <param name="task">Name for the progress display.</param>
    /// <param name="device">Where models run; <see cref="Device.Best"/> when null.</param>
    /// <param name="progress">Cells done; <see cref="Work.Progress"/> when null.</param>
    /// <param name="cancellation">Stops before the next cell; <see cref="Work.Cancellation"/> when not given.</param>
    public static async Task<IReadOnlyList<GridCell<T>>> RunAsync<T>(
        ResultStore store,
        IReadOnlyList<Checkpoint> checkpoints,
        IReadOnlyList<Chunk> chunks,
        Func<LanguageModel, Chunk, CancellationToken, IReadOnlyList<T>> compute,
        string task,
        Device? device = null,
        IProgress<WorkProgress>? progress = null,
        CancellationToken? cancellation = null)
        where T : class, new()
    {
        progress ??= Work.Progress;
        device ??= Device.Best;
        var stop = cancellation ?? Work.Cancellation;
        var cells = new List<GridCell<T>>(checkpoints.Count * chunks.Count);
        var (found, computed) = (0, 0);
        var missingOf = checkpoints.Select(c => Enumerable.Range(0, chunks.Count).Where(i => !store.Contains(c, chunks[i])).ToList()).ToList();
        var models = checkpoints.Where((_, i) => missingOf[i].Count > 0).ToList().SweepAsync(device).GetAsyncEnumerator(CancellationToken.None);
        await using var sweep = models.ConfigureAwait(false);
        foreach (var (checkpoint, missing) in checkpoints.Zip(missingOf))
        {
            stop.ThrowIfCancellationRequested();
            var row = new GridCell<T>[chunks.Count];
            foreach (var i in Enumerable.Range(0, chunks.Count).Except(missing))
            {
                row[i] = new GridCell<T>(checkpoint, chunks[i], await store.ReadAsync<T>(checkpoint, chunks[i], stop).ConfigureAwait(false), FromStore: true);
                found++;
                Report(checkpoint, chunks[i]);
            }

            if (missing.Count > 0)
            {
                await models.MoveNextAsync().ConfigureAwait(false);
                var model = models.Current.Model;
                var workers = device == Device.Cpu && model.Config.ParameterCount < SmallModel ? LibTorch.Threads : 1;
                await CellWorkers.RunAsync(missing, workers, i =>
                {
                    stop.ThrowIfCancellationRequested();
                    var rows = compute(model, chunks[i], stop);
                    store.WriteAsync(checkpoint, chunks[i], rows).GetAwaiter().GetResult();
                    row[i] = new GridCell<T>(checkpoint, chunks[i], rows, FromStore: false);
                    Interlocked.Increment(ref computed);
                    Report(checkpoint, chunks[i]);
                }).ConfigureAwait(false);
            }

            cells.AddRange(row);
        }

        return cells;

        void Report(Checkpoint checkpoint, Chunk chunk) =>
            progress?.Report(new WorkProgress(task, found + computed, checkpoints.Count * chunks.Count, "cells", string.Create(CultureInfo.InvariantCulture, $"{checkpoint} on {chunk}; {found} from the store, {computed} computed")));
    }
}
