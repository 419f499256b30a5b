// Makes text from outside safe to show in an error.
namespace Llm360.Notebooks;

/// <summary>
/// Text that a terminal can show: control characters are replaced, and long text is truncated.
/// </summary>
internal static class Printable
{
    private const int Longest = 1000, LongestValue = 120;

    /// <summary>A text of any length; line breaks and tabs are kept.</summary>
    public static string Lines(string text) => text.Any(IsUnfit) ? string.Concat(text.Select(c => IsUnfit(c) ? '\uFFFD' : c)) : text;

    /// <summary>At most 1,000 characters of a text.</summary>
    public static string Of(string text) => Cut(text, Longest);

    /// <summary>At most 120 characters of a value inside a sentence.</summary>
    public static string Value(string text) => Cut(text, LongestValue);

    private static bool IsUnfit(char c) => char.IsControl(c) && c is not ('\n' or '\r' or '\t');

    private static string Cut(string text, int longest)
    {
        // Do not split a surrogate pair.
        var length = text.Length <= longest ? text.Length : char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest;
        return string.Create(length, text, (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
                to[i] = char.IsControl(from[i]) ? '\uFFFD' : from[i];
        }) + (length < text.Length ? "..." : "");
    }
}
