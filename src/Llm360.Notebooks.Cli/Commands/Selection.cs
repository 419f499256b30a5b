// Selects checkpoints and chunks on the command line.
using System.Globalization;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>
/// <c>all</c>, <c>every:6</c>, or names and ranges: <c>0,12,24-36</c>, <c>last</c>, <c>-2</c>,
/// <c>ckpt_036</c>.
/// </summary>
internal static class Selection
{
    /// <summary>The possible forms, for help.</summary>
    public const string Forms = "all, every:N (counted back from the last), last, -N (the N-th from the end), names or numbers, and "
        + "ranges: 0,12,24-36,last.";

    private const string Every = "every:";

    /// <summary>The chosen items, each once, in the suite's order.</summary>
    /// <exception cref="Llm360Exception">
    /// The text has none of these forms, or names an item that the suite does not have.
    /// </exception>
    public static IReadOnlyList<T> Of<T>(string text, IReadOnlyList<T> items, Func<T, int> number, string what)
        where T : notnull
    {
        if (items.Count == 0)
        {
            throw new Llm360Exception(
                $"The suite has no {what}.",
                $"--{what}s",
                "Train it, or get it whole; a suite on the Hub whose data is not published as rows has no chunks.");
        }

        if (text == "all")
            return items;
        if (text.StartsWith(Every, StringComparison.Ordinal))
            return int.TryParse(text[Every.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0
                ? items.Every(n) : throw Bad();
        var chosen = new SortedSet<int>();
        foreach (var part in text.Split(','))
        {
            var (first, last) = Range(part) ?? throw Unknown(part);
            if (first > last)
                throw Bad();
            chosen.UnionWith(Enumerable.Range(first, last - first + 1));
        }

        return [.. chosen.Select(i => items[i])];

        int? Find(string name) => ItemName.Find(items, name, i => i.ToString()!, i => number(i));

        // Both ends must exist, because a range past the end is usually a mistake.
        (int First, int Last)? Range(string part)
        {
            if (Find(part) is { } one)
                return (one, one);
            return Enumerable.Range(1, Math.Max(0, part.Length - 1)).Where(at => part[at] == '-')
                .Select(at => (First: Find(part[..at]), Last: Find(part[(at + 1)..])))
                .Where(ends => ends is { First: not null, Last: not null })
                .Select(ends => ((int, int)?)(ends.First!.Value, ends.Last!.Value)).FirstOrDefault();
        }

        Llm360Exception Unknown(string part)
        {
            var isNumber = part.Length > 0 && part.All(c => char.IsAsciiDigit(c) || c == '-') && part.Any(char.IsAsciiDigit);
            if (!isNumber)
                return Bad();
            var missing = part.Split('-', StringSplitOptions.RemoveEmptyEntries) is not [var first, var last] ? part
                : Find(first) is null ? first : last;
            return new Llm360Exception($"The suite has no {what} {missing}.", $"--{what}s {text}",
                $"Choose from {number(items[0])} to {number(items[^1])}.");
        }

        Llm360Exception Bad() => new($"\"{text}\" chooses no {what}s.", $"--{what}s", $"Write {Forms}");
    }
}
