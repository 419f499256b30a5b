// A cache of the ids of short words: most words of a text have occurred before.
using System.Collections.Concurrent;

namespace Llm360.Notebooks;

/// <summary>Appends the ids of a part of a text to a list.</summary>
internal delegate void SpanEncoder(ReadOnlySpan<char> text, List<int> ids);

/// <summary>
/// Encodes words and caches the first 65,536 short ones. Safe for use from several threads.
/// </summary>
/// <param name="encode">Encodes a word that is not in the cache.</param>
internal sealed class WordCache(SpanEncoder encode)
{
    /// <summary>Longest cached word, in UTF-16 units, and the number of cached words.</summary>
    private const int Longest = 32, Capacity = 1 << 16;

    private readonly ConcurrentDictionary<string, int[]> _words = new();
    private int _count;

    /// <summary>Appends the ids of a word.</summary>
    public void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        if (word.Length > Longest)
        {
            encode(word, ids);
            return;
        }

        if (!_words.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(word, out var known))
        {
            var fresh = new List<int>();
            encode(word, fresh);
            known = [.. fresh];
            if (Volatile.Read(ref _count) < Capacity && _words.TryAdd(word.ToString(), known))
                Interlocked.Increment(ref _count);
        }

        ids.AddRange(known);
    }
}
