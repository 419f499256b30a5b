// Records which contents of the cache have been hashed and match their names.
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>
/// Records size, modification time and inode of each hashed content, so that a later use costs only
/// a look-up of the file.
/// </summary>
/// <remarks>
/// <c>.llm360/checked/</c> in the repository's folder has one small file for each content, at the
/// content's own path. A content whose size, time or inode differs is hashed again. A change that
/// affects none of the three, such as a disk fault, is found only by <c>llm360 cache verify</c>.
/// </remarks>
internal sealed class CheckedContents(CacheFolder files, string folder)
{
    /// <summary>For a cache that cannot be written: a content is hashed once per process.</summary>
    private static readonly ConcurrentDictionary<string, string> Unwritten = [];

    /// <summary>Whether a content was hashed in its current state and matched its name.</summary>
    public bool Contains(string content, FileStat stat)
    {
        if (!Unwritten.TryGetValue(content, out var line) && files.Read(Note(content)) is { } bytes)
            line = Encoding.UTF8.GetString(bytes).Trim();
        return line == Line(stat);
    }

    /// <summary>Records that a content matches its name.</summary>
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

    /// <summary>Deletes the record of a content.</summary>
    public void Remove(string content)
    {
        Unwritten.TryRemove(content, out _);
        if (files.Find(Note(content)) is not null)
            HubCache.Guarded(Note(content), () => File.Delete(Note(content)));
    }

    private string Note(string content) => Path.Combine(folder, HubCache.OwnFolder, "checked", Path.GetRelativePath(folder, content));

    private static string Line(FileStat stat) => string.Create(CultureInfo.InvariantCulture, $"{stat.Size} {stat.Modified} {stat.Inode}");
}
