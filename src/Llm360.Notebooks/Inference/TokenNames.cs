// The text of tokens in tables.
namespace Llm360.Notebooks;

/// <summary>The text of single tokens.</summary>
internal sealed class TokenNames(ITokenizer tokenizer)
{
    private const char Unreadable = '\uFFFD';
    private readonly Dictionary<int, string> names = [];

    /// <summary>
    /// A token as it reads inside a text. A token that is not a text by itself, such as a part of a
    /// character, is shown as in the vocabulary.
    /// </summary>
    public string Of(int token)
    {
        if (names.TryGetValue(token, out var known))
            return known;
        return names[token] = token >= tokenizer.VocabularySize ? $"[{token}]" : Text(token);
    }

    /// <summary>
    /// A text in quotation marks, so that spaces are visible. Control characters are written as in
    /// C#.
    /// </summary>
    public static string Quoted(string text) => $"\"{string.Concat(text.Select(Escaped))}\"";

    private static string Escaped(char c) => c switch
    {
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ when char.IsControl(c) => $"\\u{(int)c:X4}",
        _ => c.ToString(),
    };

    private string Text(int token)
    {
        // After another token, because a tokenizer may drop the space at the start of a text.
        var text = tokenizer.StartDecoding([token]).Push(token);
        return text.Length == 0 || text.Contains(Unreadable, StringComparison.Ordinal) ? tokenizer.Pieces[token] : text;
    }
}
