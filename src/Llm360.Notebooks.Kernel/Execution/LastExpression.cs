// Whether a cell ends in an expression whose value is to be shown.
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Llm360.Notebooks.Kernel.Execution;

internal static class LastExpression
{
    /// <summary>True for a last expression without a semicolon that is not void. Only then is null
    /// a value to show.</summary>
    public static bool HasValue(Compilation compilation, string cell) => Find(compilation, cell) is { } last
        && compilation.GetSemanticModel(last.SyntaxTree).GetTypeInfo(last).Type is not { SpecialType: SpecialType.System_Void };

    /// <summary>The names of the tuple elements if it is a list of tuples; null
    /// otherwise.</summary>
    /// <remarks>Only the compiler knows them.</remarks>
    public static IReadOnlyList<string>? TupleNames(Compilation compilation, string cell)
    {
        if (Find(compilation, cell) is not { } last || compilation.GetSemanticModel(last.SyntaxTree).GetTypeInfo(last).Type is not { } type)
            return null;
        var list = type.AllInterfaces.Append(type as INamedTypeSymbol)
            .FirstOrDefault(i => i?.OriginalDefinition.SpecialType == SpecialType.System_Collections_Generic_IEnumerable_T);
        var element = type is IArrayTypeSymbol array ? array.ElementType : list?.TypeArguments[0];
        return element is INamedTypeSymbol { IsTupleType: true } tuple ? [.. tuple.TupleElements.Select(field => field.Name)] : null;
    }

    private static ExpressionSyntax? Find(Compilation compilation, string cell)
    {
        var tree = compilation.SyntaxTrees.Single(t => t.FilePath == cell);
        return tree.GetRoot() is CompilationUnitSyntax { Members: [.., GlobalStatementSyntax { Statement: var statement }] }
            && statement is ExpressionStatementSyntax { SemicolonToken.IsMissing: true } last
            ? last.Expression
            : null;
    }
}
