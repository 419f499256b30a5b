// The contents in the cache: their existence, their checks, and their links in snapshots.
namespace Llm360.Notebooks;

/// <content>Contents and snapshots.</content>
internal sealed partial class HubCache
{
    /// <summary>A content that is in the cache.</summary>
    /// <param name="Path">
    /// The file: the blob, or the snapshot's own file if links are not allowed.
    /// </param>
    /// <param name="Stat">The file's state at the look-up.</param>
    public sealed record Content(string Path, FileStat Stat);

    /// <summary>
    /// The content of a file of a commit; null if it is missing, or is a link to another content of
    /// the repository or to none.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// It is a link that leads out of the repository's contents, or not a file.
    /// </exception>
    public Content? Linked(string commit, HubEntry entry)
    {
        var (path, blob) = (SnapshotFile(commit, entry.Path), Blob(entry.Etag));
        return FileIn(path) switch
        {
            null => null,
            { Kind: FileKind.File } file => new Content(path, file),
            { Kind: FileKind.Link } => Target(path) == blob && files.Find(blob) is { } stat ? new Content(blob, stat) : null,
            { Kind: var kind } => throw CacheFolder.Refused(path, kind, "file"),
        };
    }

    /// <summary>
    /// The blob to which a file of a snapshot is a link; null if it is a file itself, or there is
    /// no such blob.
    /// </summary>
    /// <exception cref="Llm360Exception">As for <see cref="Linked"/>.</exception>
    public Content? NamedContent(string path) => FileIn(path) switch
    {
        { Kind: FileKind.Link } => Target(path) is { } blob && files.Find(blob) is { } stat ? new Content(blob, stat) : null,
        null or { Kind: FileKind.File } => null,
        { Kind: var kind } => throw CacheFolder.Refused(path, kind, "file"),
    };

    /// <summary>Whether a commit has a folder with files.</summary>
    public bool HasSnapshot(string commit) => files.HasFolder(Snapshot(commit));

    /// <summary>
    /// A content of the correct length, linked in a commit or not; null if there is none.
    /// </summary>
    /// <exception cref="Llm360Exception">As for <see cref="Linked"/>.</exception>
    public Content? Stored(string commit, HubEntry entry) =>
        Linked(commit, entry) is { } linked && linked.Stat.Size == entry.Size ? linked
        : files.Find(Blob(entry.Etag)) is { } blob && blob.Size == entry.Size ? new Content(Blob(entry.Etag), blob)
        : null;

    /// <summary>
    /// Whether a file of a commit exists with the correct length. Its hash is not compared.
    /// </summary>
    public bool Has(string commit, HubEntry entry) => Linked(commit, entry)?.Stat.Size == entry.Size;

    /// <summary>Number of bytes of a content that need not be fetched.</summary>
    public long Arrived(string commit, HubEntry entry) => Stored(commit, entry) is not null ? entry.Size : ArrivedPartly(entry);

    /// <summary>Number of bytes of a content in an unfinished download.</summary>
    public long ArrivedPartly(HubEntry entry) => Math.Min(files.Find(Partial(entry.Etag))?.Size ?? 0, entry.Size);

    /// <summary>
    /// Compares a content with its etag. It is hashed unless it was hashed before and has not
    /// changed since.
    /// </summary>
    /// <param name="content">A content of the correct length.</param>
    /// <param name="etag">Its name. If the name is not a hash, the content is not checked.</param>
    /// <param name="hashed">Called with the number of bytes of each part that is hashed.</param>
    /// <param name="cancellation">Stops.</param>
    /// <param name="always">Whether to hash it even if it was hashed before.</param>
    /// <returns>Null if they match; else the content's hash.</returns>
    public async Task<string?> WrongHashAsync(
        Content content, string etag, Action<long>? hashed, CancellationToken cancellation, bool always = false)
    {
        if (!ContentHash.IsHash(etag) || (!always && Checked.Contains(content.Path, content.Stat)))
            return null;
        // Look up the file again, because the record must describe the file that is hashed.
        if (files.Find(content.Path) is not { } stat || files.OpenRead(content.Path) is not { } stream)
            return "none, since the file is gone";
        await using (stream.ConfigureAwait(false))
        {
            var hash = await ContentHash.OfAsync(stream, etag, hashed, cancellation).ConfigureAwait(false);
            if (hash != etag)
            {
                Checked.Remove(content.Path);
                return hash;
            }
        }

        Checked.Add(content.Path, stat);
        return null;
    }

    /// <summary>Opens the partial file of a content, to append to it.</summary>
    public FileStream OpenPartial(string etag) => files.OpenWrite(Partial(etag));

    /// <summary>
    /// Opens a file of a snapshot or a partial content to read; null if it does not exist.
    /// </summary>
    public FileStream? OpenRead(string path) =>
        files.OpenRead(FileIn(path)?.Kind == FileKind.Link && Target(path) is { } blob ? blob : path);

    /// <summary>
    /// Gives a complete partial content its final name. An existing one is replaced.
    /// </summary>
    /// <param name="etag">The name.</param>
    /// <param name="isChecked">Whether its hash was compared.</param>
    public void Finish(string etag, bool isChecked)
    {
        _ = files.Find(Blob(etag));
        File.Move(Partial(etag), Blob(etag), overwrite: true);
        if (isChecked && files.Find(Blob(etag)) is { } stat)
            Checked.Add(Blob(etag), stat);
    }

    /// <summary>
    /// Makes a content appear as a file of a commit: a relative link, or the file itself if links
    /// are not allowed. The caller must hold the content's lock.
    /// </summary>
    public void Link(string commit, HubEntry entry)
    {
        var (target, blob) = (SnapshotFile(commit, entry.Path), Blob(entry.Etag));
        // Without a blob, the snapshot has the file itself.
        if (files.Find(blob) is null || Linked(commit, entry)?.Path == blob)
            return;
        files.MakeFolder(Path.GetDirectoryName(target)!);
        File.Delete(target); // A link to a content that is gone or to another one, or a damaged file.
        try
        {
            File.CreateSymbolicLink(target, Path.GetRelativePath(Path.GetDirectoryName(target)!, blob));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Move(blob, target);
            Checked.Remove(blob);
        }
    }

    private FileStat? FileIn(string path) => Guarded(path, () => files.HasFolder(Path.GetDirectoryName(path)!) ? FileStat.Of(path) : null);

    /// <summary>
    /// The blob to which a link in a snapshot leads, whether it exists or not. Null if the link
    /// leads elsewhere and nothing exists there.
    /// </summary>
    /// <exception cref="Llm360Exception">It leads to something else.</exception>
    private string? Target(string link)
    {
        var text = Guarded(link, () => new FileInfo(link).LinkTarget) ?? "";
        var target = Path.GetFullPath(text, Path.GetDirectoryName(link)!);
        if (Path.GetDirectoryName(target) == Blobs)
            return target;
        if (Guarded(link, () => FileStat.Following(link)) is not { } led)
            return null;
        // The same folder under another name: the cache was moved, and a link was left in its
        // place.
        var blob = Path.Combine(Blobs, Path.GetFileName(target));
        if (files.Find(blob) is { Inode: not 0 } stat && (led.Device, led.Inode) == (stat.Device, stat.Inode))
            return blob;
        throw new Llm360Exception(
            $"A link in the Hub's cache leads out of the repository's contents, to {target}. It is not followed.",
            link,
            "Take it away: the file is fetched again when it is needed.");
    }
}
