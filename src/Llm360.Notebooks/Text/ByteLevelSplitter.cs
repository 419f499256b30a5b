// Splits text into words; byte-level BPE merges only within a word.
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>
/// GPT-2's pattern over Unicode scalar values:
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>.
/// </summary>
/// <remarks>
/// Written out, because .NET's regular expressions work on UTF-16 units and know no letters outside
/// the BMP. White space is Unicode's White_Space. Letters and numbers are those of the running
/// .NET. They can differ from the reference's only for characters assigned after 2021.
/// </remarks>
internal static class ByteLevelSplitter
{
    private enum Kind
    {
        Other,
        Letter,
        Number,
        Space,
    }

    private static readonly Kind[] Ascii = [.. Enumerable.Range(0, 128).Select(c => KindOf((char)c))];

    private static readonly string[] Contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    /// <summary>Length in UTF-16 units of the first word.</summary>
    /// <param name="text">
    /// Well-formed UTF-16, not empty; its end counts as the end of the text.
    /// </param>
    public static int WordLength(ReadOnlySpan<char> text)
    {
        if (text[0] == '\'')
            foreach (var contraction in Contractions)
                if (text.StartsWith(contraction, StringComparison.Ordinal))
                    return contraction.Length;

        // One space belongs to the following word, unless that is white space too.
        var start = text.Length > 1 && text[0] == ' ' && KindAt(text, 1, out _) != Kind.Space ? 1 : 0;
        var kind = KindAt(text, start, out var last);
        var end = start + last;
        while (end < text.Length && KindAt(text, end, out var next) == kind)
            end += last = next;
        // The last white space before a word belongs to that word.
        return kind == Kind.Space && end < text.Length && end > last ? end - last : end;
    }

    private static Kind KindAt(ReadOnlySpan<char> text, int i, out int length)
    {
        length = char.IsHighSurrogate(text[i]) ? 2 : 1;
        return text[i] < Ascii.Length ? Ascii[text[i]]
            : length == 1 ? KindOf(text[i])
            : KindOf(CharUnicodeInfo.GetUnicodeCategory(char.ConvertToUtf32(text[i], text[i + 1])));
    }

    private static Kind KindOf(char c) => char.IsWhiteSpace(c) ? Kind.Space : KindOf(CharUnicodeInfo.GetUnicodeCategory(c));

    private static Kind KindOf(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Kind.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
        _ => Kind.Other,
    };
}
