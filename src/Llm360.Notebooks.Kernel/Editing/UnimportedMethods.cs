// Completion of extension methods that are not imported: running the cell adds the missing using.
using Llm360.Notebooks.Kernel.Execution;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Llm360.Notebooks.Kernel.Editing;

/// <summary>Finds the extension methods that a cell could use with one more using.</summary>
internal static class UnimportedMethods
{
    private const int Most = 100;

    // With fewer letters, there are too many methods to examine within a key press.
    private const int LeastTyped = 2;

    /// <summary>Methods of the expression before the dot that begin with the typed text.</summary>
    /// <param name="document">The text in the editor.</param>
    /// <param name="start">Where the name begins.</param>
    /// <param name="typed">The typed part of the name.</param>
    public static async Task<IReadOnlyList<CompletionMatch>> OfAsync(Document document, int start, string typed)
    {
        if (typed.Length < LeastTyped)
            return [];
        var root = await document.GetSyntaxRootAsync().ConfigureAwait(false);
        if (root!.FindToken(start).Parent?.Parent is not MemberAccessExpressionSyntax access)
            return [];
        var model = await document.GetSemanticModelAsync().ConfigureAwait(false);
        if (model!.GetTypeInfo(access.Expression).Type is not { TypeKind: not TypeKind.Error } type)
            return [];
        var methods = MissingUsings.ExtensionMethods(model!.Compilation, name =>
            name.StartsWith(typed, StringComparison.OrdinalIgnoreCase), type);

        // The cell adds a using only if the name is in one namespace.
        return [.. methods.GroupBy(method => method.Name)
            .Where(same => same.Select(method => method.ContainingNamespace?.ToDisplayString()).Distinct().Count() == 1)
            .Select(same => new CompletionMatch(same.Key, "function")).Take(Most)];
    }
}
