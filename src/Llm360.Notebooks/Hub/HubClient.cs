// The Hugging Face Hub: what a repository holds, files whole into the cache, the beginning of files too large for it.
using System.Text.Json;
using Llm360.Notebooks.Suites;

namespace Llm360.Notebooks.Hub;

/// <summary>Reads from the Hugging Face Hub through the cache that Python's <c>huggingface_hub</c> uses.</summary>
/// <remarks>
/// A revision is looked up once and then stays the commit that the cache remembers, so that a study does not change under one's feet: delete <c>refs/REVISION</c> in the cache to look again. What is in the cache needs
/// no network. A download that ended half-way goes on where it was, in another process too, and its hash is compared when it is whole. Code from a repository is never run.
/// </remarks>
public sealed class HubClient : IDisposable
{
    private const int FilesAtOnce = 4;
    private const string NextPage = "next";
    private readonly HubSettings settings;
    private readonly HubHttp http;

    /// <summary>Makes a client.</summary>
    /// <param name="settings"><see cref="HubSettings.FromEnvironment"/> when null.</param>
    public HubClient(HubSettings? settings = null)
    {
        this.settings = settings ?? HubSettings.FromEnvironment();
        http = new HubHttp(this.settings);
    }

    /// <summary>The folder in the cache with the files of a revision that are there; null where the revision has not been looked up yet.</summary>
    public string? Snapshot(HubLocation revision) => Cache(revision).Commit(revision.Revision) is { } commit ? Cache(revision).Snapshot(commit) : null;

    /// <summary>The commit that a revision is: as the cache remembers it, else as the Hub says.</summary>
    /// <exception cref="Llm360Exception">The place is not of the Hub's form, the Hub cannot be reached, or there is no such revision.</exception>
    public async Task<string> CommitAsync(HubLocation revision, CancellationToken cancellation = default)
    {
        var cache = Cache(revision);
        if (cache.Commit(revision.Revision) is { } known)
            return known;
        using var response = await http.GetAsync($"{Api(revision)}/revision/{Uri.EscapeDataString(revision.Revision)}", revision, cancellation).ConfigureAwait(false);
        using var json = await JsonAsync(response, revision, cancellation).ConfigureAwait(false);
        var commit = json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("sha", out var sha) ? sha.ToString() : "";
        if (!HubCache.IsCommit(commit))
            throw NotUnderstood(revision, "it names no commit");
        cache.Remember(revision.Revision, commit);
        return commit;
    }

    /// <summary>The files of a revision.</summary>
    /// <exception cref="Llm360Exception">As of <see cref="CommitAsync"/>.</exception>
    public async Task<IReadOnlyList<HubEntry>> ListAsync(HubLocation revision, CancellationToken cancellation = default)
    {
        var (cache, commit) = (Cache(revision), await CommitAsync(revision, cancellation).ConfigureAwait(false));
        if (cache.Tree(commit) is { } known)
            return Checked(known);
        var files = new List<HubEntry>();
        for (var address = $"{Api(revision)}/tree/{commit}?recursive=true"; address is not null;)
        {
            using var response = await http.GetAsync(address, revision, cancellation).ConfigureAwait(false);
            using var json = await JsonAsync(response, revision, cancellation).ConfigureAwait(false);
            try
            {
                files.AddRange(json.RootElement.EnumerateArray().Where(e => e.GetProperty("type").GetString() == "file").Select(Entry));
            }
            catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException)
            {
                throw NotUnderstood(revision, e.Message);
            }

            address = Next(response);
        }

        cache.Remember(commit, Checked(files));
        return files;

