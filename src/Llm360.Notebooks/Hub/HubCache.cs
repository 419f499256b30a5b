// The layout of the cache on disk, which Python's huggingface_hub and this kit share.
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Llm360.Notebooks.Hub;

/// <summary>What the Hub says of one file of a commit.</summary>
/// <param name="Etag">Names the content: SHA-256 of large files, git's SHA-1 of others.</param>
/// <param name="Size">Bytes.</param>
internal sealed record HubFileFacts(string Etag, long Size);

/// <summary>The part of the cache that belongs to one repository.</summary>
/// <remarks>
/// <c>models--org--name/</c> or <c>datasets--org--name/</c> with <c>refs/REVISION</c> (the commit), <c>blobs/ETAG</c> (contents) and <c>snapshots/COMMIT/PATH</c> (links to contents). This kit adds
/// <c>blobs/ETAG.partial</c>, the beginning of a content, and <c>.llm360/COMMIT/PATH.json</c>, what the Hub said of a file.
/// </remarks>
internal sealed partial class HubCache(string root, string repository, bool isDataset)
{
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
        : File.Exists(Ref(revision)) && File.ReadAllText(Ref(revision)).Trim() is var commit && IsCommit(commit) ? commit
        : null;

    public void Remember(string revision, string commit)
    {
        if (!IsCommit(revision))
            AtomicFile.WriteText(Ref(revision), commit);
        var tag = Path.Combine(root, "CACHEDIR.TAG");
        if (!File.Exists(tag))
            AtomicFile.WriteText(tag, "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache: see https://bford.info/cachedir/\n");
    }

    public HubFileFacts? Facts(string commit, string path)
    {
        try
        {
            return JsonSerializer.Deserialize<HubFileFacts>(File.ReadAllBytes(FactsFile(commit, path))) is { Size: >= 0 } facts && IsEtag(facts.Etag) ? facts : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    public void Remember(string commit, string path, HubFileFacts facts) => AtomicFile.Write(FactsFile(commit, path), stream => JsonSerializer.Serialize(stream, facts));

    /// <summary>Makes a content appear as a file of a commit: a relative link, or the file itself where links are not allowed.</summary>
    public void Link(string commit, string path, string etag)
    {
        var target = SnapshotFile(commit, path);
        if (File.Exists(target))
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        // One whose content is gone.
        File.Delete(target);
        try
        {
            File.CreateSymbolicLink(target, Path.GetRelativePath(Path.GetDirectoryName(target)!, Blob(etag)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (File.Exists(target))
                return; // Another process was faster.
            File.Move(Blob(etag), target);
        }
    }

    public static bool IsCommit(string text) => CommitHash().IsMatch(text);

    /// <summary>Whether an etag can be the name of a file.</summary>
    public static bool IsEtag(string text) => SafeEtag().IsMatch(text);

    private string Ref(string revision) => Path.Combine(Folder, "refs", Path.Combine(revision.Split('/')));

    private string FactsFile(string commit, string path) => Path.Combine(Folder, ".llm360", commit, Path.Combine(path.Split('/')) + ".json");

    [GeneratedRegex(@"^[0-9a-f]{40}\z")]
    private static partial Regex CommitHash();

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,128}\z")]
    private static partial Regex SafeEtag();
}
