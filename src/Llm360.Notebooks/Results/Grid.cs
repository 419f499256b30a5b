// Running an analysis over checkpoints x chunks: what is in the store is read, the rest computed and stored cell by cell.
using System.Globalization;
using Llm360.Notebooks.Corpora;
using Llm360.Notebooks.Models;
using Llm360.Notebooks.Suites;
using Llm360.Notebooks.Torch;
using TorchSharp;

namespace Llm360.Notebooks.Results;

/// <summary>One cell of a grid.</summary>
/// <param name="Checkpoint">Of the model.</param>
/// <param name="Chunk">Of the data.</param>
/// <param name="Rows">The results.</param>
/// <param name="FromStore">Whether it was there already.</param>
public sealed record GridCell<T>(Checkpoint Checkpoint, Chunk Chunk, IReadOnlyList<T> Rows, bool FromStore);

/// <summary>What filling a grid came to.</summary>
/// <param name="FromStore">Cells that were there already.</param>
/// <param name="Computed">Cells computed now.</param>
public sealed record GridFill(int FromStore, int Computed);

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
    /// <param name="type">Type of the weights; the checkpoint's own when null.</param>
    /// <param name="progress">Cells done; <see cref="Work.Progress"/> when null.</param>
    /// <param name="cancellation">Stops before the next cell; <see cref="Work.Cancellation"/> when not given.</param>
    public static async Task<IReadOnlyList<GridCell<T>>> RunAsync<T>(
        ResultStore store,
        IReadOnlyList<Checkpoint> checkpoints,
        IReadOnlyList<Chunk> chunks,
        Func<LanguageModel, Chunk, CancellationToken, IReadOnlyList<T>> compute,
        string task,
        Device? device = null,
        torch.ScalarType? type = null,
        IProgress<WorkProgress>? progress = null,
        CancellationToken? cancellation = null)
        where T : class, new()
    {
        var cells = new GridCell<T>[checkpoints.Count * chunks.Count];
        var stop = cancellation ?? Work.Cancellation;
        await GoAsync(
            store,
            checkpoints,
            chunks,
            GridShard.Whole,
            compute,
            async (i, checkpoint, chunk) => cells[i] = new GridCell<T>(checkpoint, chunk, await store.ReadAsync<T>(checkpoint, chunk, stop).ConfigureAwait(false), FromStore: true),
            (i, checkpoint, chunk, rows) => cells[i] = new GridCell<T>(checkpoint, chunk, rows, FromStore: false),
            task,
            device,
            type,
            progress,
            stop).ConfigureAwait(false);
        return cells;
    }

    /// <summary>Computes the cells of a shard that are not in the store. No rows are read or kept: for grids whose results would not fit into memory, and for several processes at one grid.</summary>
    /// <param name="store">Where cells are kept; several processes may fill it.</param>
    /// <param name="checkpoints">As in <see cref="RunAsync"/>.</param>
    /// <param name="chunks">As in <see cref="RunAsync"/>.</param>
    /// <param name="shard">Which of the cells.</param>
    /// <param name="compute">As in <see cref="RunAsync"/>.</param>
    /// <param name="task">Name for the progress display.</param>
    /// <param name="device">Where models run; <see cref="Device.Best"/> when null.</param>
    /// <param name="type">Type of the weights; the checkpoint's own when null.</param>
    /// <param name="progress">Cells done; <see cref="Work.Progress"/> when null.</param>
    /// <param name="cancellation">Stops before the next cell; <see cref="Work.Cancellation"/> when not given.</param>
    public static Task<GridFill> FillAsync<T>(
        ResultStore store,
        IReadOnlyList<Checkpoint> checkpoints,
        IReadOnlyList<Chunk> chunks,
        GridShard shard,
        Func<LanguageModel, Chunk, CancellationToken, IReadOnlyList<T>> compute,
        string task,
        Device? device = null,
        torch.ScalarType? type = null,
        IProgress<WorkProgress>? progress = null,
        CancellationToken? cancellation = null)
        where T : class, new() =>
        GoAsync(store, checkpoints, chunks, shard, compute, (_, _, _) => Task.CompletedTask, (_, _, _, _) => { }, task, device, type, progress, cancellation ?? Work.Cancellation);

    private static async Task<GridFill> GoAsync<T>(
        ResultStore store,
        IReadOnlyList<Checkpoint> checkpoints,
        IReadOnlyList<Chunk> chunks,
        GridShard shard,
        Func<LanguageModel, Chunk, CancellationToken, IReadOnlyList<T>> compute,
        Func<int, Checkpoint, Chunk, Task> onFound,
        Action<int, Checkpoint, Chunk, IReadOnlyList<T>> onComputed,
        string task,
        Device? device,
        torch.ScalarType? type,
        IProgress<WorkProgress>? progress,
        CancellationToken stop)
        where T : class, new()
    {
        progress ??= Work.Progress;
        device ??= Device.Best;
        // Fetching and loading a checkpoint shows in the same place, and stops with the same token.
        using var surroundings = Work.Begin(progress, stop);
        var (found, computed) = (0, 0);
        var blocks = checkpoints.Select((checkpoint, i) =>
        {
            var own = Enumerable.Range(i * chunks.Count, chunks.Count).Where(cell => shard.Contains(cell, (long)checkpoints.Count * chunks.Count)).ToLookup(cell => store.Contains(checkpoint, chunks[cell % chunks.Count]));
            return (Checkpoint: checkpoint, Found: own[true].ToList(), Missing: own[false].ToList());
        }).ToList();
        SuiteCheck.Require(checkpoints, chunks);
        // A name that is wrong shows before the first of what may be days of work.
        await blocks.Where(b => b.Missing.Count > 0).Select(b => b.Checkpoint).RequireAsync(stop).ConfigureAwait(false);
        await ChunkReader.RequireAsync([.. blocks.SelectMany(b => b.Missing).Select(cell => chunks[cell % chunks.Count]).Distinct()], stop).ConfigureAwait(false);
        var total = blocks.Sum(b => b.Found.Count + b.Missing.Count);
        var models = blocks.Where(b => b.Missing.Count > 0).Select(b => b.Checkpoint).ToList().SweepAsync(device, type).GetAsyncEnumerator(CancellationToken.None);
        await using var sweep = models.ConfigureAwait(false);
        foreach (var (checkpoint, inStore, missing) in blocks)
        {
            stop.ThrowIfCancellationRequested();
            foreach (var cell in inStore)
            {
                await onFound(cell, checkpoint, chunks[cell % chunks.Count]).ConfigureAwait(false);
                found++;
                Report(checkpoint, chunks[cell % chunks.Count]);
            }

            if (missing.Count == 0)
                continue;
            await models.MoveNextAsync().ConfigureAwait(false);
            var model = models.Current.Model;
            var workers = device == Device.Cpu && model.Config.ParameterCount < SmallModel ? LibTorch.Threads : 1;
            await CellWorkers.RunAsync(missing, workers, cell =>
            {
                stop.ThrowIfCancellationRequested();
                var chunk = chunks[cell % chunks.Count];
                var rows = compute(model, chunk, stop);
                store.WriteAsync(checkpoint, chunk, rows).GetAwaiter().GetResult();
                onComputed(cell, checkpoint, chunk, rows);
                Interlocked.Increment(ref computed);
                Report(checkpoint, chunk);
            }).ConfigureAwait(false);
        }

        return new GridFill(found, computed);

        void Report(Checkpoint checkpoint, Chunk chunk) =>
            progress?.Report(new WorkProgress(task, found + computed, total, "cells", string.Create(CultureInfo.InvariantCulture, $"{checkpoint} on {chunk}; {found} from the store, {computed} computed")));
    }
}
