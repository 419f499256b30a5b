// Python's random numbers, for few-shot examples drawn as lm-eval draws them.
namespace Llm360.Notebooks;

/// <summary>The part of Python's <c>random.Random(seed)</c> that <c>sample</c> needs.</summary>
/// <remarks>
/// Mersenne Twister MT19937 (Matsumoto and Nishimura 1998), seeded by <c>init_by_array</c> with the
/// seed's 32-bit words, low word first.
/// </remarks>
internal sealed class PythonRandom
{
    private const int Size = 624, Middle = 397;

    private readonly uint[] state = new uint[Size];
    private int next = Size;

    /// <summary>Starts from a seed.</summary>
    public PythonRandom(ulong seed)
    {
        uint[] key = seed > uint.MaxValue ? [(uint)seed, (uint)(seed >> 32)] : [(uint)seed];
        state[0] = 19650218;
        for (var k = 1u; k < Size; k++)
            state[k] = (1812433253u * (state[k - 1] ^ (state[k - 1] >> 30))) + k;
        var i = 1;
        for (var n = 0; n < Size; n++)
            Mix(1664525u * Last(i), key[n % key.Length] + (uint)(n % key.Length), ref i);
        for (var n = 0; n < Size - 1; n++)
            Mix(1566083941u * Last(i), unchecked((uint)-i), ref i);
        state[0] = 0x80000000;
    }

    /// <summary>The next 32 bits.</summary>
    public uint Word()
    {
        if (next == Size)
            Refill();
        var y = state[next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C5680;
        y ^= (y << 15) & 0xEFC60000;
        return y ^ (y >> 18);
    }

    /// <summary>A number from 0 to <paramref name="n"/> - 1: <c>randrange(n)</c>.</summary>
    public long Below(long n)
    {
        var bits = 64 - (int)ulong.LeadingZeroCount((ulong)n);
        while (true)
        {
            if (Bits(bits) is var drawn && drawn < n)
                return drawn;
        }
    }

    /// <summary>
    /// Different numbers from 0 to <paramref name="n"/> - 1: <c>sample(range(n), k)</c>.
    /// </summary>
    /// <param name="n">Size of the pool.</param>
    /// <param name="k">Number of samples, at most <paramref name="n"/>.</param>
    public int[] Sample(int n, int k)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, n);
        // Python's choice between a shuffled list and a set of the numbers drawn.
        long listSize = 21;
        if (k > 5)
            listSize += (long)Math.Pow(4, Math.Ceiling(Math.Log(k * 3.0) / Math.Log(4)));
        var drawn = new int[k];
        if (n <= listSize)
        {
            var pool = Enumerable.Range(0, n).ToArray();
            for (var i = 0; i < k; i++)
            {
                var j = (int)Below(n - i);
                (drawn[i], pool[j]) = (pool[j], pool[n - i - 1]);
            }

            return drawn;
        }

        var seen = new HashSet<int>();
        for (var i = 0; i < k;)
        {
            var j = (int)Below(n);
            if (seen.Add(j))
                drawn[i++] = j;
        }

        return drawn;
    }

    private uint Last(int i) => state[i - 1] ^ (state[i - 1] >> 30);

    private void Mix(uint product, uint added, ref int i)
    {
        state[i] = unchecked((state[i] ^ product) + added);
        if (++i < Size)
            return;
        (state[0], i) = (state[Size - 1], 1);
    }

    // The first word gives the lowest bits; the upper bits of the last word are used.
    private long Bits(int count)
    {
        var (result, shift) = (0L, 0);
        for (; count > 0; count -= 32, shift += 32)
            result |= (long)(Word() >> Math.Max(32 - count, 0)) << shift;
        return result;
    }

    private void Refill()
    {
        for (var i = 0; i < Size; i++)
        {
            var y = (state[i] & 0x80000000) | (state[(i + 1) % Size] & 0x7FFFFFFF);
            state[i] = state[(i + Middle) % Size] ^ (y >> 1) ^ ((y & 1) != 0 ? 0x9908B0DF : 0);
        }

        next = 0;
    }
}
