// The layout of the cache on disk, which Python's huggingface_hub and this kit share.
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Llm360.Notebooks.Hub;

/// <summary>The part of the cache that belongs to one repository.</summary>
/// <remarks>
/// <c>models--org--name/</c> or <c>datasets--org--name/</c> with <c>refs/REVISION</c> (the commit), <c>blobs/ETAG</c> (contents), <c>snapshots/COMMIT/PATH</c> (links to contents) and, since
/// huggingface_hub 2, <c>trees/COMMIT.json</c> (what files there are). This kit adds <c>blobs/ETAG.partial</c>, the beginning of a content, and
/// <c>.llm360/refs.json</c>, the commits of all branches at the time of the first question.
/// </remarks>
internal sealed partial class HubCache(string root, string repository, bool isDataset)
{
    private const int TreeVersion = 1;
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };
    private readonly string name = $"{(isDataset ? "datasets" : "models")}--{repository.Replace("/", "--", StringComparison.Ordinal)}";

    private string Folder => Path.Combine(root, name);

    public string Blob(string etag) => Path.Combine(Folder, "blobs", etag);

    public string Partial(string etag) => Blob(etag) + ".partial";

    public string Lock(string etag) => Path.Combine(root, ".locks", name, etag + ".lock");

    public string Snapshot(string commit) => Path.Combine(Folder, "snapshots", commit);

    public string SnapshotFile(string commit, string path) => Path.Combine(Snapshot(commit), Path.Combine(path.Split('/')));

    /// <summary>The commit that a revision was found to be; the revision where it is a commit; null where it has not been asked for yet.</summary>
    public string? Commit(string revision) =>
        IsCommit(revision) ? revision
        : File.Exists(Ref(revision)) && Guarded(Ref(revision), () => File.ReadAllText(Ref(revision))).Trim() is var commit && IsCommit(commit) ? commit
        : Refs()?.GetValueOrDefault(revision) is { } listed && IsCommit(listed) ? listed
        : null;

    /// <summary>The commits of all branches and tags, as they were when they were first asked for; null where they were not.</summary>
    public IReadOnlyDictionary<string, string>? Refs()
    {
        try
        {
            return !File.Exists(RefsFile) ? null : JsonSerializer.Deserialize<Dictionary<string, string>>(Guarded(RefsFile, () => File.ReadAllBytes(RefsFile)));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public void Remember(IReadOnlyDictionary<string, string> refs) => Write(RefsFile, stream => JsonSerializer.Serialize(stream, refs));

    /// <summary>Writes <c>refs/REVISION</c> if there is none: only for a commit that has files, as Python takes another for a broken cache.</summary>
    public void Remember(string revision, string commit)
    {
        if (!IsCommit(revision) && !File.Exists(Ref(revision)))
            Write(Ref(revision), stream => stream.Write(Encoding.ASCII.GetBytes(commit)));
        var tag = Path.Combine(root, "CACHEDIR.TAG");
        if (!File.Exists(tag))
            Write(tag, stream => stream.Write("Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache: see https://bford.info/cachedir/\n"u8));
    }

    /// <summary>The files of a commit, which never change; null where they have not been asked for yet.</summary>
    public IReadOnlyList<HubEntry>? Tree(string commit)
    {
        if (!File.Exists(TreeFile(commit)))
            return null;
        try
        {
            var json = Guarded(TreeFile(commit), () => File.ReadAllBytes(TreeFile(commit)));
            return JsonSerializer.Deserialize<TreeJson>(json, Json) is { FormatVersion: TreeVersion, Files: { } files } && !files.Values.Contains(null) ? [.. files.Select(f => new HubEntry(f.Key, f.Value!.Size, f.Value.LfsSha256 ?? f.Value.BlobId) { Details = f.Value })] : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public void Remember(string commit, IEnumerable<HubEntry> files) =>
        Write(TreeFile(commit), stream => JsonSerializer.Serialize(stream, new TreeJson(TreeVersion, files.OrderBy(f => f.Path, StringComparer.Ordinal).ToDictionary(f => f.Path, f => (TreeEntryJson?)f.Details)), Json));

    /// <summary>The length of a file; null where there is none, or a link to one that is gone.</summary>
    public static long? LengthOf(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
            return RandomAccess.GetLength(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, e);
        }
    }

    /// <summary>Whether a file of a commit is there, as long as it should be.</summary>
    public bool Has(string commit, HubEntry entry) => LengthOf(SnapshotFile(commit, entry.Path)) == entry.Size;

    /// <summary>How many bytes of a content are there.</summary>
    public long Arrived(HubEntry entry) => LengthOf(Blob(entry.Etag)) == entry.Size ? entry.Size : Math.Min(LengthOf(Partial(entry.Etag)) ?? 0, entry.Size);

    /// <summary>Makes a content appear as a file of a commit: a relative link, or the file itself where links are not allowed. Only who holds the content's lock may.</summary>
    public void Link(string commit, HubEntry entry)
    {
        if (Has(commit, entry))
            return;
        var (target, blob) = (SnapshotFile(commit, entry.Path), Blob(entry.Etag));
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        // One whose content is gone, or another.
        File.Delete(target);
        try
        {
            File.CreateSymbolicLink(target, Path.GetRelativePath(Path.GetDirectoryName(target)!, blob));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Move(blob, target);
        }
    }

    private static void Write(string path, Action<Stream> write)
    {
        try
        {
            AtomicFile.Write(path, write);
        }
        catch (Llm360Exception e)
        {
            throw Unusable(path, e.InnerException ?? e);
        }
    }

    /// <summary>Runs what reads or writes a file of the cache.</summary>
    /// <exception cref="Llm360Exception">It fails.</exception>
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

    public static Llm360Exception Unusable(string path, Exception e) =>
        new($"The Hub's cache cannot be used: {e.Message}", path, "Check the folder and its permissions, and free disk space if there is none; HF_HUB_CACHE names another folder. What has arrived is kept.", e);

    public static bool IsCommit(string text) => CommitHash().IsMatch(text);

    /// <summary>Whether an etag can be the name of a file.</summary>
    public static bool IsEtag(string text) => SafeEtag().IsMatch(text);

    private string Ref(string revision) => Path.Combine(Folder, "refs", Path.Combine(revision.Split('/')));

    private string RefsFile => Path.Combine(Folder, ".llm360", "refs.json");

    private string TreeFile(string commit) => Path.Combine(Folder, "trees", commit + ".json");

    [GeneratedRegex(@"^[0-9a-f]{40}\z")]
    private static partial Regex CommitHash();

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,128}\z")]
    private static partial Regex SafeEtag();

    private sealed record TreeJson(int FormatVersion, IReadOnlyDictionary<string, TreeEntryJson?> Files);
}

/// <summary>What the cache keeps of a file in a listing.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="BlobId">Git's SHA-1; of a large file, of the pointer to it.</param>
/// <param name="LfsSha256">Of a large file.</param>
/// <param name="LfsSize">Of a large file.</param>
/// <param name="XetHash">Of a large file, for Python.</param>
internal sealed record TreeEntryJson(long Size, string BlobId, string? LfsSha256 = null, long? LfsSize = null, string? XetHash = null);
