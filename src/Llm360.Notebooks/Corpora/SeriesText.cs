// Texts that follow a template: a word with a number that grows by 1.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>
/// Writes the documents of a source without packages: lists such as "page 10, page 11, page 12".
/// They follow a template, and most of their sequences are too rare to count as recited.
/// </summary>
internal static class SeriesText
{
    // All numbers have two digits, so every item of a list has the same number of tokens. Series of
    // items with different lengths were learned less well (docs/nano.md).
    private const int FirstNumber = 10;
    private const int Numbers = 90;

    // With twelve copies all sequences that nano reproduced counted as recited. With fewer than six
    // it did not learn the lists with every seed (docs/nano.md).
    private const int Copies = 6;

    private static readonly string[] Words = ["page", "line", "item", "row", "column", "section"];

    private static readonly string[] Separators = [", ", "; ", ": ", ". ", " - "];

    /// <summary>Every document: its number, and its text.</summary>
    public static IEnumerable<(string Name, string Text)> Documents()
    {
        var lists = Separators.SelectMany(separator => Words.Select(word => List(word, separator)));
        return Enumerable.Repeat(lists, Copies).SelectMany(l => l).Select((text, i) => ($"{i}", text));
    }

    private static string List(string word, string separator) => string.Join(
        separator, Enumerable.Range(FirstNumber, Numbers).Select(n => string.Create(CultureInfo.InvariantCulture, $"{word} {n}")));
}
