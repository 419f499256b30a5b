// The identities of a checkpoint's cells in one file, so that a store opens without reading cells.
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>
/// A cache of the metadata of a checkpoint's cells: <c>checkpoint=ckpt_012/cells.index</c>.
/// </summary>
/// <remarks>
/// An entry is valid only while the cell's file has the length and the time in the entry. So the
/// index is never wrong, whichever program writes cells: if it is lost, damaged or outdated, the
/// cell itself is read. It is written as a whole. If two processes write it at once, one wins, and
/// the entries of the other are read from the cells again.
/// </remarks>
internal sealed class CellIndex
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "cells.index";

    private const string Header = "llm360 cells 1";
    private const char Separator = '\t';
    private const char SharedMark = '@';
    private static readonly System.Buffers.SearchValues<char> Unsafe = System.Buffers.SearchValues.Create("\t\r\n");

    private readonly string folder;
    private readonly ConcurrentDictionary<string, Entry> entries;
    private readonly Lock saving = new();
    private volatile bool isChanged;
    private volatile bool hasStale;

    private CellIndex(string folder)
    {
        this.folder = folder;
        entries = new ConcurrentDictionary<string, Entry>(Read());
        hasStale = Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.stale").Any();
    }

    /// <summary>Whether the partition has a cell that was set aside.</summary>
    public bool HasStale
    {
        get => hasStale;
        set => hasStale = value;
    }

    private string PathOfIndex => Path.Combine(folder, FileName);

    /// <summary>Opens the index of a partition. Neither folder nor file need exist.</summary>
    public static CellIndex Open(string folder) => new(folder);

    /// <summary>The identity of a cell.</summary>
    /// <param name="path">The cell's file.</param>
    /// <param name="readMetadata">
    /// Reads the metadata of a file that is not in the index.
    /// </param>
    /// <returns>
    /// Whether the cell exists, and its identity; null for a cell without one.
    /// </returns>
    /// <exception cref="Llm360Exception">The cell is damaged.</exception>
    public (bool Exists, CellIdentity? Identity) Look(string path, Func<string, IReadOnlyDictionary<string, string>?> readMetadata)
    {
        if (Stamp.Of(path) is not { } stamp)
            return (false, null);
        if (entries.TryGetValue(Path.GetFileName(path), out var entry) && entry.Stamp.IsOf(stamp))
            return (true, entry.Identity);
        if (readMetadata(path) is not { } metadata)
            return (false, null);
        var identity = CellIdentity.FromMetadata(metadata);
        // Another process may have replaced the file after its time was read.
        if (identity is not null && Stamp.Of(path) == stamp)
            Put(path, stamp, identity);
        return (true, identity);
    }

    /// <summary>Records the identity of a cell that was just written.</summary>
    public void Put(string path, CellIdentity identity)
    {
        if (Stamp.Of(path) is { } stamp)
            Put(path, stamp, identity);
    }

    /// <summary>
    /// Writes the file if entries were added. If the folder cannot be written, the old file is
    /// kept.
    /// </summary>
    public void Save()
    {
        if (!isChanged)
            return;
        lock (saving)
        {
            isChanged = false;
            // Entries that other processes have added since the file was read.
            foreach (var (file, entry) in Read())
                entries.TryAdd(file, entry);
            // Files that were deleted or replaced by others.
            foreach (var (file, entry) in entries)
            {
                if (Stamp.Of(Path.Combine(folder, file)) is not { } stamp || !entry.Stamp.IsOf(stamp))
                    entries.TryRemove(file, out _);
            }

            try
            {
                AtomicFile.WriteText(PathOfIndex, Text());
            }
            catch (Llm360Exception)
            {
                // Only time is lost: the results may be on a read-only disk.
            }
        }
    }

    private void Put(string path, Stamp stamp, CellIdentity identity)
    {
        entries[Path.GetFileName(path)] = new Entry(stamp, identity);
        isChanged = true;
    }

    // A line "@" names the parts that the cells after it share.
    private string Text()
    {
        var text = new StringBuilder(Header).Append('\n');
        foreach (var group in entries.GroupBy(e => Line(e.Value.Identity.Shared)).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            if (group.Key.AsSpan().ContainsAny('\r', '\n'))
                continue;
            text.Append(SharedMark).Append(group.Key).Append('\n');
            foreach (var (file, (stamp, identity)) in group.OrderBy(e => e.Key, StringComparer.Ordinal))
            {
                if (!(identity.Item ?? "").AsSpan().ContainsAny(Unsafe))
                {
                    text.Append(CultureInfo.InvariantCulture, $"{file}\t{stamp.Length}\t{stamp.Modified}\t");
                    text.Append(CultureInfo.InvariantCulture, $"{identity.ItemName}={identity.Item}\n");
                }
            }
        }

        return text.ToString();
    }

    private static string Line(IReadOnlyDictionary<string, string?> parts) =>
        string.Concat(parts.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{Separator}{p.Key}={p.Value}"));

    private Dictionary<string, Entry> Read()
    {
        var read = new Dictionary<string, Entry>();
        try
        {
            var lines = File.ReadAllLines(PathOfIndex);
            if (lines.Length == 0 || lines[0] != Header)
                return [];
            IReadOnlyDictionary<string, string?> shared = new Dictionary<string, string?>();
            foreach (var line in lines.AsSpan(1))
            {
                var fields = line.Split(Separator);
                if (fields[0] is [SharedMark])
                {
                    shared = fields.Skip(1).Select(Pair).ToDictionary(p => p.Name, p => (string?)p.Value);
                    continue;
                }

                var (name, value) = Pair(fields[3]);
                read[fields[0]] = new Entry(new Stamp(Number(fields[1]), Number(fields[2]), 0), new CellIdentity(shared, name, value));
            }

            return read;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or OverflowException
            or IndexOutOfRangeException or ArgumentException)
        {
            return []; // Not there, or not what Save wrote.
        }

        static long Number(string field) => long.Parse(field, CultureInfo.InvariantCulture);

        static (string Name, string Value) Pair(string field) =>
            field.Split('=', 2) is [var name, var value] ? (name, value) : throw new FormatException();
    }

    private sealed record Entry(Stamp Stamp, CellIdentity Identity);

    /// <summary>
    /// Length and time of a file, and its number on the file system; 0 if that is unknown. Two
    /// files that replace each other within the clock's resolution differ in their numbers. The
    /// number is not written, because the files of a copied store have other numbers.
    /// </summary>
    private readonly record struct Stamp(long Length, long Modified, long Inode)
    {
        public static Stamp? Of(string path) =>
            FileStat.Following(path) is { Kind: FileKind.File } file ? new Stamp(file.Size, file.Modified, file.Inode) : null;

        public bool IsOf(Stamp present) => Length == present.Length && Modified == present.Modified
            && (Inode == 0 || Inode == present.Inode);
    }
}
