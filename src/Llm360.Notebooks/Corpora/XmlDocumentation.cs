// Turns an XML documentation file into documents: each member's text, with short reference names.
using System.Xml;

namespace Llm360.Notebooks;

/// <summary>Reads the members of an XML documentation file as plain text.</summary>
internal static class XmlDocumentation
{
    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        CloseInput = false,
    };

    /// <summary>Elements inside a sentence; every other element begins and ends a word.</summary>
    private static readonly HashSet<string> Inline =
        ["see", "seealso", "paramref", "typeparamref", "c", "a", "b", "i", "em", "strong", "u", "sub", "sup"];

    /// <summary>Every member with text, in file order.</summary>
    /// <exception cref="Llm360Exception">The file is not well-formed.</exception>
    public static List<(string Member, string Text)> Read(Stream stream, string path)
    {
        var members = new List<(string, string)>();
        try
        {
            using var reader = XmlReader.Create(stream, Settings);
            while (reader.ReadToFollowing("member"))
            {
                var member = reader.GetAttribute("name") ?? "";
                var text = MemberText(reader);
                if (text.Length > 0)
                    members.Add((member, text));
            }

            return members;
        }
        catch (XmlException e)
        {
            var where = e.LineNumber > 0 ? $"{path}, line {e.LineNumber}" : path;
            throw new Llm360Exception(
                $"The documentation file is not well-formed: {e.Message}", where,
                "Delete the package's folder from the NuGet cache and run dotnet restore.", e);
        }
    }

    /// <summary>
    /// The text of a member, with white space folded. The reader ends at the member's end tag, or
    /// at the member itself if it is empty.
    /// </summary>
    private static string MemberText(XmlReader reader)
    {
        if (reader.IsEmptyElement)
            return "";
        var text = new FoldedText();
        var open = new Stack<Opened>();
        for (var end = reader.Depth; reader.Read() && reader.Depth > end;)
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Element:
                    var element = Open(reader, text);
                    if (reader.IsEmptyElement)
                        Close(element, text);
                    else
                        open.Push(element);
                    break;
                case XmlNodeType.EndElement:
                    Close(open.Pop(), text);
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                    text.Append(reader.Value);
                    break;
            }
        }

        return text.Take();
    }

    private static Opened Open(XmlReader reader, FoldedText text)
    {
        var name = reader.LocalName;
        var inline = Inline.Contains(name);
        if (!inline)
            text.Break();
        var start = text.Length;
        // Labels such as "index: The position" and "ArgumentException: The array is empty", as in
        // the pages made from these files.
        var label = name switch
        {
            "param" or "typeparam" => reader.GetAttribute("name"),
            "exception" => reader.GetAttribute("cref") is { } thrown ? CrefName.Shorten(thrown) : null,
            _ => null,
        };
        if (label is not null)
            text.Append($"{label}: ");
        // The text of an inline reference without content. A bare seealso is a link outside the
        // prose and gets none.
        var reference = name switch
        {
            "see" => reader.GetAttribute("langword")
                ?? (reader.GetAttribute("cref") is { } cref ? CrefName.Shorten(cref) : reader.GetAttribute("href")),
            "paramref" or "typeparamref" => reader.GetAttribute("name"),
            _ => null,
        };
        return new Opened(inline, start, text.Length, reference);
    }

    private static void Close(Opened element, FoldedText text)
    {
        if (text.Length == element.ContentStart)
        {
            if (element.Reference is { } reference)
                text.Append(reference);
            else if (element.ContentStart > element.Start)
                text.Truncate(element.Start);
        }

        if (!element.Inline)
            text.Break();
    }

    private readonly record struct Opened(bool Inline, int Start, int ContentStart, string? Reference);
}
