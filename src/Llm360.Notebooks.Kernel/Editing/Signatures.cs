// The overloads of the method at the cursor, or of the call around it, with their parameters.
using System.Text;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Llm360.Notebooks.Kernel.Editing;

/// <summary>The parameters of a call.</summary>
/// <param name="Text">The overloads, first the one at the cursor, and its parameters with their
/// documentation.</param>
/// <param name="IsInArguments">Whether the cursor is between the parentheses, and not on a name
/// there.</param>
internal sealed record Signatures(string Text, bool IsInArguments)
{
    private const int Shown = 20;

    private static readonly SymbolDisplayFormat Format = SymbolDisplayFormat.CSharpShortErrorMessageFormat
        .WithParameterOptions(SymbolDisplayParameterOptions.IncludeName | SymbolDisplayParameterOptions.IncludeType
            | SymbolDisplayParameterOptions.IncludeDefaultValue | SymbolDisplayParameterOptions.IncludeParamsRefOut)
        .WithMemberOptions(SymbolDisplayMemberOptions.IncludeParameters | SymbolDisplayMemberOptions.IncludeType
            | SymbolDisplayMemberOptions.IncludeContainingType);

    /// <summary>The signatures; null without a method.</summary>
    public static async Task<Signatures?> OfAsync(Document document, int cursor)
    {
        var root = await document.GetSyntaxRootAsync().ConfigureAwait(false);
        var model = await document.GetSemanticModelAsync().ConfigureAwait(false);
        var text = await document.GetTextAsync().ConfigureAwait(false);
        if (NameAt(root!, text, cursor) is { } token)
        {
            return token.Parent is SimpleNameSyntax name && Overloads(model!, name) is { Count: > 0 } named
                ? new Signatures(Write(named, Chosen(model!, name.FirstAncestorOrSelf<InvocationExpressionSyntax>(), named), null), false)
                : null;
        }

        var list = root!.FindToken(Math.Max(0, cursor - 1)).Parent?.AncestorsAndSelf().OfType<BaseArgumentListSyntax>()
            .FirstOrDefault(l => l.SpanStart < cursor && (cursor < l.Span.End || l.GetLastToken(includeZeroWidth: true).IsMissing));
        var overloads = list?.Parent switch
        {
            InvocationExpressionSyntax call => Overloads(model!, call.Expression),
            BaseObjectCreationExpressionSyntax creation =>
                model!.GetTypeInfo(creation).Type is INamedTypeSymbol made ? [.. made.InstanceConstructors] : [],
            _ => [],
        };
        if (overloads.Count == 0)
            return null;
        var index = list!.Arguments.GetSeparators().Count(comma => comma.Span.End <= cursor);
        var best = Chosen(model!, list.Parent!, overloads);
        if (best is null || best.Parameters.Length <= index)
            best = overloads.Where(method => method.Parameters.Length > index).MinBy(method => method.Parameters.Length) ?? overloads[0];
        return new Signatures(Write(overloads, best, index), true);
    }

    private static SyntaxToken? NameAt(SyntaxNode root, SourceText text, int cursor)
    {
        // After the last letter of a name, the cursor is still on the name.
        foreach (var place in new[] { cursor, cursor - 1 })
        {
            if (place >= 0 && place < text.Length && root.FindToken(place) is var token && token.IsKind(SyntaxKind.IdentifierToken)
                && token.Span.Contains(place))
                return token;
        }

        return null;
    }

    private static List<IMethodSymbol> Overloads(SemanticModel model, ExpressionSyntax expression) =>
        model.GetMemberGroup(expression).OfType<IMethodSymbol>() is var group && group.Any() ? [.. group]
        : model.GetSymbolInfo(expression) is { Symbol: IMethodSymbol only } ? [only]
        : [.. model.GetSymbolInfo(expression).CandidateSymbols.OfType<IMethodSymbol>()];

    private static IMethodSymbol? Chosen(SemanticModel model, SyntaxNode? call, List<IMethodSymbol> overloads) =>
        call is null || model.GetSymbolInfo(call).Symbol is not IMethodSymbol symbol ? null
        : overloads.Find(method => SymbolEqualityComparer.Default.Equals(method.OriginalDefinition, symbol.OriginalDefinition));

    private static string Write(List<IMethodSymbol> overloads, IMethodSymbol? best, int? index)
    {
        best ??= overloads[0];
        var text = new StringBuilder(best.ToDisplayString(Format));
        var documentation = Documentation(best);
        if (Plain(documentation?.Element("summary")) is { Length: > 0 } summary)
            text.Append('\n').Append(summary);
        foreach (var (place, parameter) in best.Parameters.Index())
        {
            text.Append('\n').Append(place == index || (index >= best.Parameters.Length && parameter.IsParams) ? "→ " : "  ")
                .Append(parameter.Name);
            var words = documentation?.Elements("param").FirstOrDefault(element => element.Attribute("name")?.Value == parameter.Name);
            text.Append(Plain(words) is { Length: > 0 } described ? ": " + described : "");
        }

        var others = overloads.Where(method => !SymbolEqualityComparer.Default.Equals(method, best)).ToList();
        if (others.Count == 0)
            return text.ToString();
        text.Append("\n\noverloads:");
        foreach (var method in others.Take(Shown))
            text.Append("\n  ").Append(method.ToDisplayString(Format));
        if (others.Count > Shown)
            text.Append(null, $"\n  and {others.Count - Shown} more");
        return text.ToString();
    }

    private static XElement? Documentation(IMethodSymbol method)
    {
        try
        {
            return method.OriginalDefinition.GetDocumentationCommentXml(expandIncludes: true) is { Length: > 0 } xml
                ? XElement.Parse(xml.StartsWith("<member", StringComparison.Ordinal) || xml.StartsWith("<doc", StringComparison.Ordinal)
                ? xml : $"<doc>{xml}</doc>")
                : null;
        }
        catch (System.Xml.XmlException)
        {
            return null;
        }
    }

    // A reference is written as the last part of the name it refers to.
    private static string Plain(XElement? element)
    {
        if (element is null)
            return "";
        var parts = element.DescendantNodes().Select(node => node switch
        {
            XText words => words.Value,
            XElement { IsEmpty: true } reference =>
                (reference.Attribute("cref") ?? reference.Attribute("name") ?? reference.Attribute("langword"))
                ?.Value.Split('(')[0].Split('.', ':')[^1] ?? "",
            _ => "",
        });
        return string.Join(' ', string.Concat(parts).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
