// Selects among checkpoints and chunks.
namespace Llm360.Notebooks;

/// <summary>Selects among checkpoints and chunks.</summary>
public static class SuiteSelection
{
    /// <summary>Every n-th item, counted back from the last. The last is always included.</summary>
    public static IReadOnlyList<T> Every<T>(this IReadOnlyList<T> items, int n)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        return [.. items.Where((_, i) => (items.Count - 1 - i) % n == 0)];
    }

    /// <summary>
    /// At most <paramref name="count"/> items, evenly spaced, including the first and the last. A
    /// single item is the last.
    /// </summary>
    public static IReadOnlyList<T> Evenly<T>(this IReadOnlyList<T> items, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return items.Count <= count ? items
            : count == 1 ? [items[^1]]
            : [.. Enumerable.Range(0, count).Select(i => items[(int)Math.Round(i * (items.Count - 1.0) / (count - 1))])];
    }
}
