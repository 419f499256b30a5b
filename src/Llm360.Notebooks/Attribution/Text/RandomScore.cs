// Random scores, the baseline for all methods.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>
/// score = uniform on 0 to 1, from a seed and the tokens of query and row. Equal rows have equal
/// scores.
/// </summary>
internal sealed class RandomScore(int seed) : TextMethod("random", "uniform")
{
    protected override double[] Scores(int[] query, IReadOnlyList<int[]> rows)
    {
        var of = RowHash.Of(query);
        return [.. rows.Select(row =>
        {
            var purpose = string.Create(CultureInfo.InvariantCulture, $"attribution/{of}/{RowHash.Of(row)}");
            return (SplitMix64.For(seed, purpose).Next() >> 11) * (1.0 / (1UL << 53));
        })];
    }
}
