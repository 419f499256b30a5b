// Provides a folder on disk for a checkpoint, local or on the Hub.

namespace Llm360.Notebooks;

/// <summary>Downloads the files of a checkpoint on the Hub into the cache.</summary>
public static class CheckpointFiles
{
    /// <summary>
    /// The folder with a checkpoint's configuration, weights and, where it has one, tokenizer.
    /// </summary>
    /// <remarks>
    /// Files of a checkpoint on the Hub are fetched unless the cache has them. Safetensors are
    /// preferred to pickles.
    /// </remarks>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="run">
    /// Progress, in megabytes, and cancellation, which keeps the bytes that have arrived.
    /// </param>
    /// <exception cref="Llm360Exception">
    /// The Hub cannot be reached or refuses, the download would exceed
    /// <see cref="Downloads.Limit"/>,
    /// the disk is too small, or the revision is not a checkpoint.
    /// </exception>
    public static async Task<string> FetchAsync(this Checkpoint checkpoint, RunOptions? run = null)
    {
        if (!checkpoint.IsOnHub)
            return Local(checkpoint);
        var (place, progress, stop) = (checkpoint.Hub!, run.Watcher(), run.StopToken());
        using var work = run.Begin();
        using var hub = new HubClient();
        Llm360Exception? damage = null;
        if (Unlisted(hub, place) is { } cached)
        {
            var weightFiles = WeightFiles.FilesOf(cached.Folder).Select(f => Path.GetFileName(f)).ToHashSet();
            damage = await cached.FindDamageAsync(IsUsed, stop).ConfigureAwait(false);
            if (damage is null)
                return cached.Folder;

            bool IsUsed(string name) => CheckpointParts.IsSmall(name) || WeightFiles.IsIndex(name) || weightFiles.Contains(name);
        }

        try
        {
            var revision = await hub.ResolveAsync(place, stop).ConfigureAwait(false);
            var parts = await CheckpointParts.ListAsync(revision, place, stop).ConfigureAwait(false);
            revision.Require(parts.All);
            var folder = await revision.DownloadAsync(parts.Small, progress, stop).ConfigureAwait(false);
            return await revision.DownloadAsync(parts.WeightsIn(folder), progress, stop).ConfigureAwait(false);
        }
        catch (HubUnreachableException) when (damage is not null)
        {
            throw damage;
        }
    }

    /// <summary>
    /// Checks that checkpoints exist and that all their missing bytes may be fetched. A wrong name
    /// in a long list, or a sweep that is too large, then fails at the beginning.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// A checkpoint does not exist, together they exceed the download limit, or the Hub cannot be
    /// reached.
    /// </exception>
    internal static async Task RequireAsync(this IEnumerable<Checkpoint> checkpoints, CancellationToken cancellation)
    {
        using var hub = new HubClient();
        var places = new List<HubLocation>();
        // One request to the Hub returns the names of all revisions of a repository.
        foreach (var checkpoint in checkpoints)
        {
            if (checkpoint.IsOnHub)
            {
                await hub.ResolveAsync(checkpoint.Hub!, cancellation).ConfigureAwait(false);
                places.Add(checkpoint.Hub!);
            }
            else
            {
                Local(checkpoint);
            }
        }

        await RequirePermissionAsync(hub, [.. places.Distinct()], cancellation).ConfigureAwait(false);
    }

    private static async Task RequirePermissionAsync(HubClient hub, IReadOnlyList<HubLocation> places, CancellationToken cancellation)
    {
        if (places.Count == 0)
            return;
        var limit = Downloads.Limit;
        var (all, about) = await MissingAsync(hub, places, limit == long.MaxValue ? Downloads.DefaultLimit : limit, cancellation)
            .ConfigureAwait(false);
        var what = places.Count == 1 ? places[0].ToString() : $"{places.Count} checkpoints of {places[0].Repository}";
        Downloads.Current.Require(all, $"{what} need{(places.Count == 1 ? "s" : "")}", places[0].ToString(), limit, about);
        if (all <= Downloads.DefaultLimit)
            return;
        var size = $"{what}: {(about ? "about " : "")}{Downloads.Text(all)} in all";
        AmbientWork.Progress?.Report(new WorkProgress("fetch from the Hub", 0, all / 1e6, "MB", size));
    }

