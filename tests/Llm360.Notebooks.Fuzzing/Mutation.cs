// Damage to bytes: flips, edges of integers, cuts, insertions, repeats, splices.
using System.Buffers.Binary;

namespace Llm360.Notebooks.Fuzzing;

internal static class Mutation
{
    private static readonly ulong[] Edges =
    [
        0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF, 0x1_0000_0000,
        0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFFE, 0xFFFF_FFFF_FFFF_FFFF,
    ];

    /// <summary>One to four pieces of damage.</summary>
    public static byte[] Apply(byte[] bytes, Random random, IReadOnlyList<byte[]> others)
    {
        for (var n = random.Next(1, 5); n > 0; n--)
            bytes = Once(bytes, random, others);
        return bytes;
    }

    private static byte[] Once(byte[] bytes, Random random, IReadOnlyList<byte[]> others)
    {
        if (bytes.Length == 0)
            return [(byte)random.Next(256)];
        // Lengths and counts are at the front and, in archives, at the end.
        var at = random.Next(4) switch
        {
            0 => random.Next(Math.Min(bytes.Length, 64)),
            1 => bytes.Length - 1 - random.Next(Math.Min(bytes.Length, 512)),
            _ => random.Next(bytes.Length),
        };
        var changed = (byte[])bytes.Clone();
        switch (random.Next(8))
        {
            case 0:
                changed[at] ^= (byte)(1 << random.Next(8));
                return changed;
            case 1:
                changed[at] = (byte)random.Next(256);
                return changed;
            case 2:
                var edge = Edges[random.Next(Edges.Length)];
                if (random.Next(2) == 0 && at + 4 <= bytes.Length)
                    BinaryPrimitives.WriteUInt32LittleEndian(changed.AsSpan(at), (uint)edge);
                else if (at + 8 <= bytes.Length)
                    BinaryPrimitives.WriteUInt64LittleEndian(changed.AsSpan(at), edge);
                return changed;
            case 3:
                return changed[..at];
            case 4:
                return [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + random.Next(1, 64))..]];
            case 5:
                var run = new byte[random.Next(1, 64)];
                random.NextBytes(run);
                return [.. bytes[..at], .. run, .. bytes[at..]];
            case 6:
                var end = Math.Min(bytes.Length, at + random.Next(1, 64));
                return [.. bytes[..end], .. Enumerable.Repeat(bytes[at..end], random.Next(1, 50)).SelectMany(b => b), .. bytes[end..]];
            default:
                var other = others[random.Next(others.Count)];
                return [.. bytes[..at], .. other[random.Next(other.Length + 1)..]];
        }
    }
}
