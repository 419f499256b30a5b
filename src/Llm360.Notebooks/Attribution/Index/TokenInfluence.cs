// The contributions of a training row's tokens to its score.
namespace Llm360.Notebooks;

/// <summary>The contribution of each token of a row to its score for a query.</summary>
[TypeFormatterSource(typeof(TokenInfluenceFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed class TokenInfluence
{
    private readonly AttributionResult result;

    internal TokenInfluence(AttributionResult result, AttributionRow row, IReadOnlyList<double> values)
    {
        (this.result, Row, Values) = (result, row, values);
        Tokens = RowText.Texts(row.TokenIds, result.Index.Tokenizer);
    }

    /// <summary>The row.</summary>
    public AttributionRow Row { get; }

    /// <summary>Name of the method.</summary>
    public string Method => result.Method;

    /// <summary>Unit of the values.</summary>
    public string Unit => result.Unit;

    /// <summary>The text of each token.</summary>
    public IReadOnlyList<string> Tokens { get; }

    /// <summary>
    /// A value for each token: positive if training at this position lowers the query's loss. It
    /// includes the gradient that later tokens of the row send back through attention.
    /// </summary>
    public IReadOnlyList<double> Values { get; }

    /// <summary>The text with the values as its background.</summary>
    public TokenText ToTokenText() =>
        new($"part in the score of {Method} ({Unit}), {Row}", [.. Tokens.Select((text, i) => new TokenValue(text, Values[i]))]);

    /// <summary>The text as HTML.</summary>
    public string ToHtml() => ToTokenText().ToHtml();

    /// <summary>The text.</summary>
    public override string ToString() => ToTokenText().ToString();
}

/// <summary>Formatters of <see cref="TokenInfluence"/>.</summary>
public sealed class TokenInfluenceFormatterSource
{
    private readonly TypeFormatter[] formatters =
    [
        new(MimeTypes.Html, value => (value as TokenInfluence)?.ToHtml()),
        new(MimeTypes.Plain, value => (value as TokenInfluence)?.ToString()),
    ];

    /// <summary>HTML and text.</summary>
    public IEnumerable<TypeFormatter> CreateTypeFormatters() => formatters;
}
