// Which contents of the cache have been hashed and are what their name says.
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>Remembers size, modification time and inode of each content that was hashed, so that a
/// later use costs one look at the file.</summary>
/// <remarks>
/// <c>.llm360/checked/</c> in the repository's folder has one small file a content, at the
/// content's own path. A content whose size, time or inode differ is hashed again.
/// A change that leaves all three, such as a fault of the disk, is found by <c>llm360 cache
/// verify</c> alone.
/// </remarks>
internal sealed class CheckedContents(CacheFolder files, string folder)
{
    /// <summary>For a cache that cannot be written: a content is hashed once a process.</summary>
    private static readonly ConcurrentDictionary<string, string> Unwritten = [];

    /// <summary>Whether a content was hashed as it is now, and was right.</summary>
    public bool Contains(string content, FileStat stat)
    {
        if (!Unwritten.TryGetValue(content, out var line) && files.Read(Note(content)) is { } bytes)
            line = Encoding.UTF8.GetString(bytes).Trim();
        return line == Line(stat);
    }

    /// <summary>Notes that a content is right.</summary>
    public void Add(string content, FileStat stat)
    {
        try
        {
            files.Write(Note(content), stream => stream.Write(Encoding.UTF8.GetBytes(Line(stat) + "\n")));
            Unwritten.TryRemove(content, out _);
        }
        catch (Llm360Exception e) when (e.InnerException is IOException or UnauthorizedAccessException)
        {
            Unwritten[content] = Line(stat);
        }
    }

    /// <summary>Drops the note on a content.</summary>
    public void Remove(string content)
    {
        Unwritten.TryRemove(content, out _);
        if (files.Find(Note(content)) is not null)
            HubCache.Guarded(Note(content), () => File.Delete(Note(content)));
    }

    private string Note(string content) => Path.Combine(folder, HubCache.OwnFolder, "checked", Path.GetRelativePath(folder, content));

    private static string Line(FileStat stat) => string.Create(CultureInfo.InvariantCulture, $"{stat.Size} {stat.Modified} {stat.Inode}");
}
