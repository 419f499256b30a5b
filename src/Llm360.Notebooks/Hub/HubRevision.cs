// One commit of a repository on the Hub: lists its files, downloads them, or reads their beginning.
using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Llm360.Notebooks;

/// <summary>A revision that was resolved to a commit; the commit does not change.</summary>
internal sealed partial class HubRevision
{
    private const int FilesAtOnce = 4;

    // The Hub advises 100,000 files a repository, and sends 1,000 a page.
    private const int MostFiles = 1_000_000, MostPages = 10_000;
    private const double Megabyte = 1e6;
    private readonly HubSettings settings;
    private readonly HubHttp http;
    private readonly HubCache cache;
    private readonly HubLocation place;

    internal HubRevision(HubSettings settings, HubHttp http, HubCache cache, HubLocation revision, string commit) =>
        (this.settings, this.http, this.cache, place, Commit) = (settings, http, cache, revision with { Path = "" }, commit);

    /// <summary>The commit, 40 hexadecimal digits.</summary>
    public string Commit { get; }

    /// <summary>The folder in the cache with the available files.</summary>
    public string Snapshot => cache.Snapshot(Commit);

    /// <summary>The files of the commit; fetched once and kept in the cache.</summary>
    /// <exception cref="Llm360Exception">
    /// The Hub cannot be reached or refuses, or its answer is invalid.
    /// </exception>
    public async Task<IReadOnlyList<HubEntry>> ListAsync(CancellationToken cancellation = default)
    {
        if (cache.Tree(Commit) is { } known)
            return Checked(known);
        var files = new List<HubEntry>();
        var asked = new HashSet<string>();
        for (var (address, query) = ($"{Api(place)}/tree/{Commit}", "?recursive=true"); query is not null;)
        {
            if (!asked.Add(query) || asked.Count > MostPages)
                throw http.NotUnderstood(place, asked.Count > MostPages ? $"it has more than {MostPages} pages" : "its pages repeat");
            var (body, link) = await http.GetWholeAsync(address + query, place, cancellation).ConfigureAwait(false);
            files.AddRange(HubListing.Read(body, place, http));
            if (files.Count > MostFiles)
                throw http.NotUnderstood(place, $"it has more than {MostFiles} files");
            query = link is null ? null : NextQuery(link) ?? throw http.NotUnderstood(place, $"the link to its next page is \"{link}\"");
        }

        cache.Remember(Commit, Checked(files));
        return files;
    }

