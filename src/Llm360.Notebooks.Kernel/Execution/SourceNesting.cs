// The nesting depth of source. The compiler recurses as deep, and its time grows even faster.
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Refuses source that would use up the compiler's stack.</summary>
internal static class SourceNesting
{
    /// <summary>The maximum depth of nested brackets. The parser's time grows with the square of
    /// the depth.</summary>
    public const int MaxBrackets = 1000;

    // The compiler needs up to 3 KB of stack for each level. A sum of 10,000 terms has 10,000
    // levels.
    private const int MaxLevels = 20_000;

    /// <summary>The problem with the source before it is parsed; null if there is none.</summary>
    public static (Location Place, string Message)? OfBrackets(string code, string cell, CancellationToken cancellation)
    {
        var (depth, angles) = (0, 0);
        foreach (var token in SyntaxFactory.ParseTokens(code, options: Submissions.ParseOptions))
        {
            cancellation.ThrowIfCancellationRequested();
            depth = token.Kind() switch
            {
                SyntaxKind.OpenParenToken or SyntaxKind.OpenBraceToken or SyntaxKind.OpenBracketToken => depth + 1,
                SyntaxKind.CloseParenToken or SyntaxKind.CloseBraceToken or SyntaxKind.CloseBracketToken => depth - 1,
                _ => depth,
            };

            // Type arguments contain only names. Elsewhere the token is a comparison, which nothing
            // closes.
            angles = token.Kind() switch
            {
                SyntaxKind.LessThanToken => angles + 1,
                SyntaxKind.GreaterThanToken => Math.Max(0, angles - 1),
                SyntaxKind.IdentifierToken or SyntaxKind.CommaToken or SyntaxKind.DotToken or SyntaxKind.ColonColonToken => angles,
                var kind when SyntaxFacts.IsPredefinedType(kind) => angles,
                _ => 0,
            };
            if (depth + angles <= MaxBrackets)
                continue;
            var line = Microsoft.CodeAnalysis.Text.SourceText.From(code).Lines.GetLinePositionSpan(token.Span);
            return (Location.Create(cell, token.Span, line), Message("brackets", MaxBrackets));
        }

        return null;
    }

    /// <summary>The problem with the parsed source; null if there is none.</summary>
    public static (Location Place, string Message)? OfTree(SyntaxTree tree, CancellationToken cancellation)
    {
        // Not recursive, because the source may be nested too deeply for the stack.
        var left = new Stack<(SyntaxNode Node, int Depth)>([(tree.GetRoot(cancellation), 0)]);
        while (left.TryPop(out var next))
        {
            cancellation.ThrowIfCancellationRequested();
            if (next.Depth > MaxLevels)
                return (next.Node.GetLocation(), Message("expressions or statements", MaxLevels));
            foreach (var child in next.Node.ChildNodes())
                left.Push((child, next.Depth + 1));
        }

        return null;
    }

    private static string Message(string what, int most) =>
        string.Create(CultureInfo.InvariantCulture, $"More than {most:N0} {what} are nested within one another. ")
        + "Split the code into several variables or functions, or read it as data.";
}
