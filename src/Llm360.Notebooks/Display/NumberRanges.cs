// Many whole numbers as a short text.
namespace Llm360.Notebooks;

/// <summary>Writes whole numbers as ranges.</summary>
internal static class NumberRanges
{
    /// <summary>The numbers in order, in the form that options take: <c>0-11,35</c>.</summary>
    public static string Of(IEnumerable<int> numbers)
    {
        var ranges = new List<(int First, int Last)>();
        foreach (var number in numbers.Order())
        {
            if (ranges.Count > 0 && ranges[^1].Last >= number - 1)
                ranges[^1] = (ranges[^1].First, number);
            else
                ranges.Add((number, number));
        }

        return string.Join(',', ranges.Select(r => r.First == r.Last ? $"{r.First}" : $"{r.First}-{r.Last}"));
    }
}
