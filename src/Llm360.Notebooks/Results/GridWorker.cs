// A worker of a grid: claims, computes and stores batches of cells. Workers share only the store.
using System.Diagnostics;

namespace Llm360.Notebooks;

/// <summary>Computes the cells of a plan that no other worker computes.</summary>
/// <param name="store">The store of the cells.</param>
/// <param name="plan">The cells.</param>
/// <param name="options">How the grid runs.</param>
/// <param name="device">The device of the models.</param>
/// <param name="kept">Receives the cells by their numbers; null keeps none.</param>
internal sealed class GridWorker<T>(ResultStore<T> store, GridPlan plan, GridOptions options, Device device, GridCell<T>?[]? kept)
{
    private readonly IProgress<WorkProgress>? progress = options.Watcher();
    private readonly CancellationToken stop = options.StopToken();
    private readonly List<FailedCell> failures = [];
    private readonly int total = plan.Blocks.Sum(b => b.InStore.Count + b.ToCompute.Count);
    private readonly int stale = plan.Blocks.Sum(b => b.ToCompute.Count(c => c.IsStale));
    private int found, computed;
    private long batches;
    private TimeSpan claiming, computing;
    private TimeSpan? cellTime;

    /// <summary>Computes all cells, or those that other workers leave.</summary>
    /// <exception cref="Llm360Exception">
    /// A model or cell could not be loaded, computed or stored, or the disk is not suitable for the
    /// store.
    /// </exception>
    public async Task<GridFill> RunAsync()
    {
        foreach (var block in plan.Blocks)
        {
            foreach (var cell in block.InStore)
                await TakeAsync(block.Checkpoint, cell).ConfigureAwait(false);
        }

        List<WaitingCells> waiting =
        [
            .. plan.Blocks.Where(b => b.ToCompute.Count > 0)
                .Select(b => new WaitingCells(b, store.FolderOf(b.Checkpoint), options.Leases)),
        ];
        if (waiting.Count > 0)
            StoreDisk.Require(store.Folder);
        for (var round = 0; waiting.Count > 0; round++)
        {
            // First the checkpoints without another worker, so that each worker loads few
            // checkpoints.
            var hadFree = await SweepAsync(waiting, alone: round == 0).ConfigureAwait(false);
            waiting.RemoveAll(w => w.Left.Count == 0);
            if (round == 0 || waiting.Count == 0)
                continue;
            if (!hadFree && !options.WaitForOthers)
                break;
            ReportWaiting(waiting);
            await Task.Delay(options.Leases.Poll * (0.5 + Random.Shared.NextDouble()), stop).ConfigureAwait(false);
        }

        return new GridFill(found, computed)
        {
            Skipped = plan.Skipped,
            Stale = stale,
            Elsewhere = waiting.Sum(w => w.Left.Count),
            Failed = failures,
            Claiming = claiming,
            Batches = batches,
        };
    }

    // Returns whether a checkpoint had a free cell.
    private async Task<bool> SweepAsync(List<WaitingCells> waiting, bool alone)
    {
        var (hadFree, next) = (false, new Queue<WaitingCells>(waiting));
        while (next.Count > 0)
        {
            var upcoming = new Queue<WaitingCells>();
            var models = Claimable(upcoming).SweepLazilyAsync(options with { Device = device }).GetAsyncEnumerator(CancellationToken.None);
            await using var sweep = models.ConfigureAwait(false);
            while (await TryLoadAsync(upcoming, models).ConfigureAwait(false) is { } block)
            {
                await ComputeAsync(block, models.Current.Model).ConfigureAwait(false);
                await ReadFinishedAsync(block).ConfigureAwait(false);
            }
        }

        foreach (var block in waiting)
            await ReadFinishedAsync(block).ConfigureAwait(false);
        return hadFree;

        // Decided when a model is about to be loaded, because other workers make progress
        // meanwhile.
        IEnumerable<Checkpoint> Claimable(Queue<WaitingCells> upcoming)
        {
            while (next.TryDequeue(out var block))
            {
                stop.ThrowIfCancellationRequested();
                if (!HasFree(block, alone))
                    continue;
                hadFree = true;
                upcoming.Enqueue(block);
                yield return block.Checkpoint;
            }
        }
    }

    // Null at the end of the sweep. A sweep also ends if a model cannot be loaded.
    private async Task<WaitingCells?> TryLoadAsync(
        Queue<WaitingCells> upcoming, IAsyncEnumerator<(Checkpoint Checkpoint, LanguageModel Model)> models)
    {
        try
        {
            return await models.MoveNextAsync().ConfigureAwait(false) ? upcoming.Dequeue() : null;
        }
        catch (Llm360Exception e) when (IsOfCell(e) && upcoming.Count > 0)
        {
            var block = upcoming.Dequeue();
            foreach (var cell in block.Left)
                Fail(block, cell, e);
            block.Left.Clear();
            if (!options.KeepGoing)
                throw;
            return null;
        }
    }

    private bool HasFree(WaitingCells block, bool alone)
    {
        var start = Stopwatch.GetTimestamp();
        var held = block.Claims.Held();
        claiming += Stopwatch.GetElapsedTime(start);
        if (alone && held.Count > 0)
            return false;
        TakeFinished(block, block.Left.Where(c => !held.Contains(c.Item.Partition)));
        return block.Left.Any(c => !held.Contains(c.Item.Partition));
    }

