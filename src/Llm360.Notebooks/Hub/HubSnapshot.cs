// What the cache has of a revision, without asking the Hub: for caches whose listings are not
// there.
namespace Llm360.Notebooks;

/// <summary>The files of a revision that are in the cache. Older versions of huggingface_hub leave
/// no listing beside them.</summary>
internal sealed class HubSnapshot(HubCache cache, string commit)
{
    /// <summary>The folder with the files.</summary>
    public string Folder => cache.Snapshot(commit);

    /// <summary>Whether the cache tells what files the revision has, and how long they
    /// are.</summary>
    public bool IsListed => cache.Tree(commit) is not null;

    /// <summary>Checks that what has such names are files, or links to contents of the
    /// repository.</summary>
    /// <exception cref="Llm360Exception">Something else has such a name.</exception>
    public void Require(Func<string, bool> isWanted)
    {
        foreach (var path in Paths(isWanted))
            _ = cache.NamedContent(path);
    }

    /// <summary>Compares files with the hashes that their contents are named by.</summary>
    /// <param name="isWanted">Which names; the others are not looked at.</param>
    /// <param name="cancellation">Stops.</param>
    /// <returns>The error of the first file that is damaged; null if none is.</returns>
    /// <exception cref="Llm360Exception">Something that is no file and no link to a content of the
    /// repository has such a name.</exception>
    public async Task<Llm360Exception?> FindDamageAsync(Func<string, bool> isWanted, CancellationToken cancellation)
    {
        foreach (var path in Paths(isWanted))
        {
            // A file that is no link has no name of its own to compare with; a link to a content
            // that is gone is a missing file.
            if (cache.NamedContent(path) is not { } content)
                continue;
            var (etag, hashed) = (Path.GetFileName(content.Path), 0L);
            if (await cache.WrongHashAsync(content, etag, Tell, cancellation).ConfigureAwait(false) is { } wrong)
                return HubCache.Damaged(content.Path, wrong, etag, null);

            void Tell(long bytes)
            {
                hashed += bytes;
                var (done, total) = (hashed / 1e6, content.Stat.Size / 1e6);
                AmbientWork.Progress?.Report(new WorkProgress("check the cache", done, total, "MB", Path.GetFileName(path)));
            }
        }

        return null;
    }

    private IEnumerable<string> Paths(Func<string, bool> isWanted) => HubCache.Guarded(Folder, () => Directory.GetFileSystemEntries(Folder))
        .Where(p => isWanted(Path.GetFileName(p))).Order(StringComparer.Ordinal);
}
