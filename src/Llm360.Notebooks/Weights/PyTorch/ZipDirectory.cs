// The central directory of a zip archive of stored entries, with the position of their bytes.
using System.Buffers.Binary;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>One stored entry.</summary>
internal readonly record struct ZipEntry(string Name, long Begin, long Length, uint Checksum);

/// <summary>
/// Reads the directory (PKWARE's APPNOTE 6.3). .NET's own reader hides positions and accepts
/// contradictions between directory and entries.
/// </summary>
internal sealed class ZipDirectory
{
    private const int EndLength = 22, LocatorLength = 20, Zip64EndLength = 56, DirectoryLength = 46, LocalLength = 30;
    private const uint EndMark = 0x06054b50, LocatorMark = 0x07064b50, Zip64EndMark = 0x06064b50;
    private const uint DirectoryMark = 0x02014b50, LocalMark = 0x04034b50;
    private const ushort Encrypted = 1 | 1 << 6 | 1 << 13, Zip64Field = 1;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);
    private readonly MappedFile file;
    private readonly Dictionary<string, ZipEntry> entries = new(StringComparer.Ordinal);

    private ZipDirectory(MappedFile file) => this.file = file;

    /// <exception cref="WeightsException">
    /// The archive contradicts itself, or has deflated or encrypted entries.
    /// </exception>
    public static IReadOnlyDictionary<string, ZipEntry> Read(MappedFile file)
    {
        var directory = new ZipDirectory(file);
        directory.Read();
        return directory.entries;
    }

    private void Read()
    {
        var end = FindEnd();
        var record = file.Span(end, EndLength);
        if (U16(record, 4) is not (0 or 0xFFFF) || U16(record, 6) is not (0 or 0xFFFF))
            throw Unsupported("The archive spans several disks.", $"byte {end}");
        Int128 count = U16(record, 10), size = U32(record, 12), start = U32(record, 16), limit = end;
        if (end >= LocatorLength && U32(file.Span(end - LocatorLength, 4), 0) == LocatorMark)
        {
            var at = U64(file.Span(end - LocatorLength, LocatorLength), 8);
            limit = (long)Math.Min(at, long.MaxValue);
            if (at > (ulong)(end - LocatorLength) || (long)at > end - LocatorLength - Zip64EndLength
                || U32(file.Span((long)at, 4), 0) != Zip64EndMark)
                throw Corrupt("the zip64 end record is not where its locator says", $"byte {end - LocatorLength}");
            var zip64 = file.Span((long)at, Zip64EndLength);
            (count, size, start) = (U64(zip64, 32), U64(zip64, 40), U64(zip64, 48));
        }

        if (start + size != limit)
        {
            throw Corrupt(
                $"its directory of {size} bytes from {start} does not end at byte {limit}, where the end record begins",
                $"byte {end}");
        }

        ReadEntries((long)start, (long)size, count);
        CheckOverlap((long)start);
    }

    private long FindEnd()
    {
        for (var at = file.Length - EndLength; at >= 0 && at >= file.Length - EndLength - ushort.MaxValue; at--)
        {
            var record = file.Span(at, EndLength);
            if (U32(record, 0) == EndMark && at + EndLength + U16(record, 20) == file.Length)
                return at;
        }

        throw Corrupt("it has no end record, as after an interrupted download");
    }

    private void ReadEntries(long start, long size, Int128 count)
    {
        var position = start;
        var read = 0L;
        for (; position < start + size; read++)
        {
            if (start + size - position < DirectoryLength)
                throw Corrupt("its directory is cut short", $"byte {position}");
            var header = file.Span(position, DirectoryLength);
            int nameLength = U16(header, 28), extraLength = U16(header, 30), commentLength = U16(header, 32);
            if (U32(header, 0) != DirectoryMark || start + size - position < DirectoryLength + nameLength + extraLength + commentLength)
                throw Corrupt("its directory is broken", $"byte {position}");
            var rawName = file.Span(position + DirectoryLength, nameLength);
            var entry = Entry(header, rawName, file.Span(position + DirectoryLength + nameLength, extraLength), position, start);
            if (!entries.TryAdd(entry.Name, entry))
                throw Corrupt($"it has two entries of the name {entry.Name}", $"byte {position}");
            position += DirectoryLength + nameLength + extraLength + commentLength;
        }

        if (read != count)
            throw Corrupt($"its end record counts {count} entries, its directory has {read}");
    }

    private ZipEntry Entry(ReadOnlySpan<byte> header, ReadOnlySpan<byte> rawName, ReadOnlySpan<byte> extra, long position, long directory)
    {
        string name;
        try
        {
            name = StrictUtf8.GetString(rawName);
        }
        catch (DecoderFallbackException e)
        {
            throw Corrupt("an entry's name is not UTF-8", $"byte {position}", e);
        }

        if ((U16(header, 8) & Encrypted) != 0)
            throw Unsupported("The entry is encrypted.", $"entry {name}");
        if (U16(header, 10) != 0)
        {
            throw Unsupported(
                $"The entry is compressed (method {U16(header, 10)}); tensors are mapped from the file, so entries must be stored.",
                $"entry {name}");
        }

        ulong packed = U32(header, 20), length = U32(header, 24), at = U32(header, 42);
        ReadZip64Field(extra, ref length, ref packed, ref at, name);
        if (packed != length)
            throw Corrupt($"a stored entry has {length} bytes in {packed}", $"entry {name}");
        if (at > (ulong)directory || (ulong)directory - at < LocalLength)
            throw Corrupt($"an entry at byte {at} lies outside", $"entry {name}");
        var local = file.Span((long)at, LocalLength);
        long begin = (long)at + LocalLength + U16(local, 26) + U16(local, 28);
        if (U32(local, 0) != LocalMark || begin > directory || !file.Span((long)at + LocalLength, U16(local, 26)).SequenceEqual(rawName))
            throw Corrupt($"at byte {at} there is no entry of that name", $"entry {name}");
        if (length > (ulong)(directory - begin))
            throw Corrupt($"an entry of {length} bytes runs past the end of the data", $"entry {name}");
        return new ZipEntry(name, begin, (long)length, U32(header, 16));
    }

    // The field holds, in this order, only the values whose short form is all ones.
    private void ReadZip64Field(ReadOnlySpan<byte> extra, ref ulong length, ref ulong packed, ref ulong at, string name)
    {
        if (length != uint.MaxValue && packed != uint.MaxValue && at != uint.MaxValue)
            return;
        while (extra.Length >= 4)
        {
            var (id, size) = (U16(extra, 0), U16(extra, 2));
            extra = extra[4..];
            if (size > extra.Length)
                break;
            if (id != Zip64Field)
            {
                extra = extra[size..];
                continue;
            }

            var field = extra[..size];
            if (Take(ref field, ref length) && Take(ref field, ref packed) && Take(ref field, ref at))
                return;
            break;
        }

        throw Corrupt("its zip64 sizes are missing", $"entry {name}");

        static bool Take(ref ReadOnlySpan<byte> field, ref ulong value)
        {
            if (value != uint.MaxValue)
                return true;
            if (field.Length < 8)
                return false;
            value = U64(field, 0);
            field = field[8..];
            return true;
        }
    }

    private void CheckOverlap(long directory)
    {
        var position = 0L;
        foreach (var entry in entries.Values.OrderBy(e => e.Begin).ThenBy(e => e.Length))
        {
            if (entry.Begin < position)
                throw Corrupt("two entries share bytes", $"entry {entry.Name}");
            position = entry.Begin + entry.Length;
        }

        if (position > directory)
            throw Corrupt("an entry runs into the directory");
    }

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    private WeightsException Corrupt(string how, string? place = null, Exception? inner = null) =>
        new(WeightsFault.Corrupt, $"This is not a whole zip archive: {how}.", file.Path, place, inner);

    private WeightsException Unsupported(string what, string place) => new(WeightsFault.Unsupported, what, file.Path, place);
}
