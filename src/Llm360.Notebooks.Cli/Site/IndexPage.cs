// The first page: the run in a sentence, then a card a notebook.
using System.Net;

namespace Llm360.Notebooks.Cli.Site;

/// <summary>Renders the index.</summary>
internal static class IndexPage
{
    public static string Html(SiteRun run, IReadOnlyList<(SiteDocument Document, SiteNotebook? Info)> notebooks) => PageFrame.Html(
        $"LLM360 notebooks: {run.Suite}",
        "",
        "index",
        $"""
        <main id="main">
        <header>
        <h1>What happened while {WebUtility.HtmlEncode(run.Suite)} learned?</h1>
        <p class="lead">{WebUtility.HtmlEncode(run.Sentence(notebooks.Count))}</p>
        </header>
        <ul class="cards">
        {string.Join('\n', notebooks.Select(n => Card(n.Document, n.Info)))}
        </ul>
        </main>
        """);

    private static string Card(SiteDocument document, SiteNotebook? info) => $"""
        <li class="card">
        <h2><a href="notebooks/{Uri.EscapeDataString(document.Name)}.html">{WebUtility.HtmlEncode(document.Title)}</a></h2>
        {document.Thumbnail?.ThumbnailHtml()}
        {(document.Thumbnail is { Finding.Length: > 0 } figure ? $"<p>{WebUtility.HtmlEncode(figure.Finding)}</p>" : "")}
        <p class="time">{(document.HasErrors ? "A cell failed. " : "")}{(info?.Time is { } time ? $"Ran for {SiteRun.InWords(time)}." : "")}</p>
        </li>
        """;
}
