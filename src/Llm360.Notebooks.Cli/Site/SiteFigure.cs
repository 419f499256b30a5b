// A Plotly figure of a notebook: complete on its page, a thumbnail on the index.
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Cli.Site;

/// <summary>Plotly JSON with the texts of <c>layout.meta</c>.</summary>
internal sealed class SiteFigure
{
    private const string Tools = "<p class=\"figure-tools\">Download "
        + "<button type=\"button\" data-save=\"svg\">SVG</button> "
        + "<button type=\"button\" data-save=\"png\">PNG</button> "
        + "<button type=\"button\" data-save=\"csv\">CSV</button></p>";

    private static readonly JsonKind Kind = new("The figure", 512 << 20, "Run the notebook again.") { Depth = 256 };
    private readonly JsonObject json;

    private SiteFigure(JsonObject json, int number)
    {
        this.json = json;
        Number = number;
    }

    /// <summary>1, 2, ... on its page.</summary>
    public int Number { get; }

    public string Title => Meta("title") is { Length: > 0 } title ? title : $"Figure {Number}";

    public string AltText => Meta("alt") is { Length: > 0 } alt ? alt : Title;

    public string Finding => Meta("finding");

    /// <summary>The figure of an output; null if the output has none.</summary>
    public static SiteFigure? From(JsonObject output, int number)
    {
        if (output["data"] is not JsonObject data || Content(data[MimeTypes.Plotly]) is not { } figure || figure["data"] is not JsonArray)
            return null;
        var copy = figure.DeepClone().AsObject();
        PlotlyArrays.Unpack(copy);
        return new SiteFigure(copy, number);
    }

    /// <summary>
    /// Title and subtitle as text that wraps, the chart, the finding and the download buttons.
    /// </summary>
    public string Html() => $"""
        <figure class="figure" id="figure-{Number}">
        <p class="figure-title">{WebUtility.HtmlEncode(Title)}</p>
        <p class="figure-subtitle">{WebUtility.HtmlEncode(Meta("subtitle"))}</p>
        <div class="plot" role="img" aria-label="{WebUtility.HtmlEncode(AltText)}"></div>
        <figcaption>{WebUtility.HtmlEncode(Finding)}</figcaption>
        {Tools}
        {Script(json)}
        </figure>
        """;

    /// <summary>A static thumbnail with the figure's alternative text.</summary>
    public string ThumbnailHtml() => $"""
        <div class="thumbnail" role="img" aria-label="{WebUtility.HtmlEncode(AltText)}">{Script(Thumbnails.Of(json))}</div>
        """;

    /// <summary>
    /// JSON inside a script element. It contains no <c>&lt;</c>, so nothing in it can end the
    /// element.
    /// </summary>
    private static string Script(JsonObject value) =>
        $"""<script type="application/json">{value.ToJsonString().Replace("<", "\\u003c", StringComparison.Ordinal)}</script>""";

    /// <summary>
    /// JSON outputs are objects. A formatter that writes only text leaves them as a string.
    /// </summary>
    private static JsonObject? Content(JsonNode? node)
    {
        try
        {
            return node as JsonObject ?? (NotebookJson.TextOf(node) is { Length: > 0 } text
                ? JsonInput.Node(Encoding.UTF8.GetBytes(text), "figure", Kind) as JsonObject
                : null);
        }
        catch (Llm360Exception)
        {
            return null;
        }
    }

    private string Meta(string key) => json["layout"]?["meta"] is JsonObject meta && meta[key] is JsonValue value ? value.ToString() : "";
}
