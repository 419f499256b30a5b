// Runs an analysis over checkpoints x items: reads stored cells, computes and stores the others.

namespace Llm360.Notebooks;

/// <summary>Runs grids.</summary>
public static class Grid
{
    /// <summary>
    /// Every cell of checkpoints x items. If it is stopped, at most the cells being computed are
    /// lost:
    /// one, or one for each thread with a small model on the CPU. Several processes, on any
    /// machines that share the store, may run the same grid: each cell is computed by one of them,
    /// and all of them wait for the last cell.
    /// </summary>
    /// <param name="store">The store of the cells.</param>
    /// <param name="checkpoints">A model is loaded for each that has a cell to compute.</param>
    /// <param name="items">
    /// Chunks (<see cref="ChunkItems.AsItems"/>) or items of another kind.
    /// </param>
    /// <param name="options">Device, progress and other options; the defaults when null.</param>
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
    /// Computes the cells that are not in the store and keeps none in memory, for grids whose
    /// results would not fit, and for several processes that take a shard each.
    /// </summary>
    /// <param name="store">The store of the cells; several processes may fill it.</param>
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
        var (stop, device) = (options.StopToken(), options.DeviceOrBest());
        using var work = options.Begin();
        // Missing parts are reported first, because the work may take days.
        var plan = await GridPlan.MakeAsync(store, checkpoints, items, options, device, stop).ConfigureAwait(false);
        if (options.OnlyPreview)
            return await GridPreview.FillAsync(store, checkpoints, items, plan, stop).ConfigureAwait(false);
        return await new GridWorker<T>(store, plan, options, device, kept).RunAsync().ConfigureAwait(false);
    }
}
