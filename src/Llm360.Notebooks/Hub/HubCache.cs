// The layout of the cache on disk, which Python's huggingface_hub and this kit share.
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Llm360.Notebooks;

/// <summary>The part of the cache that belongs to one repository.</summary>
/// <remarks>
/// A repository has the folder <c>models--org--name/</c> or <c>datasets--org--name/</c>. It
/// contains <c>refs/REVISION</c> (the commit), <c>blobs/ETAG</c> (contents),
/// <c>snapshots/COMMIT/PATH</c> (links to contents) and, since huggingface_hub 2,
/// <c>trees/COMMIT.json</c> (the list of files). This kit adds <c>blobs/ETAG.partial</c>, the
/// beginning of a content; <c>.llm360/refs.json</c>, the commits of all branches at the time of the
/// first request; and <c>.llm360/checked/</c>, the contents that were hashed.
/// <see cref="CacheFolder"/> opens every file: a link from a snapshot may lead only to a content of
/// the same repository.
/// </remarks>
internal sealed partial class HubCache
{
    /// <summary>The folder of files that Python does not use.</summary>
    public const string OwnFolder = ".llm360";

    private const int TreeVersion = 1;
    private static readonly JsonKind CacheFile = new("A listing in the Hub's cache", int.MaxValue, "Delete it.");

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    private readonly string root, name;
    private readonly CacheFolder files, shared;

    public HubCache(string root, string repository, bool isDataset)
        : this(root, $"{(isDataset ? "datasets" : "models")}--{repository.Replace("/", "--", StringComparison.Ordinal)}")
    {
    }

    /// <summary>Opens a repository's part by the name of its folder.</summary>
    public HubCache(string root, string name)
    {
        (this.root, this.name, Folder) = (root, name, Path.Combine(root, name));
        (files, shared) = (new CacheFolder(Folder), new CacheFolder(root));
        Checked = new CheckedContents(files, Folder);
    }

    public string Folder { get; }

    public CheckedContents Checked { get; }

    public string Blobs => Path.Combine(Folder, "blobs");

    public string Snapshots => Path.Combine(Folder, "snapshots");

    public string Blob(string etag) => Path.Combine(Blobs, etag);

    public string Partial(string etag) => Blob(etag) + ".partial";

    public string Snapshot(string commit) => Path.Combine(Snapshots, commit);

    public string SnapshotFile(string commit, string path) => Path.Combine(Snapshot(commit), Path.Combine(path.Split('/')));

    /// <summary>Takes the lock of a content.</summary>
    /// <exception cref="Llm360Exception">
    /// The lock file is a link or not a regular file, or it cannot be locked.
    /// </exception>
    public Task<IDisposable> LockAsync(string etag, Action waiting, CancellationToken cancellation)
    {
        var path = Path.Combine(root, ".locks", name, etag + ".lock");
        _ = shared.Find(path);
        return FileLock.TakeAsync(path, waiting, cancellation);
    }

    /// <summary>
    /// The commit of a revision. Returns the revision if it is a commit itself, and null if the Hub
    /// has not been asked for it yet.
    /// </summary>
    public string? Commit(string revision) =>
        IsCommit(revision) ? revision
        : files.Read(Ref(revision)) is { } bytes && Encoding.UTF8.GetString(bytes).Trim() is var commit && IsCommit(commit) ? commit
        : Refs()?.GetValueOrDefault(revision) is { } listed && IsCommit(listed) ? listed
        : null;

    /// <summary>
    /// The commits of all branches and tags at the time of the first request; null if there was
    /// none.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Refs() => Read<Dictionary<string, string>>(RefsFile);

    public void Remember(IReadOnlyDictionary<string, string> refs) =>
        files.Write(RefsFile, stream => JsonSerializer.Serialize(stream, refs));

    /// <summary>
    /// Writes <c>refs/REVISION</c> if it is missing. Call it only for a commit that has files,
    /// because Python treats a commit without files as a broken cache.
    /// </summary>
    public void Remember(string revision, string commit)
    {
        if (!IsCommit(revision) && files.Find(Ref(revision)) is null)
            files.Write(Ref(revision), stream => stream.Write(Encoding.ASCII.GetBytes(commit)));
        var tag = Path.Combine(root, "CACHEDIR.TAG");
        if (shared.Find(tag) is not null)
            return;
        var text = "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache: see https://bford.info/cachedir/\n";
        shared.Write(tag, stream => stream.Write(Encoding.ASCII.GetBytes(text)));
    }

