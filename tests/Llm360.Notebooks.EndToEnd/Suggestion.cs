// A suggestion in a notebook's "Things to try", as a change that a test can apply.
using System.Text.RegularExpressions;

namespace Llm360.Notebooks.EndToEnd;

/// <summary>The kinds of suggestions.</summary>
internal enum SuggestionKind
{
    /// <summary>Values of parameters: <c>n = 16</c>.</summary>
    Parameters,

    /// <summary>Code that replaces other code.</summary>
    Replacement,

    /// <summary>Keys of a recipe: <c>"seed": 7</c>.</summary>
    Recipe,

    /// <summary>An expression to evaluate.</summary>
    Expression,
}

/// <summary>One item of the list.</summary>
/// <param name="Text">The item.</param>
/// <param name="Kind">The kind of its first piece of code.</param>
/// <param name="Code">Its code: all assignments or keys, the new and the old code, or the
/// expression.</param>
internal sealed partial record Suggestion(string Text, SuggestionKind Kind, IReadOnlyList<string> Code)
{
    /// <summary>The suggestions in a notebook's last cell.</summary>
    public static IReadOnlyList<Suggestion> Read(string markdown)
    {
        Assert.StartsWith("## Things to try\n", markdown, StringComparison.Ordinal);
        // An item may have several lines.
        return [.. markdown.Replace("\n  ", " ", StringComparison.Ordinal)
            .Split('\n')
            .Where(l => l.StartsWith("- ", StringComparison.Ordinal))
            .Select(Of)];
    }

    private static Suggestion Of(string text)
    {
        if (InPlace().Match(text) is { Success: true } both)
            return new(text, SuggestionKind.Replacement, [both.Groups["new"].Value, both.Groups["old"].Value]);
        List<string> code = [.. Span().Matches(text).Select(m => m.Groups[1].Value)];
        Assert.True(code.Count > 0, $"no code to try: {text}");
        return Key().IsMatch(code[0]) ? new(text, SuggestionKind.Recipe, [.. code.Where(c => Key().IsMatch(c))])
            : Assignment().IsMatch(code[0]) ? new(text, SuggestionKind.Parameters, [.. code.Where(c => Assignment().IsMatch(c))])
            : new(text, SuggestionKind.Expression, [code[0]]);
    }

    [GeneratedRegex("`(?<new>[^`]+)` in place of `(?<old>[^`]+)`")]
    private static partial Regex InPlace();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Span();

    [GeneratedRegex("^\"[A-Za-z]+\": .+")]
    private static partial Regex Key();

    [GeneratedRegex(@"^\w+ = [^=].*")]
    private static partial Regex Assignment();
}