    private async Task ComputeAsync(WaitingCells block, LanguageModel model)
    {
        var workers = ItemWorkers.CountFor(model);
        try
        {
            while (Claim(block, workers) is { } lease)
            {
                var start = Stopwatch.GetTimestamp();
                using (lease)
                {
                    var names = lease.Cells.ToHashSet();
                    // Another worker may have finished them since this worker checked.
                    TakeFinished(block, block.Left.Where(c => names.Contains(c.Item.Partition)));
                    List<PlannedCell> batch = [.. block.Left.Where(c => names.Contains(c.Item.Partition))];
                    if (batch.Count == 0)
                        continue;
                    var done = new HashSet<int>();
                    await ItemWorkers.RunAsync(batch, workers, cell =>
                    {
                        if (lease.IsLost)
                            return;
                        Compute(block, model, cell);
                        lock (done)
                            done.Add(cell.Number);
                    }).ConfigureAwait(false);
                    block.Left.RemoveAll(c => done.Contains(c.Number));
                    var elapsed = Stopwatch.GetElapsedTime(start);
                    (computing, cellTime) = (computing + elapsed, elapsed / batch.Count);
                }
            }
        }
        finally
        {
            store.IndexOf(block.Checkpoint).Save();
            CellTiming.Save(store.Folder, device, computing, computed);
        }
    }

    private CellLease? Claim(WaitingCells block, int workers)
    {
        var start = Stopwatch.GetTimestamp();
        var size = cellTime is { } time && time > TimeSpan.Zero ? options.Leases.Batch / time : 0;
        var lease = block.Claims.TryTake([.. block.Left.Select(c => c.Item.Partition)], (int)Math.Clamp(size, workers, int.MaxValue / 2));
        claiming += Stopwatch.GetElapsedTime(start);
        batches += lease is null ? 0 : 1;
        return lease;
    }

    private void Compute(WaitingCells block, LanguageModel model, PlannedCell cell)
    {
        stop.ThrowIfCancellationRequested();
        var isStoring = false;
        try
        {
            var content = store.Analysis.Compute(new GridContext(store.Suite, block.Checkpoint, model, cell.Item, stop));
            isStoring = true;
            store.Write(block.Checkpoint, cell.Item, content, cell.Identity, device, options.Precision);
            if (kept is not null)
                kept[cell.Number] = new(block.Checkpoint, cell.Item, content, FromStore: false);
            else
                store.Analysis.Cells.Release(content);
        }
        catch (Exception e) when (!stop.IsCancellationRequested && IsOfCell(e))
        {
            Fail(block, cell, e);
            // If one cell cannot be stored, no other can.
            if (isStoring || !options.KeepGoing)
                throw;
            return;
        }

        block.Succeeded(cell);
        Interlocked.Increment(ref computed);
        Report(block.Checkpoint, cell.Item);
    }

    // Without the Hub, every other cell would fail as well, so the error is not that of a cell.
    private static bool IsOfCell(Exception exception) => exception is not HubUnreachableException;

    private void Fail(WaitingCells block, PlannedCell cell, Exception exception)
    {
        var failure = FailedCell.Of(block.Checkpoint, cell.Item, exception, options.Command);
        lock (failures)
            failures.Add(failure);
        failure.Save(block.Folder);
    }

    private void TakeFinished(WaitingCells block, IEnumerable<PlannedCell> cells)
    {
        var finished = cells.Where(c => store.Find(block.Checkpoint, c.Item, c.Identity) == CellState.Current).ToList();
        if (finished.Count == 0)
            return;
        var numbers = finished.Select(c => c.Number).ToHashSet();
        block.Left.RemoveAll(c => numbers.Contains(c.Number));
        block.Finished.AddRange(finished);
    }

    private async Task ReadFinishedAsync(WaitingCells block)
    {
        foreach (var cell in block.Finished)
            await TakeAsync(block.Checkpoint, cell).ConfigureAwait(false);
        block.Finished.Clear();
    }

    private async Task TakeAsync(Checkpoint checkpoint, PlannedCell cell)
    {
        stop.ThrowIfCancellationRequested();
        if (kept is not null)
        {
            var content = await store.ReadAsync(checkpoint, cell.Item, stop).ConfigureAwait(false);
            kept[cell.Number] = new(checkpoint, cell.Item, content, FromStore: true);
        }

        found++;
        Report(checkpoint, cell.Item);
    }

    private void Report(Checkpoint checkpoint, GridItem item)
    {
        var detail = FormattableString.Invariant($"{checkpoint} on {item}; {found} from the store, {computed} computed");
        if (stale > 0)
            detail += FormattableString.Invariant($"; {stale} stale");
        Report(detail);
    }

    private void ReportWaiting(List<WaitingCells> waiting) =>
        Report(FormattableString.Invariant($"{waiting.Sum(w => w.Left.Count)} cells are computed by other workers"));

    private void Report(string detail)
    {
        var task = store.Analysis.Task ?? $"{store.Analysis.Name} of {store.Suite.Name}";
        progress?.Report(new WorkProgress(task, found + computed, total, "cells", detail));
    }
}
