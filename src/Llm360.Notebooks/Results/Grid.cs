// Running an analysis over checkpoints x items: what is in the store is read, the rest computed and
// stored cell by cell.

namespace Llm360.Notebooks;

/// <summary>Runs grids.</summary>
public static class Grid
{
    /// <summary>
    /// Every cell of checkpoints x items. Stopped at any moment, it has lost at most the cells in
    /// flight: one, or one a thread with a small model on the CPU. Several processes, on any
    /// machines that share the store, may run the same grid: each cell is computed by one of them,
    /// and all of them wait for the last cell.
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
        var (stop, device) = (options.StopToken(), options.DeviceOrBest());
        using var work = options.Begin();
        // What is missing shows before the first of what may be days of work.
        var plan = await GridPlan.MakeAsync(store, checkpoints, items, options, device, stop).ConfigureAwait(false);
        if (options.OnlyPreview)
            return await GridPreview.FillAsync(store, checkpoints, items, plan, stop).ConfigureAwait(false);
        return await new GridWorker<T>(store, plan, options, device, kept).RunAsync().ConfigureAwait(false);
    }
}
