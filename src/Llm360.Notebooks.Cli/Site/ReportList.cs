// The page that lists all reports, with a card for each suite.
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Llm360.Notebooks.Cli.Site;

/// <summary>Lists the reports in a folder that has a folder for each suite.</summary>
public static class ReportList
{
    /// <summary>The description of a report, in the report's folder.</summary>
    internal const string ReportFile = "report.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>
    /// Writes <c>index.html</c> of the folder, which links to every report in it.
    /// </summary>
    /// <param name="folder">A folder with one folder for each report.</param>
    /// <returns>The path of the page.</returns>
    /// <exception cref="Llm360Exception">The page cannot be written.</exception>
    public static string Write(string folder)
    {
        var page = Path.Combine(folder, "index.html");
        var folders = Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal);
        var reports = folders.Where(f => File.Exists(Path.Combine(f, "index.html"))).Select(Read).OfType<Report>();
        AtomicFile.WriteText(page, PageFrame.Html("LLM360 notebooks: reports", null, "index", $"""
            <main id="main">
            <header>
            <h1>What happened while the models learned?</h1>
            <p class="lead">A report for each suite that was studied here.</p>
            </header>
            <ul class="cards">
            {string.Join('\n', reports.OrderByDescending(r => r.Finished).Select(Card))}
            </ul>
            </main>
            """));
        return page;
    }

    /// <summary>The content of a report's <see cref="ReportFile"/>.</summary>
    internal static string Describe(SiteRun run, int notebooks) =>
        JsonSerializer.Serialize(new Report(run.Suite, run.Sentence(notebooks), run.Finished), Json) + "\n";

    private static Report? Read(string folder)
    {
        try
        {
            var report = JsonSerializer.Deserialize<Report>(File.ReadAllText(Path.Combine(folder, ReportFile)), Json);
            return report is { Suite: not null, Sentence: not null } ? report with { Folder = Path.GetFileName(folder) } : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            // Not a report, or not yet complete. The command that writes a report updates the list
            // then.
            return null;
        }
    }

    private static string Card(Report report) => $"""
        <li class="card">
        <h2><a href="{Uri.EscapeDataString(report.Folder)}/index.html">{WebUtility.HtmlEncode(report.Suite)}</a></h2>
        <p>{WebUtility.HtmlEncode(report.Sentence)}</p>
        <p class="time">{(report.Finished is { } time ? time.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture) : "")}</p>
        </li>
        """;

    private sealed record Report(string Suite, string Sentence, DateTimeOffset? Finished)
    {
        [System.Text.Json.Serialization.JsonIgnore]
        public string Folder { get; init; } = "";
    }
}
