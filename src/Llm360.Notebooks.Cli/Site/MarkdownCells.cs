// Markdown cells: no raw HTML, headings in one order over the whole page, no external resources.
using System.Text.Json.Nodes;
using Llm360.Notebooks.Kernel.Documents;
using Markdig;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Llm360.Notebooks.Cli.Site;

/// <summary>Renders the Markdown cells of one notebook, in order.</summary>
internal sealed class MarkdownCells(IReadOnlyList<string> siblings)
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables()
        .UseTaskLists()
        .UseEmphasisExtras()
        .UseAutoLinks()
        .DisableHtml()
        .Build();

    private readonly HashSet<string> ids = new(StringComparer.Ordinal) { "main", "contents" };
    private int level = 1;

    /// <summary>
    /// The text of the first heading of level one. It is the title of the page, so it is not in the
    /// body.
    /// </summary>
    public string? Title { get; private set; }

    /// <summary>The other headings.</summary>
    public List<SiteHeading> Headings { get; } = [];

    public string Render(NotebookCell cell)
    {
        var document = Markdown.Parse(cell.Source, Pipeline);
        foreach (var heading in document.Descendants<HeadingBlock>().ToList())
            Place(heading);
        foreach (var link in document.Descendants<LinkInline>().ToList())
            MakeSafe(link, cell);
        foreach (var link in document.Descendants<AutolinkInline>().Where(l => !l.IsEmail && !IsWeb(l.Url)).ToList())
            link.ReplaceBy(new LiteralInline(link.Url));
        var html = document.ToHtml(Pipeline).Trim();
        return html
            .Replace("<table>", "<div class=\"scroll\" tabindex=\"0\"><table>", StringComparison.Ordinal)
            .Replace("</table>", "</table></div>", StringComparison.Ordinal);
    }

    private void Place(HeadingBlock heading)
    {
        var text = Plain(heading.Inline);
        if (heading.Level == 1 && Title is null)
        {
            Title = text;
            heading.Parent!.Remove(heading);
            return;
        }

        // One h1 per page, and no heading level is skipped.
        level = heading.Level = Math.Min(Math.Max(heading.Level, 2), level + 1);
        var id = FreeId(text);
        heading.GetAttributes().Id = id;
        Headings.Add(new SiteHeading(level, id, text));
    }

    private void MakeSafe(LinkInline link, NotebookCell cell)
    {
        var url = link.Url ?? "";
        if (link.IsImage)
        {
            link.Url = Attachment(url, cell) ?? (url.StartsWith("data:image/", StringComparison.OrdinalIgnoreCase) ? url : null);
            if (link.Url is not null)
                return;
            // An image from the network becomes a link; one from a missing folder becomes its text.
            link.IsImage = false;
            link.Url = IsWeb(url) ? url : null;
        }
        else if (!IsWeb(url) && !url.StartsWith('#') && !url.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase))
        {
            link.Url = SiblingPage(url);
        }

        if (link.Url is not null)
            return;
        var words = Plain(link);
        link.ReplaceBy(new LiteralInline(words));
    }

    /// <summary>
    /// The page of another notebook of this site; null for anything that is not part of the site.
    /// </summary>
    private string? SiblingPage(string url)
    {
        var parts = url.Split('#', 2);
        var name = Uri.UnescapeDataString(parts[0]);
        var file = name[(name.LastIndexOf('/') + 1)..];
        return file.EndsWith(".ipynb", StringComparison.OrdinalIgnoreCase) && siblings.Contains(file[..^6])
            ? Uri.EscapeDataString(file[..^6]) + ".html" + (parts.Length > 1 ? "#" + parts[1] : "")
            : null;
    }

    private static string? Attachment(string url, NotebookCell cell)
    {
        if (!url.StartsWith("attachment:", StringComparison.Ordinal) || cell.Json["attachments"] is not JsonObject attachments
            || attachments[Uri.UnescapeDataString(url["attachment:".Length..])] is not JsonObject data)
            return null;
        var (mime, bytes) = data.FirstOrDefault(d => d.Key.StartsWith("image/", StringComparison.Ordinal));
        return mime is null ? null : $"data:{mime};base64,{NotebookJson.TextOf(bytes).Replace("\n", "", StringComparison.Ordinal)}";
    }

    private static bool IsWeb(string url) =>
        url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) || url.StartsWith("http://", StringComparison.OrdinalIgnoreCase);

    private static string Plain(ContainerInline? inline) => inline is null ? "" : string.Concat(inline.Descendants().Select(i => i switch
    {
        LiteralInline literal => literal.Content.ToString(),
        CodeInline code => code.Content,
        LineBreakInline => " ",
        _ => "",
    }));

    private string FreeId(string text)
    {
        var letters = new string([.. text.ToLowerInvariant().Select(c => char.IsLetterOrDigit(c) ? c : ' ')]);
        var words = letters.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var wanted = words.Length == 0 ? "section" : string.Join('-', words);
        var id = wanted;
        for (var n = 2; !ids.Add(id); n++)
            id = $"{wanted}-{n}";
        return id;
    }
}
