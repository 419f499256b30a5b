// Running an analysis over checkpoints x chunks: what is in the store is read, the rest computed and stored cell by cell.
using System.Globalization;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>One cell of a grid.</summary>
/// <param name="Checkpoint">Of the model.</param>
/// <param name="Chunk">Of the data.</param>
/// <param name="Rows">The results.</param>
/// <param name="FromStore">Whether it was there already.</param>
public sealed record GridCell<T>(Checkpoint Checkpoint, Chunk Chunk, IReadOnlyList<T> Rows, bool FromStore);

/// <summary>What filling a grid came to.</summary>
/// <param name="FromStore">Cells that were there already.</param>
/// <param name="Computed">Cells computed now.</param>
public sealed record GridFill(int FromStore, int Computed)
{
    /// <summary>
    /// Checkpoints and chunks that were missing and skipped, with all their cells.
    /// </summary>
    public IReadOnlyList<MissingPart> Skipped { get; init; } = [];

    /// <summary>
    /// How many of the computed cells took the place of stale cells, which another model or other
    /// rows had given. The stale cells stay in the store.
    /// </summary>
    public int Stale { get; init; }
}

/// <summary>A grid and how its cells came.</summary>
/// <param name="Cells">The cells, checkpoint by checkpoint.</param>
/// <param name="Fill">Where they came from, and what was skipped.</param>
public sealed record GridRun<T>(IReadOnlyList<GridCell<T>> Cells, GridFill Fill);

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
    /// <param name="progress">Cells done; <see cref="AmbientWork.Progress"/> when null.</param>
    /// <param name="cancellation">Stops before the next cell; <see cref="AmbientWork.Cancellation"/> when not given.</param>
    /// <param name="skipMissing">Leaves missing checkpoints and chunks out; otherwise they are an
    /// error.</param>
    /// <exception cref="Llm360Exception">
    /// Checkpoints or chunks are missing. The error names them before anything is computed.
    /// </exception>
    public static async Task<GridRun<T>> RunAsync<T>(
        ResultStore store,
        IReadOnlyList<Checkpoint> checkpoints,
        IReadOnlyList<Chunk> chunks,
        Func<LanguageModel, Chunk, CancellationToken, IReadOnlyList<T>> compute,
        string task,
        Device? device = null,
        torch.ScalarType? type = null,
        IProgress<WorkProgress>? progress = null,
        CancellationToken? cancellation = null,
        bool skipMissing = false)
        where T : class, new()
    {
        var cells = new GridCell<T>?[checkpoints.Count * chunks.Count];
        var stop = cancellation ?? AmbientWork.Cancellation;
        var fill = await GoAsync(
            store,
            checkpoints,
            chunks,
            GridShard.Whole,
            skipMissing,
            compute,
            async (i, checkpoint, chunk) => cells[i] = new GridCell<T>(checkpoint, chunk, await store.ReadAsync<T>(checkpoint, chunk, stop).ConfigureAwait(false), FromStore: true),
            (i, checkpoint, chunk, rows) => cells[i] = new GridCell<T>(checkpoint, chunk, rows, FromStore: false),
            task,
            device,
            type,
            progress,
            stop).ConfigureAwait(false);
        return new GridRun<T>([.. cells.OfType<GridCell<T>>()], fill);
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
    /// <param name="progress">Cells done; <see cref="AmbientWork.Progress"/> when null.</param>
    /// <param name="cancellation">Stops before the next cell; <see cref="AmbientWork.Cancellation"/> when not given.</param>
    /// <param name="skipMissing">As in <see cref="RunAsync"/>.</param>
    /// <exception cref="Llm360Exception">As in <see cref="RunAsync"/>.</exception>
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
        CancellationToken? cancellation = null,
        bool skipMissing = false)
        where T : class, new() =>
        GoAsync(store, checkpoints, chunks, shard, skipMissing, compute, (_, _, _) => Task.CompletedTask, (_, _, _, _) => { }, task, device,
            type, progress, cancellation ?? AmbientWork.Cancellation);

    private static async Task<GridFill> GoAsync<T>(
        ResultStore store,
        IReadOnlyList<Checkpoint> checkpoints,
        IReadOnlyList<Chunk> chunks,
        GridShard shard,
        bool skipMissing,
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
        progress ??= AmbientWork.Progress;
        device ??= Device.Best;
        // Fetching and loading a checkpoint shows in the same place, and stops with the same token.
        using var surroundings = AmbientWork.Begin(progress, stop);
        // What is missing shows before the first of what may be days of work.
        var missing = MissingPart.OnDisk(checkpoints, chunks);
        if (missing.Count > 0 && (!skipMissing || checkpoints.All(missing.ContainsKey) || chunks.All(missing.ContainsKey)))
            throw MissingPart.Error(missing.Values);
        SuiteCheck.Require([.. checkpoints.Where(c => !missing.ContainsKey(c))], [.. chunks.Where(c => !missing.ContainsKey(c))]);
        var plan = checkpoints.Select((checkpoint, i) => Plan(checkpoint, i)).ToList();
        var waiting = plan.Where(p => p.ToCompute.Count > 0).ToList();
        List<Chunk> toRead = [.. waiting.SelectMany(p => p.ToCompute).Select(c => c.Chunk).Distinct()];
        var onHub = await MissingPart.OnHubAsync([.. waiting.Select(p => p.Checkpoint)], toRead, skipMissing, stop).ConfigureAwait(false);
        foreach (var block in plan)
            block.ToCompute.RemoveAll(c => onHub.ContainsKey(block.Checkpoint) || onHub.ContainsKey(c.Chunk));
        var (found, computed) = (0, 0);
        var total = plan.Sum(p => p.InStore.Count + p.ToCompute.Count);
        var stale = plan.Sum(p => p.ToCompute.Count(c => c.IsStale));
        List<Checkpoint> toLoad = [.. plan.Where(p => p.ToCompute.Count > 0).Select(p => p.Checkpoint)];
        var models = toLoad.SweepAsync(device, type).GetAsyncEnumerator(CancellationToken.None);
        await using var sweep = models.ConfigureAwait(false);
        foreach (var (checkpoint, inStore, toCompute) in plan)
        {
            stop.ThrowIfCancellationRequested();
            foreach (var cell in inStore)
            {
                await onFound(cell.Number, checkpoint, cell.Chunk).ConfigureAwait(false);
                found++;
                Report(checkpoint, cell.Chunk);
            }

            if (toCompute.Count == 0)
                continue;
            await models.MoveNextAsync().ConfigureAwait(false);
            var model = models.Current.Model;
            var workers = device == Device.Cpu && model.Config.ParameterCount < SmallModel ? LibTorch.Threads : 1;
            await CellWorkers.RunAsync(toCompute, workers, cell =>
            {
                stop.ThrowIfCancellationRequested();
                var rows = compute(model, cell.Chunk, stop);
                store.WriteAsync(checkpoint, cell.Chunk, rows, cell.Identity).GetAwaiter().GetResult();
                onComputed(cell.Number, checkpoint, cell.Chunk, rows);
                Interlocked.Increment(ref computed);
                Report(checkpoint, cell.Chunk);
            }).ConfigureAwait(false);
        }

        return new GridFill(found, computed) { Skipped = [.. missing.Values, .. onHub.Values], Stale = stale };

        PlannedCheckpoint Plan(Checkpoint checkpoint, int row)
        {
            var block = new PlannedCheckpoint(checkpoint, [], []);
            if (missing.ContainsKey(checkpoint))
                return block;
            IReadOnlyList<KeyValuePair<string, string?>>? model = null;
            for (var i = 0; i < chunks.Count; i++)
            {
                var (number, chunk) = ((row * chunks.Count) + i, chunks[i]);
                if (!shard.Contains(number, (long)checkpoints.Count * chunks.Count) || missing.ContainsKey(chunk))
                    continue;
                var identity = store.Fingerprints.Of(model ??= store.Fingerprints.Of(checkpoint), chunk);
                var state = store.Find(checkpoint, chunk, identity);
                var cells = state == CellState.Current ? block.InStore : block.ToCompute;
                cells.Add(new PlannedCell(number, chunk, identity, state == CellState.Stale));
            }

            return block;
        }

        void Report(Checkpoint checkpoint, Chunk chunk)
        {
            var detail = string.Create(CultureInfo.InvariantCulture, $"{checkpoint} on {chunk}; {found} from the store, {computed} computed");
            if (stale > 0)
                detail += string.Create(CultureInfo.InvariantCulture, $"; {stale} stale");
            progress?.Report(new WorkProgress(task, found + computed, total, "cells", detail));
        }
    }

    /// <summary>A cell of the grid that a call takes care of.</summary>
    private sealed record PlannedCell(int Number, Chunk Chunk, CellIdentity Identity, bool IsStale);

    /// <summary>The cells of one checkpoint.</summary>
    private sealed record PlannedCheckpoint(Checkpoint Checkpoint, List<PlannedCell> InStore, List<PlannedCell> ToCompute);
}
