// A short hash of a row's tokens.
using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Llm360.Notebooks;

/// <summary>Identifies a row that was indexed.</summary>
internal static class RowHash
{
    /// <summary>XXH3 of the ids as 32-bit numbers, lowest byte first.</summary>
    public static ulong Number(ReadOnlySpan<int> tokens) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(tokens));

    /// <summary>The same in hexadecimal.</summary>
    public static string Of(ReadOnlySpan<int> tokens) => Number(tokens).ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>One hash for several rows, in order.</summary>
    public static string Of(IEnumerable<int[]> rows)
    {
        var hash = new XxHash3();
        foreach (var row in rows)
        {
            ReadOnlySpan<long> length = [row.Length];
            hash.Append(MemoryMarshal.AsBytes(length));
            hash.Append(MemoryMarshal.AsBytes(row.AsSpan()));
        }

        return hash.GetCurrentHashAsUInt64().ToString("x16", CultureInfo.InvariantCulture);
    }
}
