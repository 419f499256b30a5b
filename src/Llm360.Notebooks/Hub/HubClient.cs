// The way to the Hugging Face Hub: from a name to one commit of a repository.

namespace Llm360.Notebooks;

/// <summary>Reads from the Hugging Face Hub through the cache that Python's <c>huggingface_hub</c> uses.</summary>
/// <remarks>
/// The revisions of a repository are looked up once and then stay the commits that the cache remembers, so that a study does not change under one's feet: delete <c>.llm360/refs.json</c> and <c>refs/REVISION</c> in the
/// repository's folder of the cache to look again (Python, where it is used, looks again each time). What is in the cache needs no network. A download that ended half-way goes on where it was, in another process too, and its hash is compared when it is whole.
/// Code from a repository is never run.
/// </remarks>
internal sealed class HubClient : IDisposable
{
    private readonly Lazy<(HubSettings Settings, HubHttp Http)> connection;

    /// <summary>Makes a client. The Hub's variables are read when the client is first asked for
    /// something: a suite on disk does not depend on them.</summary>
    /// <param name="settings"><see cref="HubSettings.FromEnvironment"/> when null.</param>
    public HubClient(HubSettings? settings = null) => connection = new(() =>
    {
        var used = settings ?? HubSettings.FromEnvironment();
        return (used, new HubHttp(used));
    });

    private HubSettings Settings => connection.Value.Settings;

    private HubHttp Http => connection.Value.Http;

    /// <summary>The folder in the cache with the files of a revision that are there; null where the revision has not been looked up yet.</summary>
    /// <exception cref="Llm360Exception">The place is not of the Hub's form, or the cache cannot be read.</exception>
    public string? Snapshot(HubLocation revision) => Cache(revision) is var cache && cache.Commit(revision.Revision) is { } commit ? cache.Snapshot(commit) : null;

    /// <summary>What the cache has of a revision; null if it has no file of it.</summary>
    internal HubSnapshot? Cached(HubLocation revision)
    {
        var cache = Cache(revision);
        return cache.Commit(revision.Revision) is { } commit && cache.HasSnapshot(commit) ? new HubSnapshot(cache, commit) : null;
    }

    /// <summary>The commit that a revision is: as the cache remembers it, else as the Hub says.</summary>
    /// <param name="revision">The revision; a path in it does not matter.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>Its files; use it before the client is disposed.</returns>
    /// <exception cref="Llm360Exception">The place is not of the Hub's form, the Hub cannot be reached, or there is no such revision.</exception>
    public async Task<HubRevision> ResolveAsync(HubLocation revision, CancellationToken cancellation = default)
    {
        var cache = Cache(revision);
        if (cache.Commit(revision.Revision) is { } known)
            return new HubRevision(Settings, Http, cache, revision, known);
        // All at once: 360 questions, a checkpoint each, would be more than the Hub answers in five minutes.
        var commit = cache.Refs() is null ? await RefAsync(cache, revision, cancellation).ConfigureAwait(false) : null;
        if (commit is null)
        {
            var (body, _) = await Http.GetWholeAsync($"{HubRevision.Api(revision)}/revision/{Uri.EscapeDataString(revision.Revision)}", revision, cancellation).ConfigureAwait(false);
            commit = body is [(byte)'<', ..] ? throw Http.NotUnderstood(revision, "it is a page for people, as of a network that asks one to sign in") : CommitIn(body, revision);
        }

        return new HubRevision(Settings, Http, cache, revision, commit);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (connection.IsValueCreated)
            Http.Dispose();
    }

    private HubCache Cache(HubLocation place) => place.IsValid ? new HubCache(Settings.CacheFolder, place.Repository, place.IsDataset)
        : throw new Llm360Exception($"\"{place}\" is not a place on the Hub.", place.ToString(), "A repository is organisation/name; a revision or file has no \"..\", \"\\\" or \":\".");

    /// <summary>Asks for all branches and tags, keeps them, and gives the commit of one; null where it is none of them.</summary>
    private async Task<string?> RefAsync(HubCache cache, HubLocation revision, CancellationToken cancellation)
    {
        try
        {
            var (body, _) = await Http.GetWholeAsync($"{HubRevision.Api(revision)}/refs", revision, cancellation).ConfigureAwait(false);
            var kind = Http.Answer(revision);
            using var json = JsonInput.Document(body, "answer", kind);
            var (root, refs) = (JsonPlace.Root(json, "answer", kind), new Dictionary<string, string>());
            foreach (var one in root["tags"].Items().Concat(root["branches"].Items()))
                refs[one["name"].Text()] = one["targetCommit"].Text();
            cache.Remember(refs);
            return cache.Commit(revision.Revision);
        }
        catch (Llm360Exception e) when (e is not HubUnreachableException)
        {
            // A mirror may not know this; the question for the one revision tells what is wrong.
            return null;
        }
    }

    private string CommitIn(byte[] body, HubLocation revision)
    {
        var kind = Http.Answer(revision);
        using var json = JsonInput.Document(body, "answer", kind);
        return JsonPlace.Root(json, "answer", kind)["sha"].Text() is var sha && HubCache.IsCommit(sha) ? sha : throw Http.NotUnderstood(revision, "it names no commit");
    }
}
