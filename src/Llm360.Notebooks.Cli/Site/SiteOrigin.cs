// The origin of a report: kit, paper, code and data.
using System.Globalization;
using System.Net;

namespace Llm360.Notebooks.Cli.Site;

/// <summary>The origin of a report.</summary>
/// <param name="Description">A description of the suite in one or two sentences.</param>
/// <param name="Version">
/// The kit with its version and commit: <c>Llm360.Notebooks 0.1.0, commit 7b9ef4d</c>.
/// </param>
/// <param name="Files">Files of the suite to offer for download: the recipe, the canaries.</param>
/// <param name="Place">Where the suite's weights and text are.</param>
public sealed record SiteOrigin(string Description, string Version, IReadOnlyList<string> Files, string Place)
{
    private const string Paper = "https://arxiv.org/abs/2312.06550";
    private const string Code = "https://github.com/LLM360";
    private const string Data = "https://huggingface.co/LLM360";

    /// <summary>The list at the end of the index.</summary>
    /// <param name="run">The run.</param>
    /// <param name="files">Names and links of the offered files.</param>
    internal string Html(SiteRun run, IReadOnlyList<(string Name, string Link)> files)
    {
        var offered = files.Count > 0 ? $" Download: {PageFrame.Downloads(files)}." : "";
        var made = run.Finished is { } time ? time.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture) + " with " : "with ";
        return $"""
            <footer class="about" id="about">
            <h2>About this report</h2>
            <dl>
            <dt>LLM360</dt><dd>A project that releases language models with everything that made them: data, code, checkpoints and
            logs. <a href="{Paper}">Paper</a>, <a href="{Code}">code</a>, <a href="{Data}">models and data</a>.</dd>
            <dt>{WebUtility.HtmlEncode(run.Suite)}</dt><dd>{WebUtility.HtmlEncode(Description)}</dd>
            <dt>Made</dt><dd>{WebUtility.HtmlEncode(made + Version)}, on {WebUtility.HtmlEncode(run.Machine)}.</dd>
            <dt>Data</dt><dd>{WebUtility.HtmlEncode(Place)}{offered} Each page offers its notebook
            and the results behind its figures.</dd>
            </dl>
            </footer>
            """;
    }
}
