// Reads the whole Hub cache: sizes, and whether each content matches its name.
namespace Llm360.Notebooks;

/// <summary>Contents of the cache for one repository.</summary>
/// <param name="Repository">
/// <c>organisation/name</c>, with <c>datasets/</c> before it for a dataset.
/// </param>
/// <param name="Folder">Its folder.</param>
/// <param name="Revisions">Commits with files.</param>
/// <param name="Contents">Number of complete contents.</param>
/// <param name="Bytes">Bytes of complete contents.</param>
/// <param name="UnfinishedBytes">Bytes of unfinished downloads.</param>
internal sealed record CachedRepository(string Repository, string Folder, int Revisions, int Contents, long Bytes, long UnfinishedBytes);

/// <summary>The result of verifying a repository.</summary>
/// <param name="Checked">Contents whose hash equals their name.</param>
/// <param name="Unchecked">Contents whose name is not a hash.</param>
/// <param name="Faults">Files that are wrong, with what is wrong.</param>
internal sealed record CacheVerdict(int Checked, int Unchecked, IReadOnlyList<(string Path, string What)> Faults);

/// <summary>Reads the cache. Links are not followed, and only regular files are opened.</summary>
internal static class CacheAudit
{
    private static readonly string[] Unfinished = [".partial", ".incomplete"];
    private static readonly string[] UsedFolders = ["blobs", "snapshots", "refs", "trees", HubCache.OwnFolder];

    /// <summary>The repositories in a cache, or the one with a name.</summary>
    /// <exception cref="Llm360Exception">
    /// The cache cannot be read, or does not have the repository.
    /// </exception>
    public static IReadOnlyList<HubCache> Repositories(string root, string? repository = null)
    {
        var folders = HubCache.Guarded(root, () => Directory.Exists(root) ? Directory.GetDirectories(root) : []);
        var caches = folders.Select(f => new HubCache(root, Path.GetFileName(f)));
        List<HubCache> all = [.. caches.Where(c => Name(c) is not null).OrderBy(Name, StringComparer.Ordinal)];
        if (repository is null)
            return all;
        var names = all.Count == 0 ? "The cache is empty." : $"It has {string.Join(", ", all.Select(Name))}.";
        return all.Find(c => Name(c) == repository) is { } one ? [one]
            : throw new Llm360Exception($"The cache has no repository {repository}.", root, names);
    }

    /// <summary>Measures the contents of a repository.</summary>
    public static CachedRepository Measure(HubCache cache)
    {
        var files = Entries(cache.Blobs).Where(e => e.Stat.Kind == FileKind.File).ToLookup(e => IsUnfinished(e.Path));
        var (whole, unfinished) = (files[false].Sum(f => f.Stat.Size), files[true].Sum(f => f.Stat.Size));
        return new CachedRepository(Name(cache)!, cache.Folder, Entries(cache.Snapshots).Count, files[false].Count(), whole, unfinished);
    }

    /// <summary>Reads every content of a repository and compares it with its name.</summary>
    /// <param name="cache">The repository.</param>
    /// <param name="progress">Megabytes.</param>
    /// <param name="cancellation">Stops.</param>
    /// <exception cref="Llm360Exception">The cache cannot be read.</exception>
    public static async Task<CacheVerdict> VerifyAsync(HubCache cache, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        var (good, unknown, faults) = (0, 0, new List<(string, string)>());
        var (done, total) = (0L, Measure(cache).Bytes);
        var trees = new Dictionary<string, Dictionary<string, HubEntry>?>();
        foreach (var (path, stat) in Files(cache))
        {
            try
            {
                if (stat.Kind == FileKind.Link && IsIn(cache.Snapshots, path))
                    _ = cache.NamedContent(path); // Says where a link leads that leads out.
                else if (stat.Kind != FileKind.File)
                    throw CacheFolder.Refused(path, stat.Kind, "file");
                else if (IsIn(cache.Blobs, path) || IsIn(cache.Snapshots, path))
                    await CompareAsync(path, stat).ConfigureAwait(false);
            }
            catch (Llm360Exception e)
            {
                faults.Add((e.Where, e.What));
            }
        }

        return new CacheVerdict(good, unknown, faults);

        async Task CompareAsync(string path, FileStat stat)
        {
            if (IsUnfinished(path))
                return;
            // If links are not allowed, a file in a snapshot has its hash in the commit's listing.
            var etag = IsIn(cache.Blobs, path) ? Path.GetFileName(path) : Listed(path)?.Etag;
            if (etag is null || !ContentHash.IsHash(etag))
            {
                unknown++;
                return;
            }

            var content = new HubCache.Content(path, stat);
            if (await cache.WrongHashAsync(content, etag, Tell, cancellation, always: true).ConfigureAwait(false) is { } hash)
                throw HubCache.Damaged(path, hash, etag, null);
            good++;
        }

        HubEntry? Listed(string path)
        {
            var parts = Path.GetRelativePath(cache.Snapshots, path).Split(Path.DirectorySeparatorChar, 2);
            if (!trees.TryGetValue(parts[0], out var tree))
                trees[parts[0]] = tree = cache.Tree(parts[0])?.ToDictionary(e => e.Path);
            return parts.Length < 2 ? null : tree?.GetValueOrDefault(parts[1].Replace(Path.DirectorySeparatorChar, '/'));
        }

        void Tell(long bytes)
        {
            done += bytes;
            progress?.Report(new WorkProgress($"verify {Name(cache)}", done / 1e6, Math.Max(done, total) / 1e6, "MB"));
        }
    }

    // All files in the folders that are used, and anything other than a folder in the place of such
    // a folder.
    private static IEnumerable<(string Path, FileStat Stat)> Files(HubCache cache) =>
        Entries(cache.Folder, FileStat.Following(cache.Folder))
            .Where(e => UsedFolders.Contains(Path.GetFileName(e.Path)))
            .SelectMany(Below);

    private static IEnumerable<(string Path, FileStat Stat)> Below((string Path, FileStat Stat) entry) =>
        entry.Stat.Kind == FileKind.Folder ? Entries(entry.Path, entry.Stat).SelectMany(Below) : [entry];

    private static List<(string Path, FileStat Stat)> Entries(string folder) => Entries(folder, FileStat.Of(folder));

    private static List<(string Path, FileStat Stat)> Entries(string folder, FileStat? stat) => HubCache.Guarded(folder, () =>
    {
        var found = new List<(string, FileStat)>();
        string[] paths = stat?.Kind == FileKind.Folder ? Directory.GetFileSystemEntries(folder) : [];
        foreach (var path in paths.Order(StringComparer.Ordinal))
        {
            if (FileStat.Of(path) is { } there)
                found.Add((path, there));
        }

        return found;
    });

    private static bool IsIn(string folder, string path) => path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static bool IsUnfinished(string path) => Unfinished.Contains(Path.GetExtension(path));

    private static string? Name(HubCache cache) => Path.GetFileName(cache.Folder).Split("--") switch
    {
        ["models", var organisation, var name] => $"{organisation}/{name}",
        ["datasets", var organisation, var name] => $"datasets/{organisation}/{name}",
        _ => null,
    };
}
