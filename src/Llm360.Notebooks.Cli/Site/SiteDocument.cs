// One executed notebook with the content of its page and its card.
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Documents;

namespace Llm360.Notebooks.Cli.Site;

/// <summary>A heading of a page.</summary>
internal sealed record SiteHeading(int Level, string Id, string Text);

/// <summary>
/// An executed notebook as HTML in the order of its cells, with its headings and figures.
/// </summary>
internal sealed class SiteDocument
{
    /// <summary>Tag of the cell whose figure represents the notebook on the index.</summary>
    private const string ThumbnailTag = "thumbnail";

    private SiteDocument(string name) => Name = name;

    /// <summary>File name without extension.</summary>
    public string Name { get; }

    /// <summary>Its first heading, a question.</summary>
    public string Title { get; private set; } = "";

    /// <summary>
    /// The part of the summary to which it belongs, from its metadata (<c>report.topic</c>); empty
    /// for none.
    /// </summary>
    public string Topic { get; private set; } = "";

    /// <summary>The cells, rendered.</summary>
    public List<string> Body { get; } = [];

    /// <summary>All headings below the title.</summary>
    public List<SiteHeading> Headings { get; } = [];

    /// <summary>Plotly JSON of all figures.</summary>
    public List<SiteFigure> Figures { get; } = [];

    /// <summary>The figure on the card: a tagged one, else the first.</summary>
    public SiteFigure? Thumbnail { get; private set; }

    /// <summary>Whether a cell failed.</summary>
    public bool HasErrors { get; private set; }

    /// <summary>The notebook without plotly.js in its outputs, to download.</summary>
    public string Download { get; private set; } = "";

    /// <summary>Reads and renders a notebook.</summary>
    /// <param name="path">The file.</param>
    /// <param name="siblings">
    /// Names of all notebooks of the site, whose links become links to pages.
    /// </param>
    public static SiteDocument Read(string path, IReadOnlyList<string> siblings)
    {
        var file = NotebookFile.Read(path);
        var result = new SiteDocument(Path.GetFileNameWithoutExtension(path));
        var markdown = new MarkdownCells(siblings);
        foreach (var cell in file.Cells)
        {
            if (cell.Type == CellType.Markdown)
                result.Body.Add(markdown.Render(cell));
            else if (cell.Type == CellType.Code)
                result.AddCode(cell);
        }

        result.Topic = file.Metadata["report"] is JsonObject report ? NotebookJson.TextOf(report["topic"]) : "";
        result.Title = markdown.Title ?? result.Name;
        result.Headings.AddRange(markdown.Headings);
        result.Thumbnail ??= result.Figures.FirstOrDefault();
        result.Download = file.ToJson();
        return result;
    }

    private void AddCode(NotebookCell cell)
    {
        RemovePlotly(cell.Outputs);
        var code = CodeCells.Render(cell);
        if (code.Length > 0)
            Body.Add(code);
        foreach (var output in cell.Outputs.OfType<JsonObject>())
        {
            HasErrors |= Outputs.IsError(output);
            if (SiteFigure.From(output, Figures.Count + 1) is { } figure)
            {
                Figures.Add(figure);
                if (Thumbnail is null && cell.Tags.Contains(ThumbnailTag))
                    Thumbnail = figure;
                Body.Add(figure.Html());
                continue;
            }

            var html = Outputs.Render(output);
            if (html.Length > 0)
                Body.Add(html);
        }
    }

    private static void RemovePlotly(JsonArray outputs)
    {
        for (var i = outputs.Count - 1; i >= 0; i--)
        {
            if (outputs[i] is JsonObject output && Outputs.IsPlotlyScript(output))
                outputs.RemoveAt(i);
        }
    }
}
