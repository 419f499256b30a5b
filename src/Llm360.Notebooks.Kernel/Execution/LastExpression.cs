// Whether a cell ends in an expression whose value is to be shown.
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Llm360.Notebooks.Kernel.Execution;

internal static class LastExpression
{
    /// <summary>True for a last expression without a semicolon that is not void: only then does a null mean something.</summary>
    public static bool HasValue(Compilation compilation, string cell)
    {
        var tree = compilation.SyntaxTrees.Single(t => t.FilePath == cell);
        return tree.GetRoot() is CompilationUnitSyntax { Members: [.., GlobalStatementSyntax { Statement: ExpressionStatementSyntax { SemicolonToken.IsMissing: true } last }] }
            && compilation.GetSemanticModel(tree).GetTypeInfo(last.Expression).Type is not { SpecialType: SpecialType.System_Void };
    }
}
