// The cells and bytes that a grid would compute and fetch.

namespace Llm360.Notebooks;

/// <summary>A grid and its remaining work.</summary>
/// <param name="Folder">Folder of the store.</param>
/// <param name="Missing">
/// Numbers of the cells to compute, counted in checkpoint order, ascending.
/// </param>
/// <param name="Checkpoints">Names of all checkpoints, in the order of the grid.</param>
/// <param name="Items">
/// Names of all items, for example <c>chunk=7</c>, in the order of the grid.
/// </param>
/// <param name="BytesToFetch">Bytes of checkpoints that are not in the cache.</param>
/// <param name="IsEstimate">Whether this number of bytes is an estimate.</param>
internal sealed record GridPreview(
    string Folder,
    IReadOnlyList<long> Missing,
    IReadOnlyList<string> Checkpoints,
    IReadOnlyList<string> Items,
    long BytesToFetch,
    bool IsEstimate)
{
    /// <summary>The preview of a plan, with the cells that are in the store.</summary>
    /// <exception cref="Llm360Exception">The Hub cannot be reached.</exception>
    public static async Task<GridFill> FillAsync<T>(
        ResultStore<T> store,
        IReadOnlyList<Checkpoint> checkpoints,
        IReadOnlyList<GridItem> items,
        GridPlan plan,
        CancellationToken stop)
    {
        var toLoad = plan.Blocks.Where(b => b.ToCompute.Count > 0).Select(b => b.Checkpoint);
        var (bytes, isEstimate) = await toLoad.ToFetchAsync(stop).ConfigureAwait(false);
        return new GridFill(plan.Blocks.Sum(b => b.InStore.Count), 0)
        {
            Skipped = plan.Skipped,
            Preview = new GridPreview(
                store.Folder,
                [.. plan.Blocks.SelectMany(b => b.ToCompute).Select(c => (long)c.Number).Order()],
                [.. checkpoints.Select(c => c.Name)],
                [.. items.Select(i => i.Partition)],
                bytes,
                isEstimate),
        };
    }
}
