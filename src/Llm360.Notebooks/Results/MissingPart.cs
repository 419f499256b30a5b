// Checkpoints and items of a grid that do not exist.

namespace Llm360.Notebooks;

/// <summary>A checkpoint or item that does not exist.</summary>
/// <param name="Name">For example <c>ckpt_012</c>.</param>
/// <param name="Place">Its folder or file, or its location on the Hub.</param>
/// <param name="What">What is missing, for example <c>no weights</c>.</param>
public sealed record MissingPart(string Name, string Place, string What)
{
    private const int Shown = 8;

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({What})";

    /// <summary>
    /// The parts that should be on this disk but are missing; parts on the Hub are not checked.
    /// </summary>
    internal static Dictionary<object, MissingPart> OnDisk(IReadOnlyList<Checkpoint> checkpoints, IReadOnlyList<GridItem> items)
    {
        var missing = new Dictionary<object, MissingPart>();
        foreach (var checkpoint in checkpoints.Where(c => !c.IsOnHub))
        {
            var what = !Directory.Exists(checkpoint.Folder) ? "no folder"
                : !File.Exists(Path.Combine(checkpoint.Folder, SuiteLayout.Config)) ? $"no {SuiteLayout.Config}"
                : !WeightFiles.AreComplete(checkpoint.Folder) ? "no complete weights" : null;
            if (what is not null)
                missing[checkpoint] = new MissingPart(checkpoint.Name, checkpoint.Folder, what);
        }

        foreach (var item in items)
        {
            if (item.MissingOnDisk() is { } part)
                missing[item] = part;
        }

        return missing;
    }

    /// <summary>
    /// Checks that parts on the Hub and items of other kinds exist, without fetching them.
    /// </summary>
    /// <param name="checkpoints">Checkpoints that have a cell to compute.</param>
    /// <param name="items">Items that have a cell to compute.</param>
    /// <param name="skip">Returns the missing parts instead of throwing.</param>
    /// <param name="stop">Stops waiting.</param>
    /// <exception cref="Llm360Exception">
    /// A part is missing and not skipped, or the Hub cannot be reached.
    /// </exception>
    internal static async Task<Dictionary<object, MissingPart>> AwayAsync(
        IReadOnlyList<Checkpoint> checkpoints, IReadOnlyList<GridItem> items, bool skip, CancellationToken stop)
    {
        var missing = new Dictionary<object, MissingPart>();
        try
        {
            await checkpoints.RequireAsync(stop).ConfigureAwait(false);
            // All chunks at once, so that their revision is looked up once.
            await ChunkReader.RequireAsync([.. items.OfType<ChunkItem>().Select(i => i.Chunk)], stop).ConfigureAwait(false);
            foreach (var item in items.Where(i => i is not ChunkItem))
                await item.RequireAsync(stop).ConfigureAwait(false);
        }
        catch (Llm360Exception e) when (skip && e is not HubUnreachableException)
        {
            foreach (var checkpoint in checkpoints)
                await TryAsync(checkpoint, checkpoint.Name, () => new[] { checkpoint }.RequireAsync(stop)).ConfigureAwait(false);
            foreach (var item in items)
                await TryAsync(item, item.ToString(), () => item.RequireAsync(stop)).ConfigureAwait(false);
        }

        return missing;

        async Task TryAsync(object part, string name, Func<Task> require)
        {
            try
            {
                await require().ConfigureAwait(false);
            }
            catch (Llm360Exception e) when (e is not HubUnreachableException)
            {
                missing[part] = new MissingPart(name, e.Where, e.What.TrimEnd('.'));
            }
        }
    }

    /// <summary>The error that names missing parts.</summary>
    internal static Llm360Exception Error(IReadOnlyCollection<MissingPart> missing)
    {
        var more = missing.Count > Shown ? $" and {missing.Count - Shown} more" : "";
        return new Llm360Exception(
            missing.Count == 1 ? $"A part of the grid is missing: {missing.First()}."
                : $"{missing.Count} parts of the grid are missing: {string.Join(", ", missing.Take(Shown))}{more}.",
            string.Join(", ", missing.Take(Shown).Select(m => m.Place)) + more,
            "Put them back or choose others. Option --skip-missing, in a notebook skipMissing: true, continues without them.");
    }
}