    /// <summary>
    /// Bytes of checkpoints that are not in the cache, and whether the number is an estimate.
    /// </summary>
    /// <exception cref="Llm360Exception">The Hub cannot be reached.</exception>
    internal static async Task<(long Bytes, bool IsEstimate)> ToFetchAsync(
        this IEnumerable<Checkpoint> checkpoints, CancellationToken cancellation)
    {
        using var hub = new HubClient();
        List<HubLocation> places = [.. checkpoints.Where(c => c.IsOnHub).Select(c => c.Hub!).Distinct()];
        return await MissingAsync(hub, places, Downloads.DefaultLimit, cancellation).ConfigureAwait(false);
    }

    // Sizes need one request for each revision that is not listed yet. Once the sum exceeds the
    // limit, the rest is estimated.
    private static async Task<(long Bytes, bool IsEstimate)> MissingAsync(
        HubClient hub, IReadOnlyList<HubLocation> places, long enough, CancellationToken cancellation)
    {
        var (bytes, listed) = (0L, 0);
        while (listed < places.Count && bytes <= enough)
            bytes += await MissingAsync(hub, places[listed++], cancellation).ConfigureAwait(false);
        return listed == places.Count ? (bytes, false) : ((long)((double)bytes / listed * places.Count), true);
    }

    private static async Task<long> MissingAsync(HubClient hub, HubLocation place, CancellationToken cancellation)
    {
        if (Unlisted(hub, place) is not null)
            return 0;
        var revision = await hub.ResolveAsync(place, cancellation).ConfigureAwait(false);
        return revision.Missing((await CheckpointParts.ListAsync(revision, place, cancellation).ConfigureAwait(false)).All);
    }

    /// <summary>
    /// A checkpoint that an older Python fetched: complete, but without a listing of its files.
    /// </summary>
    private static HubSnapshot? Unlisted(HubClient hub, HubLocation place)
    {
        if (hub.Cached(place) is not { IsListed: false } cached)
            return null;
        cached.Require(CheckpointParts.IsPart);
        return File.Exists(Path.Combine(cached.Folder, SuiteLayout.Config)) && WeightFiles.AreComplete(cached.Folder) ? cached : null;
    }

    private static string Local(Checkpoint checkpoint) =>
        checkpoint.Hub is null || WeightFiles.AreComplete(checkpoint.Folder)
            ? checkpoint.Folder
            : throw new Llm360Exception(
                $"The folder has a {SuiteLayout.Config} but no complete weights, and comes before the Hub.",
                checkpoint.Folder,
                $"Complete it, or take it away: then {checkpoint.Hub} is fetched.");

    /// <summary>
    /// The folder with a checkpoint's tokenizer. On the Hub, a revision without one takes that of
    /// <c>main</c>.
    /// </summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="cancellation"><see cref="AmbientWork.Cancellation"/> when not given.</param>
    /// <returns>A folder; without a tokenizer if none exists.</returns>
    /// <exception cref="Llm360Exception">The Hub cannot be reached or refuses.</exception>
    internal static async Task<string> FetchTokenizerAsync(this Checkpoint checkpoint, CancellationToken? cancellation = null)
    {
        if (checkpoint.Hub is null || Tokenizers.Exists(checkpoint.Folder))
            return checkpoint.Folder;
        var stop = cancellation ?? AmbientWork.Cancellation;
        using var hub = new HubClient();
        HubUnreachableException? unreachable = null;
        var folder = checkpoint.Folder;
        foreach (var place in new[] { checkpoint.Hub!, checkpoint.Hub! with { Revision = HubLocation.Main } }.Distinct())
        {
            try
            {
                var revision = await hub.ResolveAsync(place, stop).ConfigureAwait(false);
                var listed = await revision.ListAsync(stop).ConfigureAwait(false);
                List<HubEntry> files = [.. listed.Where(f => Tokenizers.FileNames.Contains(f.Path))];
                folder = await revision.DownloadAsync(files, cancellation: stop).ConfigureAwait(false);
            }
            catch (HubUnreachableException e) when (hub.Cached(place) is { } cached)
            {
                // An older Python fetched it without a listing: use the cached files.
                if (await cached.FindDamageAsync(Tokenizers.FileNames.Contains, stop).ConfigureAwait(false) is { } damage)
                    throw damage;
                (unreachable, folder) = (e, cached.Folder);
            }

            if (Tokenizers.Exists(folder))
                return folder;
        }

        return unreachable is null ? folder : throw unreachable;
    }
}
