// The namespaces that a cell lacks, for extension methods and types of its references.
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Llm360.Notebooks.Kernel.Execution;

/// <summary>Searches the references for names that the compiler does not find.</summary>
internal static class MissingUsings
{
    private const string NoMember = "CS1061", NoType = "CS0246", NoName = "CS0103", NoMemberOfNamespace = "CS0234";
    private const int Shown = 3, LookedAt = 3;
    private const string Tags = "Microsoft.DotNet.Interactive.Formatting.PocketViewTags";

    // Names that notebooks of .NET Interactive use and its formatters do not have.
    private static readonly Dictionary<string, string> Interactive = new(StringComparer.Ordinal)
    {
        ["Kernel"] = "Kernel is a class of .NET Interactive; call display, HTML, input and password without it",
        ["KernelInvocationContext"] = "KernelInvocationContext is a class of .NET Interactive; use display and AmbientWork.Cancellation",
        ["GetInputAsync"] = "call input(\"prompt\") or password(\"prompt\")",
    };

    /// <summary>Namespaces to add. Each one is the only one that makes an unknown member an
    /// extension method.</summary>
    public static IReadOnlyList<string> OfExtensionMethods(Compilation compilation, IEnumerable<Diagnostic> diagnostics)
    {
        var namespaces = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var diagnostic in diagnostics.Where(d => d.Id == NoMember))
        {
            if (NodeOf(diagnostic) is not SimpleNameSyntax { Parent: { } parent } name || ReceiverOf(parent) is not { } receiver)
                continue;
            var tree = compilation.GetSemanticModel(receiver.SyntaxTree);
            if (tree.GetTypeInfo(receiver).Type is not { } type)
                continue;
            var found = ExtensionMethods(compilation, n => n == name.Identifier.ValueText, type)
                .Select(method => method.ContainingNamespace.ToDisplayString()).Distinct().ToList();
            if (found is [var only])
                namespaces.Add(only);
        }

        return [.. namespaces];
    }

    /// <summary>The advice for the first unknown type; null if no reference has a type of that
    /// name.</summary>
    public static string? Hint(Compilation compilation, IEnumerable<Diagnostic> diagnostics)
    {
        foreach (var diagnostic in diagnostics.Where(d => d.Id is NoType or NoName or NoMemberOfNamespace).Take(LookedAt))
        {
            if (NodeOf(diagnostic) is not { } node || NameOf(node) is not { } name)
                continue;
            if (Interactive.GetValueOrDefault(name.Identifier.ValueText) is { } advice)
                return advice;
            if (name.Parent is InvocationExpressionSyntax or ElementAccessExpressionSyntax
                && compilation.GetTypeByMetadataName(Tags)?.GetMembers(name.Identifier.ValueText).IsEmpty == false)
            {
                return $"add using static {Tags};";
            }

            var found = Types(compilation.GlobalNamespace, name.Identifier.ValueText, name.Arity)
                .Select(type => type.ContainingNamespace.ToDisplayString()).Distinct().Order(StringComparer.Ordinal).ToList();
            if (found.Count is > 0 and <= Shown)
                return "add " + string.Join(" or ", found.Select(space => $"using {space};"));
        }

        return null;
    }

    /// <summary>The extension methods in the references that apply to a type, imported or
    /// not.</summary>
    /// <param name="compilation">The compilation with the references.</param>
    /// <param name="isWanted">Selects methods by name.</param>
    /// <param name="receiver">The type.</param>
    public static IEnumerable<IMethodSymbol> ExtensionMethods(Compilation compilation, Func<string, bool> isWanted, ITypeSymbol receiver) =>
        from assembly in compilation.SourceModule.ReferencedAssemblySymbols
        where assembly.MightContainExtensionMethods
        from type in StaticTypes(assembly.GlobalNamespace)
        from method in type.GetMembers().OfType<IMethodSymbol>()
        where method is { IsExtensionMethod: true, DeclaredAccessibility: Accessibility.Public } && isWanted(method.Name)
            && method.ReduceExtensionMethod(receiver) is not null
        select method;

    private static IEnumerable<INamedTypeSymbol> StaticTypes(INamespaceSymbol space) =>
        space.GetTypeMembers()
            .Where(type => type is { IsStatic: true, MightContainExtensionMethods: true, DeclaredAccessibility: Accessibility.Public })
            .Concat(space.GetNamespaceMembers().SelectMany(StaticTypes));

    private static IEnumerable<INamedTypeSymbol> Types(INamespaceSymbol space, string name, int arity) =>
        space.GetTypeMembers(name, arity)
            .Where(type => type is { DeclaredAccessibility: Accessibility.Public, ContainingNamespace.IsGlobalNamespace: false })
            .Concat(space.GetNamespaceMembers().SelectMany(inner => Types(inner, name, arity)));

    private static SyntaxNode? NodeOf(Diagnostic diagnostic) =>
        diagnostic.Location.SourceTree?.GetRoot().FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true);

    private static SimpleNameSyntax? NameOf(SyntaxNode node) => node switch
    {
        SimpleNameSyntax name => name,
        QualifiedNameSyntax qualified => qualified.Right,
        MemberAccessExpressionSyntax access => access.Name,
        _ => null,
    };

    private static ExpressionSyntax? ReceiverOf(SyntaxNode parent) => parent switch
    {
        MemberAccessExpressionSyntax access => access.Expression,
        MemberBindingExpressionSyntax { Parent: InvocationExpressionSyntax { Parent: ConditionalAccessExpressionSyntax conditional } } =>
            conditional.Expression,
        _ => null,
    };
}
