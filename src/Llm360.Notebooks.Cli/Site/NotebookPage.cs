// A notebook's page: text, collapsed code, figures, outputs, and a table of contents beside them.
using System.Net;
using System.Text;

namespace Llm360.Notebooks.Cli.Site;

/// <summary>The notebooks before and after one; null at the ends.</summary>
internal sealed record SiteNeighbours(SiteDocument? Previous, SiteDocument? Next);

/// <summary>Renders the page of one notebook.</summary>
internal static class NotebookPage
{
    public static string Html(
        SiteDocument document,
        SiteNotebook? info,
        IReadOnlyList<(string Name, string Link)> data,
        SiteRun run,
        SiteNeighbours neighbours) => PageFrame.Html(
        $"{document.Title} ({run.Suite})",
        "../",
        "page",
        $"""
        <nav class="contents" aria-label="Contents">
        <p><a href="../index.html">All notebooks</a></p>
        {Contents(document)}
        </nav>
        <main id="main">
        <header>
        <h1>{WebUtility.HtmlEncode(document.Title)}</h1>
        <p class="tools">{Tools(document, info, data, run)}</p>
        </header>
        {string.Join('\n', document.Body)}
        {Neighbours(neighbours)}
        </main>
        """);

    private static string Neighbours(SiteNeighbours neighbours)
    {
        var links = Link(neighbours.Previous, "prev", "Previous") + Link(neighbours.Next, "next", "Next");
        return links.Length == 0 ? "" : $"<nav class=\"neighbours\" aria-label=\"Previous and next notebook\">\n{links}</nav>";

        static string Link(SiteDocument? document, string relation, string word) => document is null ? ""
            : $"<a rel=\"{relation}\" href=\"{Uri.EscapeDataString(document.Name)}.html\">"
            + $"<span>{word}</span> {WebUtility.HtmlEncode(document.Title)}</a>\n";
    }

    private static string Contents(SiteDocument document)
    {
        var headings = document.Headings.Where(h => h.Level <= 3).ToList();
        if (headings.Count == 0)
            return "";
        var html = new StringBuilder("<ol>\n");
        foreach (var heading in headings)
        {
            var (id, text) = (WebUtility.HtmlEncode(heading.Id), WebUtility.HtmlEncode(heading.Text));
            html.Append($"<li class=\"level-{heading.Level}\"><a href=\"#{id}\">{text}</a></li>\n");
        }

        return html.Append("</ol>").ToString();
    }

    private static string Tools(SiteDocument document, SiteNotebook? info, IReadOnlyList<(string Name, string Link)> data, SiteRun run)
    {
        var name = Uri.EscapeDataString(document.Name);
        var ran = info?.Time is { } time ? $", ran for {SiteRun.InWords(time)}" : "";
        var parts = new List<string> { $"<span>Suite {WebUtility.HtmlEncode(run.Suite)}{ran}</span>" };
        if (document.Body.Exists(b => b.StartsWith("<details", StringComparison.Ordinal)))
            parts.Add("<button type=\"button\" id=\"unfold\" aria-pressed=\"false\">Show all code</button>");
        parts.Add($"<a href=\"{name}.ipynb\" download>Download the notebook</a>");
        if (data.Count > 0)
            parts.Add($"<span>Data: {PageFrame.Downloads(data)}</span>");
        return string.Join(' ', parts);
    }
}
