// Polyglot's #! commands, which are not C#: refused by name, where they stand.
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Llm360.Notebooks.Kernel.Execution;

internal static class MagicCommands
{
    /// <summary>The first line of the cell that the C# parser, too, takes for a <c>#!</c> directive; null without one.</summary>
    public static CellError? Find(SyntaxTree tree)
    {
        var found = tree.GetRoot().DescendantTrivia(descendIntoTrivia: false)
            .FirstOrDefault(trivia => (trivia.IsKind(SyntaxKind.BadDirectiveTrivia) || trivia.IsKind(SyntaxKind.ShebangDirectiveTrivia)) && trivia.ToFullString().StartsWith("#!", StringComparison.Ordinal));
        if (found == default)
            return null;
        var command = found.ToFullString().Trim().Split(' ', '\n')[0];
        return CompileErrors.At(found.GetLocation(), "magic", $"{command} is a magic command of Polyglot Notebooks, not C#. Remove the line; cells here are C# only.");
    }
}
