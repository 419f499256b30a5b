// Client of the Hugging Face Hub: resolves a name to one commit of a repository.

namespace Llm360.Notebooks;

/// <summary>
/// Reads from the Hugging Face Hub through the cache of Python's <c>huggingface_hub</c>.
/// </summary>
/// <remarks>
/// The revisions of a repository are looked up once. Later calls use the commits in the cache, so
/// that the data of a study does not change. To look the revisions up again, delete
/// <c>.llm360/refs.json</c> and <c>refs/REVISION</c> in the repository's folder of the cache.
/// (Python looks them up each time.) Cached files need no network. An interrupted download is
/// resumed, also by another process, and its hash is compared when it is complete. Code from a
/// repository is never run.
/// </remarks>
internal sealed class HubClient : IDisposable
{
    private readonly Lazy<(HubSettings Settings, HubHttp Http)> connection;

    /// <summary>
    /// Makes a client. The Hub's environment variables are read at the first request, so a suite on
    /// disk does not depend on them.
    /// </summary>
    /// <param name="settings"><see cref="HubSettings.FromEnvironment"/> when null.</param>
    public HubClient(HubSettings? settings = null) => connection = new(() =>
    {
        var used = settings ?? HubSettings.FromEnvironment();
        return (used, new HubHttp(used));
    });

    private HubSettings Settings => connection.Value.Settings;

    private HubHttp Http => connection.Value.Http;

    /// <summary>
    /// The folder in the cache with the available files of a revision; null if the revision has not
    /// been looked up yet.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// The location is not of the Hub's form, or the cache cannot be read.
    /// </exception>
    public string? Snapshot(HubLocation revision) =>
        Cache(revision) is var cache && cache.Commit(revision.Revision) is { } commit ? cache.Snapshot(commit) : null;

    /// <summary>The cached files of a revision; null if the cache has none.</summary>
    internal HubSnapshot? Cached(HubLocation revision)
    {
        var cache = Cache(revision);
        return cache.Commit(revision.Revision) is { } commit && cache.HasSnapshot(commit) ? new HubSnapshot(cache, commit) : null;
    }

    /// <summary>Resolves a revision to a commit, from the cache or else from the Hub.</summary>
    /// <param name="revision">The revision; a path in it is ignored.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>The revision with its files; use it before the client is disposed.</returns>
    /// <exception cref="Llm360Exception">
    /// The location is not of the Hub's form, the Hub cannot be reached, or there is no such
    /// revision.
    /// </exception>
    public async Task<HubRevision> ResolveAsync(HubLocation revision, CancellationToken cancellation = default)
    {
        var cache = Cache(revision);
        if (cache.Commit(revision.Revision) is { } known)
            return new HubRevision(Settings, Http, cache, revision, known);
        // Fetch all refs in one request: 360 checkpoints exceed the Hub's request limit of 5
        // minutes.
        var commit = cache.Refs() is null ? await RefAsync(cache, revision, cancellation).ConfigureAwait(false) : null;
        if (commit is null)
        {
            var question = $"{HubRevision.Api(revision)}/revision/{Uri.EscapeDataString(revision.Revision)}";
            var (body, _) = await Http.GetWholeAsync(question, revision, cancellation).ConfigureAwait(false);
            commit = body is [(byte)'<', ..]
                ? throw Http.NotUnderstood(revision, "it is a page for people, as of a network that asks one to sign in")
                : CommitIn(body, revision);
        }

        return new HubRevision(Settings, Http, cache, revision, commit);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (connection.IsValueCreated)
            Http.Dispose();
    }

    private HubCache Cache(HubLocation place) => place.IsValid
        ? new HubCache(Settings.CacheFolder, place.Repository, place.IsDataset)
        : throw new Llm360Exception(
            $"\"{place}\" is not a place on the Hub.",
            place.ToString(),
            "A repository is organisation/name; a revision or file has no \"..\", \"\\\" or \":\".");

    /// <summary>
    /// Fetches and caches all branches and tags, and returns the commit of the revision; null if it
    /// is none of them.
    /// </summary>
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
            // A mirror may not support this request. The request for the single revision reports
            // errors.
            return null;
        }
    }

    private string CommitIn(byte[] body, HubLocation revision)
    {
        var kind = Http.Answer(revision);
        using var json = JsonInput.Document(body, "answer", kind);
        return JsonPlace.Root(json, "answer", kind)["sha"].Text() is var sha && HubCache.IsCommit(sha)
            ? sha
            : throw Http.NotUnderstood(revision, "it names no commit");
    }
}
