// Number of n-grams of the query that occur in a row.
using System.Runtime.InteropServices;

namespace Llm360.Notebooks;

/// <summary>
/// score = number of distinct n-grams of the query that occur in the row. Unit: n-grams.
/// </summary>
internal sealed class NGramOverlap(int length = 4) : TextMethod($"ngram{length}", $"{length}-grams")
{
    protected override double[] Scores(int[] query, IReadOnlyList<int[]> rows)
    {
        var grams = new HashSet<string>(Grams(query)).GetAlternateLookup<ReadOnlySpan<char>>();
        return [.. rows.Select(row =>
        {
            var found = new HashSet<string>();
            for (var i = 0; i + length <= row.Length; i++)
            {
                if (grams.TryGetValue(Key(row.AsSpan(i, length)), out var gram))
                    found.Add(gram);
            }

            return (double)found.Count;
        })];
    }

    private IEnumerable<string> Grams(int[] row)
    {
        for (var i = 0; i + length <= row.Length; i++)
            yield return Key(row.AsSpan(i, length)).ToString();
    }

    // The bytes of the ids as characters: equal n-grams are equal texts, so no hash is needed.
    private static ReadOnlySpan<char> Key(ReadOnlySpan<int> gram) => MemoryMarshal.Cast<int, char>(gram);
}
