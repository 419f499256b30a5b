// Finds checkpoints and chunks by the names that users write: last, -1, 36, 036, ckpt_036.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>
/// Finds an item of a suite by its name, its number, or its position from the end.
/// </summary>
internal static class ItemName
{
    /// <summary>The ways to write a name, for messages.</summary>
    public const string Forms = "a name, a number, \"last\", or -N, the N-th from the end";

    /// <summary>The name of the last item.</summary>
    public const string Last = "last";

    /// <summary>The index of an item in a list; null if the text names none of them.</summary>
    /// <param name="items">The checkpoints or chunks, in order.</param>
    /// <param name="text">
    /// <c>last</c>, <c>-1</c> for the last and <c>-2</c> for the one before it, a number with or
    /// without leading zeros, or a name with or without the zeros of its number.
    /// </param>
    /// <param name="name">The name of an item.</param>
    /// <param name="number">Its number; null if it has none.</param>
    public static int? Find<T>(IReadOnlyList<T> items, string text, Func<T, string> name, Func<T, int?> number)
    {
        if (text == Last && items.Count > 0)
            return items.Count - 1;
        if (text is ['-', .. var back] && TryNumber(back, out var n))
            return n >= 1 && n <= items.Count ? items.Count - n : null;
        return Place(item => name(item) == text)
            ?? (TryNumber(text, out var wanted) ? Place(item => number(item) == wanted) : null)
            ?? (Split(text) is { } given ? Place(item => Split(name(item)) == given) : null);

        int? Place(Func<T, bool> isMeant)
        {
            for (var i = 0; i < items.Count; i++)
            {
                if (isMeant(items[i]))
                    return i;
            }

            return null;
        }
    }

    // "ckpt_036" is ("ckpt_", 36). A number alone is not a name.
    private static (string Prefix, int Number)? Split(string name)
    {
        var prefix = name.TrimEnd([.. "0123456789"]);
        return prefix.Length > 0 && TryNumber(name[prefix.Length..], out var number) ? (prefix, number) : null;
    }

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
