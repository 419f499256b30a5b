// Text with a known format, which HTML("..."), Markdown("...") and similar calls return in a cell.
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Kernel.Display;

/// <summary>HTML to be shown as it is.</summary>
/// <param name="Text">The markup.</param>
public sealed record HtmlText(string Text)
{
    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>Markdown to be rendered by the front end.</summary>
/// <param name="Text">The source.</param>
public sealed record MarkdownText(string Text)
{
    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>LaTeX to be rendered by the front end: <c>(LaTeXString)@"\begin{align}
/// ..."</c>.</summary>
/// <param name="Text">The source, in mathematics or with its own delimiters.</param>
public sealed record LaTeXString(string Text)
{
    /// <summary>The text as LaTeX.</summary>
    public static explicit operator LaTeXString(string text) => new(text);

    /// <summary>The text as LaTeX.</summary>
    public static LaTeXString FromString(string text) => new(text);

    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>A formula to be rendered by the front end: <c>(MathString)@"\frac{1}{2}"</c>.</summary>
/// <param name="Text">LaTeX without delimiters.</param>
public sealed record MathString(string Text)
{
    /// <summary>The text as a formula.</summary>
    public static explicit operator MathString(string text) => new(text);

    /// <summary>The text as a formula.</summary>
    public static MathString FromString(string text) => new(text);

    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>Bundles of such texts.</summary>
internal static class RichText
{
    private const string Delimiter = "$$", PlainText = "text/plain";

    /// <summary>A script that the page runs when it is shown.</summary>
    public static MimeBundle Script(string code) => MimeBundle.Html($"<script type=\"text/javascript\">{code}</script>", code);

    /// <summary>The bundle of a text with a known format; null for any other value.</summary>
    public static MimeBundle? TryFormat(object value) => value switch
    {
        HtmlText html => MimeBundle.Html(html.Text, html.Text),
        MarkdownText markdown => Of("text/markdown", markdown.Text),
        LaTeXString latex => Of("text/latex", latex.Text),
        MathString math => Of("text/latex", math.Text.Contains('$', StringComparison.Ordinal) ? math.Text
            : $"{Delimiter}{math.Text}{Delimiter}"),
        JsonDocument document => TryFormat(document.RootElement),
        JsonElement { ValueKind: not JsonValueKind.Undefined } element => Of("application/json", element.GetRawText()),
        _ => null,
    };

    /// <summary>A text under a MIME type, and as plain text.</summary>
    public static MimeBundle Of(string mime, string text)
    {
        JsonNode? content = MimeBundle.IsJson(mime) ? JsonNode.Parse(text) : JsonValue.Create(text);
        return new MimeBundle(mime == PlainText ? new JsonObject { [PlainText] = text }
            : new JsonObject { [mime] = content, [PlainText] = text });
    }
}
