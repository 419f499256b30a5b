// The stored and the missing cells of a grid, found before the first model is loaded.

namespace Llm360.Notebooks;

/// <summary>A cell of the grid that a call handles.</summary>
/// <param name="Number">Number in checkpoint order.</param>
/// <param name="Item">The item.</param>
/// <param name="Identity">The identity that its file must have.</param>
/// <param name="IsStale">Whether a cell of another identity is in its place.</param>
internal sealed record PlannedCell(int Number, GridItem Item, CellIdentity Identity, bool IsStale);

/// <summary>The cells of one checkpoint.</summary>
internal sealed record PlannedCheckpoint(Checkpoint Checkpoint, List<PlannedCell> InStore, List<PlannedCell> ToCompute);

/// <summary>The cells of a shard, in checkpoint order.</summary>
/// <param name="Blocks">A block for each checkpoint.</param>
/// <param name="Skipped">Missing parts that are left out.</param>
internal sealed record GridPlan(IReadOnlyList<PlannedCheckpoint> Blocks, IReadOnlyList<MissingPart> Skipped)
{
    /// <summary>
    /// Looks up every cell of the shard in the store, and the parts that missing cells need.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// Checkpoints or items are missing and are not skipped, or files cannot be read.
    /// </exception>
    public static async Task<GridPlan> MakeAsync<T>(
        ResultStore<T> store,
        IReadOnlyList<Checkpoint> checkpoints,
        IReadOnlyList<GridItem> items,
        GridOptions options,
        Device device,
        CancellationToken stop)
    {
        var missing = MissingPart.OnDisk(checkpoints, items);
        if (missing.Count > 0 && (!options.SkipMissing || checkpoints.All(missing.ContainsKey) || items.All(missing.ContainsKey)))
            throw MissingPart.Error(missing.Values);
        SuiteCheck.Require(
            [.. checkpoints.Where(c => !missing.ContainsKey(c))],
            [.. items.Where(i => !missing.ContainsKey(i)).OfType<ChunkItem>().Select(i => i.Chunk)]);

        var identities = new string?[items.Count];
        var isKnown = new bool[items.Count];
        var blocks = new List<PlannedCheckpoint>();
        foreach (var (row, checkpoint) in checkpoints.Index())
        {
            stop.ThrowIfCancellationRequested();
            blocks.Add(Block(row, checkpoint));
        }

        var waiting = blocks.Where(b => b.ToCompute.Count > 0).ToList();
        List<GridItem> toRead = [.. waiting.SelectMany(b => b.ToCompute).Select(c => c.Item).Distinct()];
        List<Checkpoint> toLoad = [.. waiting.Select(b => b.Checkpoint)];
        var away = await MissingPart.AwayAsync(toLoad, toRead, options.SkipMissing, stop).ConfigureAwait(false);
        foreach (var block in waiting)
            block.ToCompute.RemoveAll(c => away.ContainsKey(block.Checkpoint) || away.ContainsKey(c.Item));
        Limit(blocks, options.AtMost);
        return new GridPlan(blocks, [.. missing.Values, .. away.Values]);

        PlannedCheckpoint Block(int row, Checkpoint checkpoint)
        {
            var block = new PlannedCheckpoint(checkpoint, [], []);
            if (missing.ContainsKey(checkpoint))
                return block;
            IReadOnlyDictionary<string, string?>? shared = null;
            for (var i = 0; i < items.Count; i++)
            {
                var (number, item) = ((row * items.Count) + i, items[i]);
                if (!options.Contains(number, (long)checkpoints.Count * items.Count) || missing.ContainsKey(item))
                    continue;
                if (options.OnlyFailed && !File.Exists(FailedCell.PathOf(store.FolderOf(checkpoint), item.Partition)))
                    continue;
                shared ??= store.SharedParts(checkpoint, options.AnyDevice ? null : device, options.Precision);
                if (!isKnown[i])
                    (identities[i], isKnown[i]) = (item.IdentityFrom(store.Fingerprints), true);
                var identity = new CellIdentity(shared, item.IdentityPart, identities[i]);
                var state = store.Find(checkpoint, item, identity);
                var cells = state == CellState.Current ? block.InStore : block.ToCompute;
                cells.Add(new PlannedCell(number, item, identity, state == CellState.Stale));
            }

            if (shared is not null)
                store.IndexOf(checkpoint).Save();
            return block;
        }
    }

    // Cells beyond the limit are treated as if they were not selected.
    private static void Limit(List<PlannedCheckpoint> blocks, int most)
    {
        foreach (var block in blocks)
        {
            var kept = Math.Min(most, block.ToCompute.Count);
            block.ToCompute.RemoveRange(kept, block.ToCompute.Count - kept);
            most -= kept;
        }
    }
}
