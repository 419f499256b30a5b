// Tokens that are cut out of a text before all other steps.
using System.Buffers;

namespace Llm360.Notebooks;

/// <summary>An added token: the text it matches, and its id.</summary>
internal readonly record struct AddedToken(string Content, int Id, bool Normalized);

/// <summary>
/// Cuts added tokens out of text, leftmost first, and the longest if several begin at one place.
/// </summary>
internal sealed class AddedTokens
{
    private readonly AddedToken[] _longestFirst;
    private readonly SearchValues<string> _contents;

    public AddedTokens(IEnumerable<AddedToken> tokens)
    {
        _longestFirst = [.. tokens.OrderByDescending(t => t.Content.Length)];
        _contents = SearchValues.Create([.. _longestFirst.Select(t => t.Content)], StringComparison.Ordinal);
    }

    /// <summary>
    /// Appends the ids of a text: the id of each added token, and the ids that
    /// <paramref name="rest"/> gives for the text between them.
    /// </summary>
    public void Cut(ReadOnlySpan<char> text, List<int> ids, SpanEncoder rest)
    {
        for (int at; (at = text.IndexOfAny(_contents)) >= 0;)
        {
            rest(text[..at], ids);
            var found = Longest(text[at..]);
            ids.Add(found.Id);
            text = text[(at + found.Content.Length)..];
        }

        rest(text, ids);
    }

    private AddedToken Longest(ReadOnlySpan<char> text)
    {
        foreach (var token in _longestFirst)
            if (text.StartsWith(token.Content, StringComparison.Ordinal))
                return token;
        throw new System.Diagnostics.UnreachableException();
    }
}
