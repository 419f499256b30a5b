// Completion within a string: the names of suites where a suite is opened.
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Llm360.Notebooks.Kernel.Editing;

/// <summary>Knows the texts that the kit's own methods take.</summary>
internal static class StringCompletion
{
    /// <summary>The texts that fit at the cursor; null if it is not in a known argument.</summary>
    public static async Task<(int Start, IReadOnlyList<CompletionMatch> Items)?> OfAsync(Document document, int cursor)
    {
        var root = await document.GetSyntaxRootAsync().ConfigureAwait(false);
        if (cursor == 0 || root!.FindToken(cursor - 1) is not { RawKind: (int)SyntaxKind.StringLiteralToken } token
            || token.SpanStart >= cursor || IsClosed(token, cursor)
            || token.Parent?.Parent is not ArgumentSyntax { Parent: ArgumentListSyntax { Parent: InvocationExpressionSyntax call } list }
            || list.Arguments[0] != token.Parent.Parent)
        {
            return null;
        }

        var model = await document.GetSemanticModelAsync().ConfigureAwait(false);
        var info = model!.GetSymbolInfo(call);
        var method = info.Symbol ?? info.CandidateSymbols.FirstOrDefault();
        if (method is null || method.ContainingType?.ToDisplayString() != typeof(Suites).FullName
            || method.Name is not (nameof(Suites.Open) or nameof(Suites.Recipe) or nameof(Suites.Manifest)))
            return null;
        var start = token.SpanStart + 1;
        var text = await document.GetTextAsync().ConfigureAwait(false);
        var typed = text.ToString(Microsoft.CodeAnalysis.Text.TextSpan.FromBounds(start, cursor));
        var names = Suites.List().Select(suite => suite.Name).Concat(Suites.Names).Distinct().Order(StringComparer.Ordinal);
        return (start, [.. names.Where(name => name.StartsWith(typed, StringComparison.OrdinalIgnoreCase)).Select(name =>
            new CompletionMatch(name, "text"))]);
    }

    private static bool IsClosed(SyntaxToken token, int cursor) =>
        cursor >= token.Span.End && token.Text.Length > 1 && token.Text[^1] == '"';
}
