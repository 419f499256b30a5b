// The first page: a summary of the run, a search over all findings, and a card for each notebook.
using System.Net;
using System.Text;

namespace Llm360.Notebooks.Cli.Site;

/// <summary>Renders the index.</summary>
internal static class IndexPage
{
    /// <summary>
    /// The sections of the summary: the topic in a notebook's metadata (<c>report.topic</c>), and
    /// its heading.
    /// </summary>
    private static readonly (string Topic, string Heading)[] Topics =
    [
        ("tour", TourHeading),
        ("learned", "What it learned"),
        ("remembers", "What it remembers"),
        ("sources", "Where that comes from"),
        ("others", "Beside other models"),
    ];

    // A tour covers everything, so it has no finding of its own in the summary.
    private const string TourHeading = "Start here";
    private const string OtherHeading = "More notebooks";

    /// <param name="run">The run.</param>
    /// <param name="notebooks">In the order of the index.</param>
    /// <param name="files">Names and links of the suite's files that are offered.</param>
    public static string Html(
        SiteRun run,
        IReadOnlyList<(SiteDocument Document, SiteNotebook? Info)> notebooks,
        IReadOnlyList<(string Name, string Link)> files)
    {
        var sections = Sections(notebooks);
        return PageFrame.Html(
            $"LLM360 notebooks: {run.Suite}",
            "",
            "index",
            $"""
            <main id="main">
            <header>
            <h1>What happened while {WebUtility.HtmlEncode(run.Suite)} learned?</h1>
            <p class="lead">{WebUtility.HtmlEncode(run.Sentence(notebooks.Count))}</p>
            {(run.Origin is null ? "" : Purpose(run))}
            </header>
            {Summary(sections)}
            <div class="search" role="search" hidden>
            <label for="search">Search titles and findings</label>
            <input type="search" id="search" autocomplete="off" spellcheck="false" aria-describedby="found">
            <p id="found" role="status"></p>
            </div>
            {string.Join('\n', sections.Select(Section))}
            {run.Origin?.Html(run, files)}
            </main>
            """);
    }

    private static string Purpose(SiteRun run) => $"""
        <p>LLM360 releases language models with all their data, checkpoints and logs. This report repeats the analyses of its
        paper on the suite {WebUtility.HtmlEncode(run.Suite)}, one page for each question. <a href="#about">About this report</a></p>
        """;

    private static List<(string Heading, List<(SiteDocument Document, SiteNotebook? Info)> Notebooks)> Sections(
        IReadOnlyList<(SiteDocument Document, SiteNotebook? Info)> notebooks)
    {
        var sections = Topics.Select(t => (t.Heading, notebooks.Where(n => n.Document.Topic == t.Topic).ToList())).ToList();
        sections.Add((OtherHeading, [.. notebooks.Where(n => !Topics.Any(t => t.Topic == n.Document.Topic))]));
        return [.. sections.Where(s => s.Item2.Count > 0)];
    }

    /// <summary>One finding of each notebook, under the question that it answers.</summary>
    private static string Summary(List<(string Heading, List<(SiteDocument Document, SiteNotebook? Info)> Notebooks)> sections)
    {
        var html = new StringBuilder();
        foreach (var (heading, notebooks) in sections.Where(s => s.Heading is not (TourHeading or OtherHeading)))
        {
            var findings = notebooks.Where(n => n.Document.Thumbnail is { Finding.Length: > 0 }).ToList();
            if (findings.Count == 0)
                continue;
            html.Append($"<dt>{WebUtility.HtmlEncode(heading)}</dt>\n");
            foreach (var (document, _) in findings)
                html.Append(Answer(document, document.Thumbnail!));
        }

        return html.Length == 0 ? "" : $"<dl class=\"summary\">\n{html}</dl>";
    }

    private static string Answer(SiteDocument document, SiteFigure figure)
    {
        var name = $"Figure {figure.Number}<span class=\"sr\"> of {WebUtility.HtmlEncode(document.Title)}</span>";
        return $"<dd>{WebUtility.HtmlEncode(figure.Finding)} <a href=\"{Link(document, figure)}\">{name}</a></dd>\n";
    }

    private static string Section((string Heading, List<(SiteDocument Document, SiteNotebook? Info)> Notebooks) section) => $"""
        <section class="topic">
        <h2>{WebUtility.HtmlEncode(section.Heading)}</h2>
        <ul class="cards">
        {string.Join('\n', section.Notebooks.Select(n => Card(n.Document, n.Info)))}
        </ul>
        </section>
        """;

    private static string Card(SiteDocument document, SiteNotebook? info) => $"""
        <li class="card">
        <h3><a href="notebooks/{Uri.EscapeDataString(document.Name)}.html">{WebUtility.HtmlEncode(document.Title)}</a></h3>
        {document.Thumbnail?.ThumbnailHtml()}
        {(document.Thumbnail is { Finding.Length: > 0 } figure ? $"<p>{WebUtility.HtmlEncode(figure.Finding)}</p>" : "")}
        {Findings(document)}
        <p class="time">{(document.HasErrors ? "A cell failed. " : "")}{Time(info)}</p>
        </li>
        """;

    private static string Time(SiteNotebook? info) => info?.Time is { } time ? $"Ran for {SiteRun.InWords(time)}." : "";

    /// <summary>All findings for the search, hidden until a search is made.</summary>
    private static string Findings(SiteDocument document)
    {
        var items = document.Figures.Select(f =>
            $"<li hidden><a href=\"{Link(document, f)}\">{WebUtility.HtmlEncode(f.Title)}</a> {WebUtility.HtmlEncode(f.Finding)}</li>");
        return document.Figures.Count == 0 ? "" : $"<ul class=\"findings\" hidden>\n{string.Join('\n', items)}\n</ul>";
    }

    private static string Link(SiteDocument document, SiteFigure figure) =>
        $"notebooks/{Uri.EscapeDataString(document.Name)}.html#figure-{figure.Number}";
}
