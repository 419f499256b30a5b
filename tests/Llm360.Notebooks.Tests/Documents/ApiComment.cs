// The XML documentation of a symbol as Markdown.
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;

namespace Llm360.Notebooks.Tests.Documents;

/// <summary>Summary, parameters and result of a symbol, each as one line of Markdown.</summary>
internal sealed partial class ApiComment
{
    public ApiComment(ISymbol symbol)
    {
        var xml = symbol.GetDocumentationCommentXml() is { Length: > 0 } text ? Parse(text) : new XElement("none");
        Summary = Line(xml.Element("summary"));
        Returns = Line(xml.Element("returns"));
        Parameters = [.. xml.Elements("param").Select(p => (Name: (string?)p.Attribute("name"), Text: Line(p)))
            .Where(p => p.Text.Length > 0).Select(p => $"`{p.Name}`: {p.Text}")];
    }

    public string Summary { get; }

    public string Returns { get; }

    /// <summary>The documented parameters, in order.</summary>
    public IReadOnlyList<string> Parameters { get; }

    private static XElement Parse(string xml)
    {
        try
        {
            return XElement.Parse(xml, LoadOptions.PreserveWhitespace);
        }
        catch (XmlException)
        {
            return new XElement("none");
        }
    }

    private static string Line(XElement? element) => element is null ? "" : Spaces().Replace(Text(element), " ").Trim();

    private static string Text(XElement element) => string.Concat(element.Nodes().Select(node => node switch
    {
        XText text => text.Value.Replace("<", "&lt;", StringComparison.Ordinal),
        XElement { Name.LocalName: "see" or "seealso" } see => Reference(see),
        XElement { Name.LocalName: "paramref" or "typeparamref" } name => $"`{name.Attribute("name")?.Value}`",
        XElement { Name.LocalName: "c" or "code" } code => $"`{code.Value}`",
        XElement other => " " + Text(other) + " ",
        _ => "",
    }));

    // "M:Llm360.Notebooks.Grid.RunAsync(System.String)" is shown as `RunAsync`.
    private static string Reference(XElement see)
    {
        if (see.Attribute("href")?.Value is { } link)
            return $"[{(see.Value.Length > 0 ? see.Value : link)}]({link})";
        var name = see.Attribute("cref")?.Value ?? see.Attribute("langword")?.Value ?? "";
        name = name.Split('(')[0];
        name = name[(name.LastIndexOfAny(['.', ':']) + 1)..];
        return $"`{name.Split('`')[0]}`";
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
