// The cached files of a revision, without a request to the Hub, for caches without listings.
namespace Llm360.Notebooks;

/// <summary>
/// The files of a revision that are in the cache. Older versions of huggingface_hub write no
/// listing.
/// </summary>
internal sealed class HubSnapshot(HubCache cache, string commit)
{
    /// <summary>The folder with the files.</summary>
    public string Folder => cache.Snapshot(commit);

    /// <summary>
    /// Whether the cache has a listing of the revision's files with their sizes.
    /// </summary>
    public bool IsListed => cache.Tree(commit) is not null;

    /// <summary>
    /// Checks that everything with such a name is a file, or a link to a content of the repository.
    /// </summary>
    /// <exception cref="Llm360Exception">Something else has such a name.</exception>
    public void Require(Func<string, bool> isWanted)
    {
        foreach (var path in Paths(isWanted))
            _ = cache.NamedContent(path);
    }

    /// <summary>Compares files with the hashes in the names of their contents.</summary>
    /// <param name="isWanted">Selects names; other files are ignored.</param>
    /// <param name="cancellation">Stops.</param>
    /// <returns>The error of the first damaged file; null if none is damaged.</returns>
    /// <exception cref="Llm360Exception">
    /// Something other than a file or a link to a content of the repository has such a name.
    /// </exception>
    public async Task<Llm360Exception?> FindDamageAsync(Func<string, bool> isWanted, CancellationToken cancellation)
    {
        foreach (var path in Paths(isWanted))
        {
            // A file that is not a link has no name to compare with. A link to a content that no
            // longer exists is a missing file.
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
