// Names of checkpoints and chunks that differ by a number.
using System.Globalization;
using System.Text.RegularExpressions;

namespace Llm360.Notebooks;

/// <summary>Names that contain a number.</summary>
internal static partial class NumberedName
{
    private const int LongestPattern = 256;

    public static string Of(string pattern, int number) => string.Format(CultureInfo.InvariantCulture, pattern, number);

    /// <summary>
    /// Whether a text is a pattern: any text with placeholders <c>{0}</c>, <c>{0:000}</c> or
    /// <c>{0:D3}</c>. Other .NET formats are refused, because they could request a billion digits.
    /// </summary>
    public static bool IsPattern(string text) => text.Length <= LongestPattern && Pattern().IsMatch(text);

    /// <summary>
    /// Whether a pattern has a placeholder for the number, and gives valid and different names for
    /// all numbers.
    /// </summary>
    public static bool AreValid(string pattern, IEnumerable<int> numbers, Func<string, bool> isGood)
    {
        if (!IsPattern(pattern) || Of(pattern, 0) == Of(pattern, 1))
            return false;
        var names = numbers.Select(n => Of(pattern, n)).ToList();
        return names.All(isGood) && names.Distinct(StringComparer.OrdinalIgnoreCase).Count() == names.Count;
    }

    [GeneratedRegex(@"^([^{}]|\{0(:(0{1,20}|D[0-9]|D1[0-9]))?\})*\z")]
    private static partial Regex Pattern();
}
