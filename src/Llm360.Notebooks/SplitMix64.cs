// The generator for every seeded choice of a corpus. Its numbers depend only on this file.
using System.Text;

namespace Llm360.Notebooks;

/// <summary>
/// SplitMix64 (Steele, Lea and Flood 2014): 64 bits of state, the same numbers on every platform
/// and runtime.
/// </summary>
internal sealed class SplitMix64(ulong state)
{
    private ulong _state = state;

    /// <summary>
    /// A generator for one purpose, independent of the others with the same seed (FNV-1a of both).
    /// </summary>
    public static SplitMix64 For(int seed, string purpose)
    {
        var hash = 14695981039346656037UL;
        foreach (var b in Encoding.UTF8.GetBytes($"{seed}/{purpose}"))
            hash = (hash ^ b) * 1099511628211UL;
        return new SplitMix64(hash);
    }

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15UL;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform on 0 ... <paramref name="bound"/> - 1, without bias.</summary>
    public int Below(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        var limit = ulong.MaxValue - (ulong.MaxValue % (ulong)bound);
        ulong bits;
        do
            bits = Next();
        while (bits >= limit);
        return (int)(bits % (ulong)bound);
    }

    /// <summary>Uniform on [0, 1): a multiple of 2⁻⁵³.</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>0 ... <paramref name="count"/> - 1 in random order (Fisher-Yates).</summary>
    public int[] Permutation(int count)
    {
        var order = Enumerable.Range(0, count).ToArray();
        for (var i = count - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }
}