        // Names, etags and sizes come from outside, of the cache as well.
        IReadOnlyList<HubEntry> Checked(IReadOnlyList<HubEntry> entries) => entries.FirstOrDefault(f => !HubLocation.IsRelative(f.Path) || !HubCache.IsEtag(f.Etag) || f.Size < 0) is { } wrong
            ? throw NotUnderstood(revision, $"it names a file \"{wrong.Path}\" with the etag \"{wrong.Etag}\" and {wrong.Size} bytes") : entries;
    }

    /// <summary>Brings files of a revision into the cache, several at once; what is there already is not asked for.</summary>
    /// <param name="revision">The revision.</param>
    /// <param name="files">Of <see cref="ListAsync"/>.</param>
    /// <param name="progress">Megabytes; <see cref="Work.Progress"/> when null.</param>
    /// <param name="cancellation">Stops; what has arrived is kept.</param>
    /// <returns>The folder with the files.</returns>
    /// <exception cref="Llm360Exception">The Hub cannot be reached or refuses, a file arrives damaged, or the disk is too small.</exception>
    public async Task<string> DownloadAsync(HubLocation revision, IReadOnlyCollection<HubEntry> files, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        const double megabyte = 1e6;
        progress ??= Work.Progress;
        var cache = Cache(revision);
        var commit = await CommitAsync(revision, cancellation).ConfigureAwait(false);
        var missing = files.Where(f => !File.Exists(cache.SnapshotFile(commit, f.Path))).ToList();
        var (total, done) = (missing.Sum(f => f.Size), 0L);
        CheckRoom(total);
        await Parallel.ForEachAsync(missing, new ParallelOptions { MaxDegreeOfParallelism = FilesAtOnce, CancellationToken = cancellation }, async (file, stop) =>
        {
            var location = revision with { Path = file.Path };
            await Blob(location, commit, file).CompleteAsync(
                bytes => progress?.Report(new WorkProgress($"download {revision}", Interlocked.Add(ref done, bytes) / megabyte, total / megabyte, "MB", file.Path)),
                stop).ConfigureAwait(false);
            cache.Link(commit, file.Path, file.Etag);
        }).ConfigureAwait(false);
        return cache.Snapshot(commit);
    }

    /// <summary>Opens a file for reading from its beginning. Of one that is not in the cache, only as much is fetched as is read, in pieces; they stay in the cache.</summary>
    /// <param name="file">The file.</param>
    /// <param name="cancellation">Stops opening and reading.</param>
    /// <returns>A stream that can be read forward; dispose it before the client.</returns>
    /// <exception cref="Llm360Exception">As of <see cref="DownloadAsync"/>, at once or while it is read.</exception>
    public async Task<Stream> OpenAsync(HubLocation file, CancellationToken cancellation = default)
    {
        var commit = await CommitAsync(file, cancellation).ConfigureAwait(false);
        var cache = Cache(file);
        if (cache.SnapshotFile(commit, file.Path) is var whole && File.Exists(whole))
            return new FileStream(whole, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        var entry = (await ListAsync(file with { Path = "" }, cancellation).ConfigureAwait(false)).FirstOrDefault(f => f.Path == file.Path)
            ?? throw new Llm360Exception($"The revision {file.Revision} has no file {file.Path}.", file.ToString(), $"Look at the files on {http.Page(file)}.");
        // Read to its end earlier: from now on Python finds it as well.
        if (File.Exists(cache.Blob(entry.Etag)))
            cache.Link(commit, file.Path, entry.Etag);
        return new HubStream(Blob(file, commit, entry), cache.Partial(entry.Etag), entry.Size, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private static HubEntry Entry(JsonElement json)
    {
        var (size, blob) = (json.GetProperty("size").GetInt64(), json.GetProperty("oid").GetString()!);
        var sha256 = json.TryGetProperty("lfs", out var lfs) && lfs.ValueKind == JsonValueKind.Object ? lfs.GetProperty("oid").GetString() : null;
        return new HubEntry(json.GetProperty("path").GetString()!, size, sha256 ?? blob)
        {
            Details = new TreeEntryJson(size, blob, sha256, sha256 is null ? null : size, json.TryGetProperty("xetHash", out var xet) ? xet.GetString() : null),
        };
    }

    private HubBlob Blob(HubLocation file, string commit, HubEntry entry) => new(http, Cache(file), file, Address(file, commit), entry, settings.Timeout);

    private HubCache Cache(HubLocation place) => place.IsValid ? new HubCache(settings.CacheFolder, place.Repository, place.IsDataset)
        : throw new Llm360Exception($"\"{place}\" is not a place on the Hub.", place.ToString(), "A repository is organisation/name; a revision or file has no \"..\", \"\\\" or \":\".");

    private void CheckRoom(long bytes)
    {
        Directory.CreateDirectory(settings.CacheFolder);
        if (new DriveInfo(settings.CacheFolder).AvailableFreeSpace is var free && free < bytes)
            throw new Llm360Exception(FormattableString.Invariant($"The files have {bytes / 1e9:0.0} GB, the disk has room for {free / 1e9:0.0} GB."), settings.CacheFolder, "Free disk space, or set HF_HUB_CACHE to a folder on another disk.");
    }

    /// <summary>The address of the next page, from the header <c>Link: &lt;ADDRESS&gt;; rel="next"</c>.</summary>
    private string? Next(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Link", out var values) && values.FirstOrDefault(v => v.Contains($"rel=\"{NextPage}\"", StringComparison.Ordinal)) is { } link
        && Uri.TryCreate(settings.Endpoint, link[(link.IndexOf('<', StringComparison.Ordinal) + 1)..link.IndexOf('>', StringComparison.Ordinal)], out var next)
        && next.Authority == settings.Endpoint.Authority ? next.ToString() : null;

    private static async Task<JsonDocument> JsonAsync(HttpResponseMessage response, HubLocation about, CancellationToken cancellation)
    {
        try
        {
            return await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false), default, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is JsonException or IOException or HttpRequestException)
        {
            throw NotUnderstood(about, e.Message, e);
        }
    }

    private static Llm360Exception NotUnderstood(HubLocation about, string how, Exception? inner = null) => new($"The Hub's answer cannot be used: {how}.", about.ToString(), "Check HF_ENDPOINT; try again later.", inner);

    private static string Api(HubLocation place) => $"api/{(place.IsDataset ? "datasets" : "models")}/{place.Repository}";

    private static string Address(HubLocation file, string commit) => $"{(file.IsDataset ? "datasets/" : "")}{file.Repository}/resolve/{commit}/{string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString))}";
}
