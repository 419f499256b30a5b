// Running an analysis over checkpoints x items: what is in the store is read, the rest computed and
// stored cell by cell.

namespace Llm360.Notebooks;

/// <summary>Runs grids.</summary>
public static class Grid
{
    /// <summary>
    /// Parameters up to which a model's cells are shared out among threads, instead of its
    /// operators.
    /// </summary>
    private const long SmallModel = 50_000_000;

    /// <summary>
    /// Every cell of checkpoints x items. Stopped at any moment, it has lost at most the cells in
    /// flight: one, or one a thread with a small model on the CPU.
    /// </summary>
    /// <param name="store">Where cells are kept.</param>
    /// <param name="checkpoints">A model is loaded for each that has a cell to compute.</param>
    /// <param name="items">Chunks (<see cref="ChunkItems.AsItems"/>) or items of another
    /// kind.</param>
    /// <param name="options">Device, progress and the like; the defaults when null.</param>
    /// <exception cref="Llm360Exception">
    /// Checkpoints or items are missing. The error names them before anything is computed.
    /// </exception>
    public static async Task<GridRun<T>> RunAsync<T>(
        ResultStore<T> store, IReadOnlyList<Checkpoint> checkpoints, IReadOnlyList<GridItem> items, GridOptions? options = null)
    {
        var cells = new GridCell<T>?[checkpoints.Count * items.Count];
        var fill = await GoAsync(store, checkpoints, items, options ?? new GridOptions(), cells).ConfigureAwait(false);
        return new GridRun<T>([.. cells.OfType<GridCell<T>>()], fill);
    }

    /// <summary>
    /// Computes the cells that are not in the store, and keeps none in memory: for grids whose
    /// results would not fit, and for several processes that take a shard each.
    /// </summary>
    /// <param name="store">Where cells are kept; several processes may fill it.</param>
    /// <param name="checkpoints">As in <see cref="RunAsync"/>.</param>
    /// <param name="items">As in <see cref="RunAsync"/>.</param>
    /// <param name="options">As in <see cref="RunAsync"/>.</param>
    /// <exception cref="Llm360Exception">As in <see cref="RunAsync"/>.</exception>
    public static Task<GridFill> FillAsync<T>(
        ResultStore<T> store, IReadOnlyList<Checkpoint> checkpoints, IReadOnlyList<GridItem> items, GridOptions? options = null) =>
        GoAsync(store, checkpoints, items, options ?? new GridOptions(), null);

    private static async Task<GridFill> GoAsync<T>(
        ResultStore<T> store,
        IReadOnlyList<Checkpoint> checkpoints,
        IReadOnlyList<GridItem> items,
        GridOptions options,
        GridCell<T>?[]? kept)
    {
        var (progress, stop, device) = (options.Watcher(), options.StopToken(), options.DeviceOrBest());
        using var work = options.Begin();
        // What is missing shows before the first of what may be days of work.
        var plan = await GridPlan.MakeAsync(store, checkpoints, items, options, device, stop).ConfigureAwait(false);
        var (found, computed) = (0, 0);
        var total = plan.Blocks.Sum(b => b.InStore.Count + b.ToCompute.Count);
        var stale = plan.Blocks.Sum(b => b.ToCompute.Count(c => c.IsStale));
        List<Checkpoint> toLoad = [.. plan.Blocks.Where(b => b.ToCompute.Count > 0).Select(b => b.Checkpoint)];
        var models = toLoad.SweepAsync(options with { Device = device }).GetAsyncEnumerator(CancellationToken.None);
        await using var sweep = models.ConfigureAwait(false);
        foreach (var block in plan.Blocks)
        {
            stop.ThrowIfCancellationRequested();
            foreach (var cell in block.InStore)
            {
                if (kept is not null)
                {
                    var content = await store.ReadAsync(block.Checkpoint, cell.Item, stop).ConfigureAwait(false);
                    kept[cell.Number] = new(block.Checkpoint, cell.Item, content, FromStore: true);
                }

                found++;
                Report(block.Checkpoint, cell.Item);
            }

            if (block.ToCompute.Count == 0)
                continue;
            await models.MoveNextAsync().ConfigureAwait(false);
            LanguageModel model = models.Current.Model;
            var workers = device == Device.Cpu && model.Config.ParameterCount < SmallModel ? LibTorch.Threads : 1;
            try
            {
                await CellWorkers.RunAsync(block.ToCompute, workers, cell => Compute(block.Checkpoint, model, cell)).ConfigureAwait(false);
            }
            finally
            {
                store.IndexOf(block.Checkpoint).Save();
            }
        }

        return new GridFill(found, computed) { Skipped = plan.Skipped, Stale = stale };

        void Compute(Checkpoint checkpoint, LanguageModel model, PlannedCell cell)
        {
            stop.ThrowIfCancellationRequested();
            var content = store.Analysis.Compute(new GridContext(store.Suite, checkpoint, model, cell.Item, stop));
            store.Write(checkpoint, cell.Item, content, cell.Identity, device, options.Precision);
            if (kept is not null)
                kept[cell.Number] = new(checkpoint, cell.Item, content, FromStore: false);
            else
                store.Analysis.Cells.Release(content);
            Interlocked.Increment(ref computed);
            Report(checkpoint, cell.Item);
        }

        void Report(Checkpoint checkpoint, GridItem item)
        {
            var detail = FormattableString.Invariant($"{checkpoint} on {item}; {found} from the store, {computed} computed");
            if (stale > 0)
                detail += FormattableString.Invariant($"; {stale} stale");
            var task = store.Analysis.Task ?? $"{store.Analysis.Name} of {store.Suite.Name}";
            progress?.Report(new WorkProgress(task, found + computed, total, "cells", detail));
        }
    }
}
