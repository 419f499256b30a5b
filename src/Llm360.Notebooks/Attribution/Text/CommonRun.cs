// The longest run of tokens that occurs in both a row and the query.
namespace Llm360.Notebooks;

/// <summary>
/// score = length of the longest contiguous run of ids that occurs in both. Unit: tokens.
/// </summary>
internal sealed class CommonRun() : TextMethod("common_run", "tokens")
{
    /// <summary>The longest common run: its first position in each, and its length.</summary>
    public static (int First, int Second, int Length) Find(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        var ends = new int[b.Length + 1];
        var best = (First: 0, Second: 0, Length: 0);
        for (var i = 0; i < a.Length; i++)
        {
            // From the right, so that ends[j] is still the value of the previous token.
            for (var j = b.Length - 1; j >= 0; j--)
            {
                ends[j + 1] = a[i] == b[j] ? ends[j] + 1 : 0;
                if (ends[j + 1] > best.Length)
                    best = (i + 1 - ends[j + 1], j + 1 - ends[j + 1], ends[j + 1]);
            }
        }

        return best;
    }

    protected override double[] Scores(int[] query, IReadOnlyList<int[]> rows) => [.. rows.Select(row => (double)Find(query, row).Length)];
}
