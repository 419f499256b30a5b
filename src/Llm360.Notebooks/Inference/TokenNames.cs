// Tokens as words in tables.
namespace Llm360.Notebooks;

/// <summary>The text of single tokens.</summary>
internal sealed class TokenNames(ITokenizer tokenizer)
{
    private const char Unreadable = '\uFFFD';
    private readonly Dictionary<int, string> names = [];

    /// <summary>A token as it reads inside a text; as its vocabulary writes it where it is not text by itself, as a part of a character.</summary>
    public string Of(int token)
    {
        if (names.TryGetValue(token, out var known))
            return known;
        return names[token] = token >= tokenizer.VocabularySize ? $"[{token}]" : Text(token);
    }

    /// <summary>The same in quotation marks, so that spaces are seen.</summary>
    public static string Quoted(string text) => $"\"{text.Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal)}\"";

    private string Text(int token)
    {
        // Behind another token: a tokenizer may drop the space at the start of a text.
        var text = tokenizer.StartDecoding([token]).Push(token);
        return text.Length == 0 || text.Contains(Unreadable, StringComparison.Ordinal) ? tokenizer.Pieces[token] : text;
    }
}
