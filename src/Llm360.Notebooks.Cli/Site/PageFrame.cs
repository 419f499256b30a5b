// The parts that all pages share: head, content policy, skip link.
using System.Net;

namespace Llm360.Notebooks.Cli.Site;

/// <summary>The frame of a page.</summary>
internal static class PageFrame
{
    // A page may use only what is beside it, whatever a notebook's own HTML requests.
    private const string Policy = "default-src 'none'; script-src 'self' file: 'unsafe-inline'; style-src 'self' file: 'unsafe-inline'; "
        + "img-src 'self' file: data: blob:; font-src data:; base-uri 'none'; form-action 'none'";

    /// <param name="title">The title of the window.</param>
    /// <param name="root">
    /// Path to the site's folder: empty or <c>../</c>; null for a page with an inline style and no
    /// figures.
    /// </param>
    /// <param name="classes">Classes of the body.</param>
    /// <param name="body">Content of the body, with an element of id <c>main</c>.</param>
    public static string Html(string title, string? root, string classes, string body) => $"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="{Policy}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{WebUtility.HtmlEncode(title)}</title>
        <link rel="icon" href="data:,">
        {Assets(root, classes)}
        </head>
        <body class="{classes}">
        <a class="skip" href="#main">Skip to the content</a>
        {body}
        </body>
        </html>

        """;

    /// <summary>Links to files that a browser saves, with commas between them.</summary>
    public static string Downloads(IEnumerable<(string Name, string Link)> files) => string.Join(", ", files.Select(f =>
        $"<a href=\"{WebUtility.HtmlEncode(f.Link)}\" download>{WebUtility.HtmlEncode(f.Name)}</a>"));

    private static string Assets(string? root, string classes) => root is null
        ? $"<style>\n{SiteAssets.Read("site.css")}</style>"
        : $"""
        <link rel="stylesheet" href="{root}assets/site.css">
        <script src="{root}assets/plotly.min.js" defer></script>
        <script src="{root}assets/figures.js" defer></script>
        <script src="{root}assets/{(classes == "index" ? "index" : "page")}.js" defer></script>
        """;
}