    /// <summary>
    /// The files of a commit, which never change; null if the Hub has not been asked for them yet.
    /// </summary>
    public IReadOnlyList<HubEntry>? Tree(string commit) =>
        Read<TreeJson>(TreeFile(commit)) is { FormatVersion: TreeVersion, Files: { Count: > 0 } tree } && !tree.Values.Contains(null)
            ? [.. tree.Select(f => Entry(f.Key, f.Value!))] : null;

    // A file that cannot be read counts as missing, so the Hub is asked again.
    private T? Read<T>(string path)
        where T : class
    {
        if (files.Read(path) is not { } bytes)
            return null;
        try
        {
            return JsonInput.Read<T>(bytes, path, CacheFile, Json);
        }
        catch (Llm360Exception)
        {
            return null;
        }
    }

    private static HubEntry Entry(string path, TreeEntryJson json) =>
        new(path, json.Size, json.LfsSha256 ?? json.BlobId) { Details = json };

    public void Remember(string commit, IEnumerable<HubEntry> entries)
    {
        var tree = entries.OrderBy(f => f.Path, StringComparer.Ordinal).ToDictionary(f => f.Path, f => (TreeEntryJson?)f.Details);
        files.Write(TreeFile(commit), stream => JsonSerializer.Serialize(stream, new TreeJson(TreeVersion, tree), Json));
    }

    /// <summary>Deletes temporary files of processes that were killed.</summary>
    public void Sweep()
    {
        foreach (var folder in new[] { "refs", "trees", OwnFolder }.Select(f => Path.Combine(Folder, f)).Where(files.HasFolder))
            Guarded(folder, () => AtomicFile.Sweep(folder, belowAsWell: true));
        if (Directory.Exists(root))
            Guarded(root, () => AtomicFile.Sweep(root, belowAsWell: false));
    }

    /// <summary>Runs a function that reads or writes a file of the cache.</summary>
    /// <exception cref="Llm360Exception">The file cannot be read or written.</exception>
    public static T Guarded<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, e);
        }
    }

    /// <inheritdoc cref="Guarded{T}"/>
    public static void Guarded(string path, Action work) => Guarded(path, () =>
    {
        work();
        return true;
    });

    public static Llm360Exception Unusable(string path, Exception e) => new(
        $"The Hub's cache cannot be used: {e.Message}",
        path,
        "Check the folder and its permissions, and free disk space if there is none; HF_HUB_CACHE names another folder. "
            + "What has arrived is kept.",
        e);

    public static Llm360Exception Damaged(string path, string hash, string etag, Exception? inner) => new(
        $"A content in the Hub's cache is damaged: its hash is {hash}, not {etag}."
            + (inner is Llm360Exception e ? $" It cannot be fetched again: {e.What}" : ""),
        path,
        "Allow the network and run the same again: the content is fetched anew. HF_HUB_CACHE names another cache.",
        inner);

    public static bool IsCommit(string text) => CommitHash().IsMatch(text);

    /// <summary>Whether an etag can be the name of a file.</summary>
    public static bool IsEtag(string text) => SafeEtag().IsMatch(text);

    private string Ref(string revision) => Path.Combine(Folder, "refs", Path.Combine(revision.Split('/')));

    private string RefsFile => Path.Combine(Folder, OwnFolder, "refs.json");

    private string TreeFile(string commit) => Path.Combine(Folder, "trees", commit + ".json");

    [GeneratedRegex(@"^[0-9a-f]{40}\z")]
    private static partial Regex CommitHash();

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,128}\z")]
    private static partial Regex SafeEtag();

    private sealed record TreeJson(int FormatVersion, IReadOnlyDictionary<string, TreeEntryJson?> Files);
}

/// <summary>A file in a cached listing.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="BlobId">Git's SHA-1 of the file; for a large file, of its pointer.</param>
/// <param name="LfsSha256">SHA-256 of a large file.</param>
/// <param name="LfsSize">Bytes of a large file.</param>
/// <param name="XetHash">Xet hash of a large file, for Python.</param>
internal sealed record TreeEntryJson(long Size, string BlobId, string? LfsSha256 = null, long? LfsSize = null, string? XetHash = null);
