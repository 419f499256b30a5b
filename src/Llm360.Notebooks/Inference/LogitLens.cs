// The logit lens: what a model would predict if its residual stream ended earlier.
namespace Llm360.Notebooks;

/// <summary>The most probable next token, by point of the residual stream and position.</summary>
[TypeFormatterSource(typeof(LogitLensFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed class LogitLens
{
    internal LogitLens(
        IReadOnlyList<string> tokenTexts, IReadOnlyList<string> sites, IReadOnlyList<IReadOnlyList<TokenPrediction>> predictions) =>
        (TokenTexts, Sites, Predictions) = (tokenTexts, sites, predictions);

    /// <summary>The text of each token that the model has read.</summary>
    public IReadOnlyList<string> TokenTexts { get; }

    /// <summary>The points: every block's input, and the output of the last block.</summary>
    public IReadOnlyList<string> Sites { get; }

    /// <summary>
    /// The first choice by point and position. The last point has the model's own predictions.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<TokenPrediction>> Predictions { get; }

    /// <summary>A row for each point in the order of the blocks, a column for each token.</summary>
    public Table ToTable() => new(
        "Logit lens: the most probable next token after each token at every point of the residual stream, with its probability",
        [new("residual stream"), .. TokenTexts.Select(t => new TableColumn(TokenNames.Quoted(t)))],
        [.. Sites.Select((site, i) => (IReadOnlyList<string>)[site, .. Predictions[i].Select(p => p.ToString())])]);

    /// <summary>The table as HTML.</summary>
    public string ToHtml() => ToTable().ToHtml();

    /// <summary>The table as text.</summary>
    public override string ToString() => ToTable().ToString();
}

/// <summary>Formatters of <see cref="LogitLens"/>.</summary>
public sealed class LogitLensFormatterSource
{
    private readonly TypeFormatter[] formatters =
    [
        new(MimeTypes.Html, value => (value as LogitLens)?.ToHtml()),
        new(MimeTypes.Plain, value => (value as LogitLens)?.ToString()),
    ];

    /// <summary>HTML and text.</summary>
    public IEnumerable<TypeFormatter> CreateTypeFormatters() => formatters;
}
