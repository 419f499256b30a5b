// Python's definitions of white space, words and characters.
using System.Text;

namespace Llm360.Notebooks;

/// <summary>Text functions that count and split as Python does.</summary>
internal static class PythonText
{
    /// <summary>Whether a character is white space to <c>str.strip</c> and to <c>\s</c>.</summary>
    /// <remarks><see cref="char.IsWhiteSpace(char)"/> lacks U+001C to U+001F.</remarks>
    public static bool IsSpace(char c) => c is >= '\x1C' and <= '\x1F' || char.IsWhiteSpace(c);

    /// <summary><c>str.strip()</c></summary>
    public static string Strip(string text) => LeftStrip(text[..KeptLength(text)]);

    /// <summary><c>str.lstrip()</c></summary>
    public static string LeftStrip(string text)
    {
        var start = 0;
        while (start < text.Length && IsSpace(text[start]))
            start++;
        return text[start..];
    }

    /// <summary>Length of a text without the white space at its end.</summary>
    public static int KeptLength(string text)
    {
        var end = text.Length;
        while (end > 0 && IsSpace(text[end - 1]))
            end--;
        return end;
    }

    /// <summary><c>len(str)</c>: the number of Unicode code points.</summary>
    public static int Length(string text) => text.Length - CountPairs(text);

    /// <summary>Bytes of UTF-8.</summary>
    public static int Bytes(string text) => Encoding.UTF8.GetByteCount(text);

    /// <summary><c>len(re.split(r"\s+", text))</c>: empty parts at the ends count.</summary>
    public static int Words(string text)
    {
        var words = 1;
        for (var i = 0; i < text.Length; i++)
            words += IsSpace(text[i]) && (i == 0 || !IsSpace(text[i - 1])) ? 1 : 0;
        return words;
    }

    /// <summary>
    /// <c>str.capitalize()</c>: the first character in upper case, all others in lower case.
    /// </summary>
    public static string Capitalize(string text)
    {
        if (text.Length == 0)
            return text;
        var first = char.IsHighSurrogate(text[0]) && text.Length > 1 ? 2 : 1;
        return text[..first].ToUpperInvariant() + text[first..].ToLowerInvariant();
    }

    private static int CountPairs(string text)
    {
        var pairs = 0;
        for (var i = 1; i < text.Length; i++)
            pairs += char.IsSurrogatePair(text[i - 1], text[i]) ? 1 : 0;
        return pairs;
    }
}
