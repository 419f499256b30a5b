// Writes docs/api: the documented public types of the library, one page per folder.
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Llm360.Notebooks.Tests.Documents;

/// <summary>Makes Markdown from the XML documentation in the library's source.</summary>
internal static class ApiPages
{
    private const string IndexFile = "README.md";
    private const int Columns = 140;

    private static readonly SymbolDisplayFormat Signature = new(
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameOnly,
        genericsOptions: SymbolDisplayGenericsOptions.IncludeTypeParameters | SymbolDisplayGenericsOptions.IncludeVariance,
        memberOptions: SymbolDisplayMemberOptions.IncludeParameters | SymbolDisplayMemberOptions.IncludeType
            | SymbolDisplayMemberOptions.IncludeModifiers | SymbolDisplayMemberOptions.IncludeConstantValue,
        parameterOptions: SymbolDisplayParameterOptions.IncludeName | SymbolDisplayParameterOptions.IncludeType
            | SymbolDisplayParameterOptions.IncludeDefaultValue | SymbolDisplayParameterOptions.IncludeParamsRefOut
            | SymbolDisplayParameterOptions.IncludeExtensionThis,
        propertyStyle: SymbolDisplayPropertyStyle.ShowReadWriteDescriptor,
        miscellaneousOptions: SymbolDisplayMiscellaneousOptions.UseSpecialTypes
            | SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    /// <summary>The pages by file name.</summary>
    public static SortedDictionary<string, string> Create()
    {
        var types = Types(LibrarySource.Compilation.Assembly.GlobalNamespace)
            .GroupBy(FolderOf).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => (Folder: g.Key, Types: g.OrderBy(t => t.Name, StringComparer.Ordinal).ToList())).ToList();
        var pages = new SortedDictionary<string, string>(StringComparer.Ordinal) { [IndexFile] = Index(types) };
        foreach (var (folder, all) in types)
            pages[folder + ".md"] = Page(folder, all);
        return pages;
    }

    private static IEnumerable<INamedTypeSymbol> Types(INamespaceSymbol space) =>
        space.GetNamespaceMembers().SelectMany(Types)
            .Concat(space.GetTypeMembers().SelectMany(WithNested).Where(t => t.DeclaredAccessibility == Accessibility.Public));

    private static IEnumerable<INamedTypeSymbol> WithNested(INamedTypeSymbol type) =>
        type.DeclaredAccessibility == Accessibility.Public ? type.GetTypeMembers().SelectMany(WithNested).Prepend(type) : [];

    // The page of a type in several files is the folder of the first file in ordinal order.
    private static string FolderOf(INamedTypeSymbol type)
    {
        var path = type.DeclaringSyntaxReferences.Select(r => r.SyntaxTree.FilePath).Order(StringComparer.Ordinal).First();
        return path.Contains('/', StringComparison.Ordinal) ? path[..path.IndexOf('/', StringComparison.Ordinal)] : "Root";
    }

    private static string Index(List<(string Folder, List<INamedTypeSymbol> Types)> folders)
    {
        var text = new StringBuilder("""
            # The public API

            Every public type of the namespace `Llm360.Notebooks`, by folder. These pages are made from the documentation in the source.
            To write them again:

                LLM360_PIN=1 dotnet test -c Release tests/Llm360.Notebooks.Tests --filter FullyQualifiedName~ApiPagesTests

            """).Append('\n');
        foreach (var (folder, types) in folders)
        {
            text.Append($"\n## [{folder}]({folder}.md)\n\n");
            foreach (var type in types)
                text.Append(Wrapped($"- [{Name(type)}]({folder}.md#{Anchor(type)}): {new ApiComment(type).Summary}", "  "));
        }

        return text.ToString();
    }

    private static string Page(string folder, List<INamedTypeSymbol> types)
    {
        var text = new StringBuilder($"# {folder}\n\n[All types](README.md)\n");
        foreach (var type in types)
        {
            var comment = new ApiComment(type);
            text.Append($"\n## {Name(type)}\n\n").Append(Wrapped($"*{Kind(type)}* {comment.Summary}", "")).Append('\n');
            foreach (var parameter in comment.Parameters)
                text.Append(Wrapped($"- {parameter}", "  "));
            foreach (var member in type.GetMembers().Where(IsShown))
                text.Append(Member(member));
        }

        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static string Member(ISymbol member)
    {
        var comment = new ApiComment(member);
        var text = new StringBuilder($"- `{member.ToDisplayString(Signature)}`");
        if (comment.Summary.Length > 0 && !IsPrimary(member))
            text.Append($" {comment.Summary}");
        if (comment.Returns.Length > 0)
            text.Append($" Returns: {comment.Returns}");
        text = new StringBuilder(Wrapped(text.ToString(), "  "));
        // The parameters of a record's own constructor are documented at the type.
        if (!IsPrimary(member))
        {
            foreach (var parameter in comment.Parameters)
                text.Append(Wrapped($"  - {parameter}", "    "));
        }

        return text.ToString();
    }

    private static bool IsShown(ISymbol member) =>
        member is { DeclaredAccessibility: Accessibility.Public or Accessibility.Protected, IsImplicitlyDeclared: false }
        && member is (IFieldSymbol or IPropertySymbol or IEventSymbol
            or IMethodSymbol { MethodKind: MethodKind.Ordinary or MethodKind.Constructor or MethodKind.UserDefinedOperator })
        // A property generated from a record's parameter is documented as the parameter.
        && !member.DeclaringSyntaxReferences.Any(r => r.GetSyntax() is ParameterSyntax)
        && !member.IsOverride;

    private static bool IsPrimary(ISymbol member) =>
        member is IMethodSymbol { MethodKind: MethodKind.Constructor }
        && member.DeclaringSyntaxReferences.Any(r => r.GetSyntax() is TypeDeclarationSyntax);

    private static string Kind(INamedTypeSymbol type) => type switch
    {
        { TypeKind: TypeKind.Interface } => "Interface.",
        { TypeKind: TypeKind.Enum } => "Enumeration.",
        { IsRecord: true } => "Record.",
        { IsStatic: true } => "Static class.",
        { TypeKind: TypeKind.Struct } => "Structure.",
        { TypeKind: TypeKind.Delegate } => "Delegate.",
        { IsAbstract: true } => "Abstract class.",
        _ => "Class.",
    };

    // Markdown would read <T> as an HTML element.
    private static string Name(INamedTypeSymbol type) => Plain(type).Replace("<", "&lt;", StringComparison.Ordinal);

    private static string Plain(INamedTypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat);

    private static string Anchor(INamedTypeSymbol type) =>
        new([.. Plain(type).ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is '-' or '_')]);

    // A line may end inside code, because Markdown reads the break as a space. A line must not
    // begin with a dash, because that would start a list item.
    private static string Wrapped(string text, string indent)
    {
        var words = text.TrimEnd().Split(' ');
        var (result, width) = (new StringBuilder(words[0]), words[0].Length);
        foreach (var word in words.Skip(1))
        {
            var breaks = width + 1 + word.Length > Columns && word is not ['-' or '+' or '*' or '#' or '=', ..];
            result.Append(breaks ? "\n" + indent : " ").Append(word);
            width = (breaks ? indent.Length : width + 1) + word.Length;
        }

        return result.Append('\n').ToString();
    }
}