    /// <summary>
    /// Downloads files into the cache, several at once. Files in the cache are not fetched again. A
    /// content is hashed at its first use, and again if it has changed.
    /// </summary>
    /// <param name="files">Entries of <see cref="ListAsync"/>.</param>
    /// <param name="progress">Megabytes; <see cref="AmbientWork.Progress"/> when null.</param>
    /// <param name="cancellation">Stops; the bytes that have arrived are kept.</param>
    /// <returns>The folder with the files.</returns>
    /// <exception cref="Llm360Exception">
    /// The Hub cannot be reached or refuses, a file arrives damaged, the download would exceed
    /// <see cref="Downloads.Limit"/>, the disk is too small, or the cache cannot be used.
    /// </exception>
    public async Task<string> DownloadAsync(
        IReadOnlyList<HubEntry> files, IProgress<WorkProgress>? progress = null, CancellationToken cancellation = default)
    {
        progress ??= AmbientWork.Progress;
        var needs = new ConcurrentDictionary<HubEntry, long>(); // Bytes to fetch for each file that is not ready.
        await ForEachAsync(Checked(files), async (file, stop) =>
        {
            if (await NeedAsync(file, progress, stop).ConfigureAwait(false) is { } need)
                needs[file] = need;
        }).ConfigureAwait(false);
        if (needs.IsEmpty)
            return Snapshot;
        CheckRoom(needs.Values.Sum());
        var meter = Downloads.Current;
        Require(meter, needs.Values.Sum(), place);
        cache.Sweep();
        var (total, done) = (needs.Keys.Sum(f => f.Size), 0L);
        // Downloads below 1 MB show no progress.
        var shown = total < Megabyte ? null : progress;
        await ForEachAsync(needs.Keys, (file, stop) => Blob(file, meter).ExtendAsync(file.Size, bytes => Tell(file, bytes), stop))
            .ConfigureAwait(false);
        return Snapshot;

        void Tell(HubEntry file, long bytes)
        {
            var arrived = Interlocked.Add(ref done, bytes);
            shown?.Report(new WorkProgress($"download {place}", arrived / Megabyte, total / Megabyte, "MB", file.Path));
        }

        Task ForEachAsync(IEnumerable<HubEntry> entries, Func<HubEntry, CancellationToken, Task> work)
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = FilesAtOnce, CancellationToken = cancellation };
            return Parallel.ForEachAsync(entries, options, async (file, stop) => await work(file, stop).ConfigureAwait(false));
        }
    }

    /// <summary>
    /// Number of bytes of files that would have to be fetched. Nothing is hashed for this.
    /// </summary>
    /// <param name="files">Entries of <see cref="ListAsync"/>.</param>
    internal long Missing(IEnumerable<HubEntry> files) => files.Sum(f => f.Size - cache.Arrived(Commit, f));

    /// <summary>Checks that the running operation may fetch the missing bytes of files.</summary>
    /// <exception cref="Llm360Exception">It may not; the error states the size.</exception>
    internal void Require(IEnumerable<HubEntry> files) => Require(Downloads.Current, Missing(files), place);

    private void Require(Downloads.Meter meter, long bytes, HubLocation what) =>
        meter.Require(bytes, $"{what} needs", $"{what} at {settings.Endpoint}", settings.DownloadLimit);

    /// <summary>
    /// Number of bytes of a file that must be fetched; null if the file is ready to be used.
    /// </summary>
    private async Task<long?> NeedAsync(HubEntry file, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        if (cache.Stored(Commit, file) is not { } stored)
            return file.Size - cache.ArrivedPartly(file);
        var hashed = 0L;
        var wrong = await cache.WrongHashAsync(stored, file.Etag, Tell, cancellation).ConfigureAwait(false);
        return wrong is not null ? file.Size - cache.ArrivedPartly(file) : cache.Has(Commit, file) ? null : 0;

        void Tell(long bytes)
        {
            hashed += bytes;
            progress?.Report(new WorkProgress($"check {place}", hashed / Megabyte, file.Size / Megabyte, "MB", file.Path));
        }
    }

    /// <summary>
    /// The entry of a file, whose etag identifies the content: SHA-256 for large files, git's SHA-1
    /// for others.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// There is no such file, or as for <see cref="ListAsync"/>.
    /// </exception>
    internal async Task<HubEntry> EntryAsync(string path, CancellationToken cancellation = default) =>
        (await ListAsync(cancellation).ConfigureAwait(false)).FirstOrDefault(f => f.Path == path)
        ?? throw new Llm360Exception(
            $"The revision {place.Revision} has no file {path}.",
            (place with { Path = path }).ToString(),
            $"Look at the files on {http.Page(place)}.");

    /// <summary>
    /// Opens a file for reading from its beginning. If the file is not in the cache, only the parts
    /// that are read are fetched; they stay in the cache.
    /// </summary>
    /// <param name="path">The file, with <c>/</c>.</param>
    /// <param name="cancellation">Stops opening and reading.</param>
    /// <returns>A stream that can be read forward; dispose it before the client.</returns>
    /// <exception cref="Llm360Exception">
    /// There is no such file, or as for <see cref="DownloadAsync"/>, at once or while it is read.
    /// </exception>
    public async Task<Stream> OpenAsync(string path, CancellationToken cancellation = default)
    {
        var entry = await EntryAsync(path, cancellation).ConfigureAwait(false);
        // A content in the cache is checked before it is used.
        var isThere = cache.Stored(Commit, entry) is not null;
        if (isThere)
            await DownloadAsync([entry], cancellation: cancellation).ConfigureAwait(false);
        else
            cache.Sweep();
        var meter = Downloads.Current;
        var cached = isThere ? cache.SnapshotFile(Commit, path) : cache.Partial(entry.Etag);
        return new HubStream(cache, Blob(entry, meter), entry, cached, Allow, cancellation);

        void Allow(long bytes) => Require(meter, bytes, place with { Path = path });
    }

    internal static string Api(HubLocation place) => $"api/{(place.IsDataset ? "datasets" : "models")}/{place.Repository}";

    private HubBlob Blob(HubEntry entry, Downloads.Meter meter) => new(http, cache, place with { Path = entry.Path }, Commit, entry, meter);

    /// <summary>
    /// Validates names, etags and sizes, because they come from outside, also in the cache.
    /// </summary>
    private IReadOnlyList<HubEntry> Checked(IReadOnlyList<HubEntry> entries)
    {
        const long largest = 1L << 50;
        var wrong = entries.FirstOrDefault(f =>
            !HubLocation.IsRelative(f.Path) || !HubCache.IsEtag(f.Etag) || f.Size is < 0 or > largest);
        if (wrong is not null)
            throw http.NotUnderstood(place, $"it names a file \"{wrong.Path}\" with the etag \"{wrong.Etag}\" and {wrong.Size} bytes");
        return entries.Select(f => f.Path).Distinct().Count() == entries.Count
            ? entries
            : throw http.NotUnderstood(place, "it names a file twice");
    }

    private void CheckRoom(long bytes)
    {
        var free = HubCache.Guarded(
            settings.CacheFolder,
            () => new DriveInfo(Directory.CreateDirectory(settings.CacheFolder).FullName).AvailableFreeSpace);
        if (free < bytes)
        {
            throw new Llm360Exception(
                FormattableString.Invariant(
                    $"{place} needs {bytes / 1e9:0.0} GB more, and the disk has room for {free / 1e9:0.0} GB."),
                settings.CacheFolder,
                "Free disk space, or set HF_HUB_CACHE to a folder on another disk.");
        }
    }

    /// <summary>
    /// The query of the next page's address. The rest of the address is known; a mirror may pass on
    /// the Hub's own address, which differs.
    /// </summary>
    private static string? NextQuery(string link) =>
        NextLink().Match(link) is { Success: true } match ? match.Groups["query"].Value : null;

    [GeneratedRegex("<[^<>?]*(?<query>\\?[^<>]+)>[^,<]*rel=\"?next\"?")]
    private static partial Regex NextLink();
}
