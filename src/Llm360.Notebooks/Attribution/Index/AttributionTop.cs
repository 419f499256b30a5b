// The rows with the largest scores, shown with their text.
using System.Collections;
using System.Globalization;
using System.Net;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>The rows with the largest scores.</summary>
[TypeFormatterSource(typeof(AttributionFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed class AttributionTop : IReadOnlyList<AttributionScore>
{
    private readonly AttributionResult result;
    private readonly IReadOnlyList<int> places;

    internal AttributionTop(AttributionResult result, IReadOnlyList<int> places) => (this.result, this.places) = (result, places);

    /// <inheritdoc/>
    public int Count => places.Count;

    /// <summary>The rows, with their tokens.</summary>
    public IReadOnlyList<AttributionRow> Rows => [.. places.Select(p => result.Rows[p])];

    /// <inheritdoc/>
    public AttributionScore this[int index] => result.Score(places[index]);

    /// <inheritdoc/>
    public IEnumerator<AttributionScore> GetEnumerator() => places.Select(result.Score).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>
    /// A table with rank, score, position, ranks by other methods, and the text; tokens shared with
    /// the query are marked.
    /// </summary>
    public string ToHtml()
    {
        var html = new StringBuilder("<table class=\"llm360-table\">\n<caption>").Append(WebUtility.HtmlEncode(Caption)).Append(
            "</caption>\n<thead><tr>");
        foreach (var header in Headers)
            html.Append("<th scope=\"col\" style=\"text-align:left\">").Append(WebUtility.HtmlEncode(header)).Append("</th>");
        html.Append("</tr></thead>\n<tbody>\n");
        foreach (var place in places)
        {
            var cells = Cells(place);
            html.Append("<tr style=\"vertical-align:top\"><th scope=\"row\" style=\"text-align:right\">").Append(cells[0]).Append("</th>");
            foreach (var cell in cells.Skip(1))
                html.Append("<td style=\"text-align:left\">").Append(WebUtility.HtmlEncode(cell)).Append("</td>");
            html.Append("<td style=\"text-align:left;white-space:pre-wrap\">").Append(Text(place).ToHtml()).Append("</td></tr>\n");
        }

        return html.Append("</tbody>\n</table>\n<small>").Append(WebUtility.HtmlEncode(Note)).Append("</small>").ToString();
    }

    /// <summary>
    /// The same as text; tokens shared with the query are in double brackets.
    /// </summary>
    public override string ToString() => ToTable() + Environment.NewLine + Note;

    /// <summary>The same as a table of text.</summary>
    public Table ToTable() => new(Caption, [.. Headers.Select(h => new TableColumn(h))],
        [.. places.Select(p => (IReadOnlyList<string>)[.. Cells(p), Text(p).ToString()])]);

    private string Caption => string.Create(CultureInfo.InvariantCulture,
        $"Training rows of {result.Suite.Name} that {result.Method} ranks first for "
            + $"\"{FigureText.Shortened(result.QueryText, 80)}\", of {result.Rows.Count:N0} rows, {At}");

    private string At => result.Checkpoints.Count == 1 ? $"at {result.Checkpoints[0]}"
        : result.Index.Analysis.Scoring is CheckpointMethod { UsesAllCheckpoints: true } ? $"over {result.Checkpoints.Count} checkpoints"
        : $"at {result.Checkpoints[^1]}";

    private IReadOnlyList<string> Headers =>
    [
        "rank", $"score, {result.Unit}", "source", "chunk", "row", $"seen by {result.Checkpoints[^1]}",
        .. Others.Select(o => $"rank by {o.Name}"), "text; what the query has too is marked",
    ];

    private IEnumerable<(string Name, Func<int, int> Rank)> Others
    {
        get
        {
            if (result.Method != AttributionMethods.NameOf(AttributionMethod.Bm25) && result.Others.All(o => o.Name != "bm25"))
                yield return ("bm25", result.WordRank);
            foreach (var (name, other) in result.Others)
                yield return (name, place => other.RankOf(result.Rows[place]));
        }
    }

    /// <summary>The unseen-chunk control in one line.</summary>
    internal string Note
    {
        get
        {
            var controls = result.Controls.Select(c => string.Create(CultureInfo.InvariantCulture,
                $"at {c.Checkpoint}, AUC of seen above unseen rows {c.Auc:0.000}, 95% CI [{c.Low:0.000}, {c.High:0.000}], unseen in "
                    + $"the top {c.TopCount}: {c.TopUnseen:P0} (chance {c.UnseenShare:P0})"));
            var text = string.Join("; ", controls);
            return text.Length == 0 ? "Unseen-chunk control: every row was seen by every checkpoint." : $"Unseen-chunk control: {text}.";
        }
    }

    private List<string> Cells(int place)
    {
        var score = result.Score(place);
        return
        [
            score.Rank.ToString("N0", CultureInfo.InvariantCulture),
            score.Score.ToString("G4", CultureInfo.InvariantCulture),
            score.Canary is null ? score.Source : $"{score.Source} {score.Canary}",
            score.Chunk.ToString(CultureInfo.InvariantCulture),
            score.Row.ToString(CultureInfo.InvariantCulture),
            score.Seen ? "yes" : "no",
            .. Others.Select(o => o.Rank(place).ToString("N0", CultureInfo.InvariantCulture)),
        ];
    }

    private RowText Text(int place) => new(result.Rows[place], result.Query, result.Index.Tokenizer);

}

/// <summary>Formatters of attribution results.</summary>
public sealed class AttributionFormatterSource
{
    private readonly TypeFormatter[] formatters =
    [
        new(MimeTypes.Html, value => (value as AttributionTop)?.ToHtml() ?? (value as AttributionResult)?.ToHtml()),
        new(MimeTypes.Plain, value => (value as AttributionTop)?.ToString() ?? (value as AttributionResult)?.ToString()),
    ];

    /// <summary>HTML and text.</summary>
    public IEnumerable<TypeFormatter> CreateTypeFormatters() => formatters;
}
