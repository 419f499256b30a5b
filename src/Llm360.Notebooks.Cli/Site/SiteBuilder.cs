// The report site: executed notebooks become pages that open from a folder without any request.
using System.Text;

namespace Llm360.Notebooks.Cli.Site;

/// <summary>Builds the report site.</summary>
public static class SiteBuilder
{
    private const int MaximumPageBytes = 2_000_000;
    private const int MaximumIndexBytes = 300_000;

    /// <summary>
    /// Builds the site of all executed notebooks in a folder. A rebuild replaces only what the last
    /// build wrote.
    /// </summary>
    /// <remarks>
    /// Every file is complete or absent. The index is written last, and obsolete pages are removed
    /// after it. If the build is stopped, the existing index therefore links only to existing
    /// pages.
    /// </remarks>
    /// <param name="notebooksFolder">
    /// A folder with executed <c>.ipynb</c> files, shown in the order of their names.
    /// </param>
    /// <param name="siteFolder">Created if missing.</param>
    /// <param name="run">The run that made the notebooks.</param>
    /// <exception cref="Llm360Exception">
    /// There is no notebook, one cannot be read, or the site cannot be written.
    /// </exception>
    public static SiteResult Build(string notebooksFolder, string siteFolder, SiteRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var files = Directory.Exists(notebooksFolder)
            ? Directory.GetFiles(notebooksFolder, "*.ipynb").Order(StringComparer.Ordinal).ToList()
            : [];
        if (files.Count == 0)
        {
            throw new Llm360Exception(
                "There is no executed notebook to build a site from.",
                notebooksFolder,
                "Run the notebooks first: llm360 reproduce, or llm360 run NOTEBOOK.");
        }

        var folder = new SiteFolder(siteFolder);
        WriteAssets(folder);

        var names = files.Select(f => Path.GetFileNameWithoutExtension(f)).ToList();
        var notebooks = new List<(SiteDocument Document, SitePage Page, SiteNotebook? Info)>();
        var warnings = new List<string>();
        var documents = files.ConvertAll(f => SiteDocument.Read(f, names));
        foreach (var (i, document) in documents.Index())
        {
            var file = files[i];
            var info = run.Notebooks?.GetValueOrDefault(Path.GetFileName(file));
            var neighbours = new SiteNeighbours(documents.ElementAtOrDefault(i - 1), documents.ElementAtOrDefault(i + 1));
            var page = WritePage(folder, document, info, run, neighbours);
            notebooks.Add((document, page, info));
            if (page.Bytes > MaximumPageBytes)
            {
                warnings.Add($"{page.Path} has {page.Bytes / 1e6:0.0} MB: show less in {Path.GetFileName(file)}, "
                    + "or give its figures fewer points.");
            }

            if (document.HasErrors)
                warnings.Add($"{Path.GetFileName(file)} has a cell that failed; its page shows the error.");
        }

        var offered = (run.Origin?.Files ?? []).Select(f => Offer(folder, f, "data")).ToList();
        var index = IndexPage.Html(run, [.. notebooks.Select(n => (n.Document, n.Info))], offered);
        if (Encoding.UTF8.GetByteCount(index) > MaximumIndexBytes)
            warnings.Add($"The index has {Encoding.UTF8.GetByteCount(index) / 1000} kB: its thumbnails hold too many points.");
        folder.WriteText("index.html", index);
        folder.WriteText(ReportList.ReportFile, ReportList.Describe(run, notebooks.Count));
        folder.RemoveStale();
        return new SiteResult(folder.PathOf("index.html"), [.. notebooks.Select(n => n.Page)], warnings);
    }

    private static void WriteAssets(SiteFolder folder)
    {
        folder.WriteText("assets/plotly.min.js", FigureRendering.Renderer.PlotlyJavaScript);
        foreach (var asset in new[] { "site.css", "figures.js", "page.js", "index.js" })
            folder.WriteText("assets/" + asset, SiteAssets.Read(asset));
    }

    /// <summary>
    /// Copies a file to a folder of the site. Returns its name and its link from the index.
    /// </summary>
    private static (string Name, string Link) Offer(SiteFolder folder, string file, string to)
    {
        var name = Path.GetFileName(file);
        folder.Copy(file, $"{to}/{name}");
        return (name, string.Join('/', $"{to}/{name}".Split('/').Select(Uri.EscapeDataString)));
    }

    private static SitePage WritePage(SiteFolder folder, SiteDocument document, SiteNotebook? info, SiteRun run, SiteNeighbours neighbours)
    {
        folder.WriteText($"notebooks/{document.Name}.ipynb", document.Download);
        var data = (info?.DataFiles ?? []).Select(f => Offer(folder, f, $"data/{document.Name}"))
            .Select(o => (o.Name, "../" + o.Link)).ToList();
        var html = NotebookPage.Html(document, info, data, run, neighbours);
        var path = $"notebooks/{document.Name}.html";
        folder.WriteText(path, html);
        return new SitePage(document.Title, folder.PathOf(path), Encoding.UTF8.GetByteCount(html), document.Figures.Count);
    }
}
