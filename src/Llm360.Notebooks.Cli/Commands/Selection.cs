// Choosing checkpoints and chunks on the command line.
using System.Globalization;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary><c>all</c>, <c>every:6</c>, or numbers and ranges: <c>0,12,24-36</c>.</summary>
internal static class Selection
{
    /// <summary>The chosen items, each once, in the suite's order.</summary>
    /// <exception cref="Llm360Exception">The text is none of these, or names what the suite does not have.</exception>
    public static IReadOnlyList<T> Of<T>(string text, IReadOnlyList<T> items, Func<T, int> number, string what)
    {
        if (items.Count == 0)
            throw new Llm360Exception($"The suite has no {what}.", $"--{what}s", "Train it, or get it whole; a suite on the Hub whose data is not published as rows has no chunks.");
        if (text == "all")
            return items;
        if (text.StartsWith("every:", StringComparison.Ordinal))
            return TryNumber(text["every:".Length..], out var n) && n > 0 ? items.Every(n) : throw Bad();
        var chosen = new HashSet<int>();
        foreach (var part in text.Split(','))
        {
            var ends = part.Split('-');
            if (ends.Length > 2 || !TryNumber(ends[0], out var first) || !TryNumber(ends[^1], out var last) || first > last)
                throw Bad();
            // Both ends must exist: a range reaching past the end is a mistake more often than a wish.
            foreach (var end in new[] { first, last })
            {
                if (!items.Any(i => number(i) == end))
                    throw new Llm360Exception($"The suite has no {what} {end}.", $"--{what}s {text}", $"Choose from {number(items[0])} to {number(items[^1])}.");
            }

            chosen.UnionWith(items.Select(number).Where(i => i >= first && i <= last));
        }

        return [.. items.Where(i => chosen.Contains(number(i)))];

        Llm360Exception Bad() => new($"\"{text}\" chooses no {what}s.", $"--{what}s", "Write all, every:N, or numbers and ranges such as 0,12,24-36.");
    }

    private static bool TryNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
