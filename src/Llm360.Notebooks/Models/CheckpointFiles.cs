// From a checkpoint, wherever it is, to a folder on disk.
using Llm360.Notebooks.Hub;
using Llm360.Notebooks.Suites;
using Llm360.Notebooks.Text;
using Llm360.Notebooks.Weights;

namespace Llm360.Notebooks.Models;

/// <summary>Bringing the files of a checkpoint on the Hub into the cache.</summary>
public static class CheckpointFiles
{
    /// <summary>The folder with a checkpoint's configuration, weights and, where it has one, tokenizer. Of one on the Hub they are fetched unless the cache has them: safetensors where both kinds are there.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="progress">Megabytes; <see cref="Work.Progress"/> when null.</param>
    /// <param name="cancellation">Stops, and keeps what has arrived; <see cref="Work.Cancellation"/> when not given.</param>
    /// <exception cref="Llm360Exception">The Hub cannot be reached or refuses, the disk is too small, or the revision is no checkpoint.</exception>
    public static async Task<string> FetchAsync(this Checkpoint checkpoint, IProgress<WorkProgress>? progress = null, CancellationToken? cancellation = null)
    {
        if (!checkpoint.IsOnHub)
            return Local(checkpoint);
        var (place, stop) = (checkpoint.Hub!, cancellation ?? Work.Cancellation);
        using var surroundings = Work.Begin(progress ?? Work.Progress, stop);
        using var hub = new HubClient();
        if (hub.Snapshot(place) is { } cached && File.Exists(Path.Combine(cached, SuiteLayout.Config)) && WeightFiles.AreComplete(cached) && !hub.KnowsListing(place))
            return cached;
        var revision = await hub.ResolveAsync(place, stop).ConfigureAwait(false);
        var (there, weights) = await FilesAsync(revision, place, stop).ConfigureAwait(false);
        var small = there.Keys.Where(n => n is SuiteLayout.Config or StopTokens.GenerationConfig || Tokenizers.FileNames.Contains(n)).Append(weights);
        var folder = await revision.DownloadAsync([.. small.Where(n => n != weights || WeightFiles.IsIndex(weights)).Select(n => there[n])], progress, stop).ConfigureAwait(false);
        var large = WeightFiles.IsIndex(weights) ? ShardIndex.Read(Path.Combine(folder, weights)).Values.Distinct() : [weights];
        return await revision.DownloadAsync([.. large.Select(n => there.GetValueOrDefault(n) ?? throw new Llm360Exception($"The shard {n} that {weights} names is not there.", place.ToString(), "Choose another revision."))], progress, stop).ConfigureAwait(false);
    }

    /// <summary>Checks that checkpoints are there, without fetching them: so that a wrong name in a long list shows at the beginning. One question to the Hub answers for all of a repository.</summary>
    /// <exception cref="Llm360Exception">One is not, or the Hub cannot be reached.</exception>
    internal static async Task RequireAsync(this IEnumerable<Checkpoint> checkpoints, CancellationToken cancellation)
    {
        using var hub = new HubClient();
        foreach (var checkpoint in checkpoints)
        {
            if (checkpoint.IsOnHub)
                await hub.ResolveAsync(checkpoint.Hub!, cancellation).ConfigureAwait(false);
            else
                Local(checkpoint);
        }
    }

    private static async Task<(IReadOnlyDictionary<string, HubEntry> There, string Weights)> FilesAsync(HubRevision revision, HubLocation place, CancellationToken cancellation)
    {
        var there = (await revision.ListAsync(cancellation).ConfigureAwait(false)).ToDictionary(f => f.Path);
        return there.ContainsKey(SuiteLayout.Config) && WeightFiles.Choose(there.ContainsKey) is { } weights ? (there, weights)
            : throw new Llm360Exception($"The revision has no {(there.ContainsKey(SuiteLayout.Config) ? "weights that are read" : SuiteLayout.Config)}.", place.ToString(), $"It holds {string.Join(", ", there.Keys.Take(20))}.");
    }

    private static string Local(Checkpoint checkpoint) => checkpoint.Hub is null || WeightFiles.AreComplete(checkpoint.Folder) ? checkpoint.Folder
        : throw new Llm360Exception($"The folder has a {SuiteLayout.Config} but no complete weights, and comes before the Hub.", checkpoint.Folder, $"Complete it, or take it away: then {checkpoint.Hub} is fetched.");

    /// <summary>The folder with a checkpoint's tokenizer. On the Hub, a revision without one takes that of <c>main</c>.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="cancellation"><see cref="Work.Cancellation"/> when not given.</param>
    /// <returns>A folder; where there is no tokenizer anywhere, one without.</returns>
    /// <exception cref="Llm360Exception">The Hub cannot be reached or refuses.</exception>
    internal static async Task<string> FetchTokenizerAsync(this Checkpoint checkpoint, CancellationToken? cancellation = null)
    {
        if (checkpoint.Hub is null || Tokenizers.Exists(checkpoint.Folder))
            return checkpoint.Folder;
        var stop = cancellation ?? Work.Cancellation;
        using var hub = new HubClient();
        HubUnreachableException? unreachable = null;
        var folder = checkpoint.Folder;
        foreach (var place in new[] { checkpoint.Hub!, checkpoint.Hub! with { Revision = HubLocation.Main } }.Distinct())
        {
            try
            {
                var revision = await hub.ResolveAsync(place, stop).ConfigureAwait(false);
                folder = await revision.DownloadAsync([.. (await revision.ListAsync(stop).ConfigureAwait(false)).Where(f => Tokenizers.FileNames.Contains(f.Path))], cancellation: stop).ConfigureAwait(false);
            }
            catch (HubUnreachableException e) when (hub.Snapshot(place) is { } cached)
            {
                // Fetched by a Python that keeps no listings: what is there is taken.
                (unreachable, folder) = (e, cached);
            }

            if (Tokenizers.Exists(folder))
                return folder;
        }

        return unreachable is null ? folder : throw unreachable;
    }
}
