// Outputs of code cells other than figures: HTML, images, text, streams, errors.
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using static Llm360.Notebooks.Cli.Site.NotebookJson;

namespace Llm360.Notebooks.Cli.Site;

/// <summary>Renders outputs.</summary>
internal static partial class Outputs
{
    private const int MaximumText = 20_000;

    /// <summary>
    /// Whether an output only loads plotly.js into the notebook; the site has its own copy.
    /// </summary>
    public static bool IsPlotlyScript(JsonObject output) =>
        Role(output) == "plotly.js"
        || (output["data"] is JsonObject data
            && TextOf(data[MimeTypes.Html]) is var html
            && html.Length > 1_000_000
            && html.Contains("plotly.js v", StringComparison.Ordinal));

    public static bool IsError(JsonObject output) => TextOf(output["output_type"]) == "error";

    public static string Render(JsonObject output) => TextOf(output["output_type"]) switch
    {
        "stream" => Pre(TextOf(output["name"]) == "stderr" ? "output stderr" : "output", TextOf(output["text"])),
        "error" => Error(output),
        _ => output["data"] is JsonObject data ? Data(data) : "",
    };

    private static string Data(JsonObject data)
    {
        if (TextOf(data[MimeTypes.Html]) is { Length: > 0 } html)
            return Html(WithoutRequests(html));
        if (TextOf(data["image/svg+xml"]) is { Length: > 0 } svg)
            return Image("image/svg+xml", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(svg)), data);
        foreach (var mime in new[] { "image/png", "image/jpeg" })
        {
            if (TextOf(data[mime]) is { Length: > 0 } bytes)
                return Image(mime, bytes.Replace("\n", "", StringComparison.Ordinal), data);
        }

        return Pre("output", TextOf(data[MimeTypes.Plain]));
    }

    // The caption of a wide table is above the box that scrolls.
    private static string Html(string html)
    {
        var caption = Caption().Match(html);
        if (!caption.Success)
            return Box(html);
        var table = html.Remove(caption.Groups[1].Index, caption.Groups[1].Length);
        return $"<figure class=\"table\"><figcaption class=\"caption\">{caption.Groups[2].Value}</figcaption>\n{Box(table)}</figure>";

        static string Box(string html) => $"<div class=\"output html\" tabindex=\"0\">{html}</div>";
    }

    private static string Image(string mime, string base64, JsonObject data)
    {
        var alt = TextOf(data[MimeTypes.Plain]) is { Length: > 0 } text ? text : "Image made by this cell";
        var (source, encodedAlt) = (WebUtility.HtmlEncode(base64), WebUtility.HtmlEncode(alt));
        return $"<p class=\"output\"><img src=\"data:{mime};base64,{source}\" alt=\"{encodedAlt}\"></p>";
    }

    private static string Error(JsonObject output)
    {
        var trace = string.Join('\n', (output["traceback"] as JsonArray ?? []).Select(l => TextOf(l).TrimEnd('\n')));
        var message = $"{TextOf(output["ename"])}: {TextOf(output["evalue"])}";
        return "<div class=\"output error\" role=\"note\"><p><strong>This cell failed.</strong></p>"
            + $"{Pre("", trace.Length > 0 ? trace : message)}</div>";
    }

    private static string Pre(string classes, string text)
    {
        // Text that a carriage return overwrote on a console is not shown; console colours are
        // removed.
        var lines = AnsiEscape().Replace(text, "").Split('\n').Select(l => l.TrimEnd('\r'));
        text = string.Join('\n', lines.Select(l => l[(l.LastIndexOf('\r') + 1)..])).TrimEnd();
        if (text.Length == 0)
            return "";
        if (text.Length > MaximumText)
            text = $"{text[..MaximumText]}\n... and {text.Length - MaximumText} more characters: see the notebook";
        return $"<pre class=\"{classes}\" tabindex=\"0\">{WebUtility.HtmlEncode(text)}</pre>";
    }

    /// <summary>
    /// Removes elements and attributes that would load external resources. The page's content
    /// policy forbids the rest.
    /// </summary>
    private static string WithoutRequests(string html) => ForeignAttribute().Replace(ForeignElement().Replace(html, ""), "");

    private static string Role(JsonObject output) => output["metadata"] switch
    {
        JsonObject metadata when metadata["llm360"] is JsonObject own => TextOf(own["role"]),
        JsonObject metadata => TextOf(metadata["llm360.role"]),
        _ => "",
    };

    [GeneratedRegex("^\\s*<table class=\"llm360-table\">\\s*(<caption>(.*?)</caption>)", RegexOptions.Singleline)]
    private static partial Regex Caption();

    [GeneratedRegex(@"\x1b\[[0-9;?]*[A-Za-z]")]
    private static partial Regex AnsiEscape();

    [GeneratedRegex(
        @"<script\b[^>]*\bsrc\s*=[^>]*>\s*</script>|<link\b[^>]*>|<(iframe|object|embed)\b[^>]*>(.*?</\1>)?",
        RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex ForeignElement();

    [GeneratedRegex(
        @"\s(src|srcset|poster|background)\s*=\s*(""\s*(https?:)?//[^""]*""|'\s*(https?:)?//[^']*'|(https?:)?//[^\s>]*)",
        RegexOptions.IgnoreCase)]
    private static partial Regex ForeignAttribute();
}
