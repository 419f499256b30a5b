// Texts that follow a pattern, so that a model can continue them without memorization.
using System.Globalization;
using System.Text.RegularExpressions;

namespace Llm360.Notebooks;

/// <summary>
/// The templates of Prashanth et al. 2024 (arXiv 2406.17746) as interpreted by this kit: repeating
/// and incrementing.
/// </summary>
internal static partial class Templates
{
    private const int FewestNumbers = 4;
    private static readonly char[] Digits = [.. "0123456789"];

    /// <summary>Whether tokens follow either template.</summary>
    public static bool Matches(int[] tokens, ITokenizer tokenizer) => IsRepeating(tokens) || IsIncrementing(tokenizer.Decode(tokens));

    /// <summary>
    /// Whether tokens repeat a unit of at most half their length: every token equals the token one
    /// unit before it.
    /// </summary>
    public static bool IsRepeating(ReadOnlySpan<int> tokens)
    {
        for (var unit = 1; unit <= tokens.Length / 2; unit++)
        {
            if (tokens[unit..].SequenceEqual(tokens[..^unit]))
                return true;
        }

        return false;
    }

    /// <summary>
    /// Whether a text is a series of numbers with a constant step and the same text between them. A
    /// number cut off at either end is ignored.
    /// </summary>
    public static bool IsIncrementing(string text)
    {
        var numbers = Number().Matches(text).ToList();
        if (numbers.Count > 0 && numbers[^1].Index + numbers[^1].Length == text.Length)
            numbers.RemoveAt(numbers.Count - 1);
        if (numbers.Count > 0 && numbers[0].Index == 0)
            numbers.RemoveAt(0);
        if (numbers.Count < FewestNumbers)
            return false;
        var values = numbers
            .Select(n => decimal.TryParse(n.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0)
            .ToList();
        var step = values[1] - values[0];
        if (step == 0 || values.Zip(values.Skip(1)).Any(p => p.Second - p.First != step))
            return false;
        var between = numbers.Zip(numbers.Skip(1), (a, b) => text[(a.Index + a.Length)..b.Index]).ToList();
        // Before the first and after the last number, the text between numbers may be cut off.
        var before = text[..numbers[0].Index].TrimStart(Digits);
        var after = text[(numbers[^1].Index + numbers[^1].Length)..].TrimEnd(Digits);
        return between.Distinct().Count() == 1
            && between[0].EndsWith(before, StringComparison.Ordinal)
            && between[0].StartsWith(after, StringComparison.Ordinal);
    }

    [GeneratedRegex("[0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
