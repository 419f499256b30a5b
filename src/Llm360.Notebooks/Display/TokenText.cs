// A text whose tokens have values; memorised tokens are underlined.
using System.Globalization;
using System.Net;
using System.Text;

namespace Llm360.Notebooks;

/// <summary>One token of an analysed text.</summary>
/// <param name="Text">The token's text, including white space.</param>
/// <param name="Value">
/// Loss, influence or score; null if none was measured, as for the first token.
/// </param>
/// <param name="Memorized">Whether the token belongs to a span that the model reproduces.</param>
/// <param name="Prompt">Whether the token was given to the model and not predicted.</param>
public sealed record TokenValue(string Text, double? Value = null, bool Memorized = false, bool Prompt = false);

/// <summary>
/// A text that shows the value of each token as its background, and memorised spans with a bold
/// underline.
/// </summary>
/// <remarks>
/// No information depends on colour alone: every token shows its value on hover, the prompt is
/// faint, and in plain text memorised spans are in double brackets.
/// </remarks>
[TypeFormatterSource(typeof(TokenTextFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed record TokenText
{
    // The text is light where Viridis is dark.
    private static readonly (string Background, string Foreground)[] Scale =
    [
        ("#440154", "#ffffff"), ("#472d7b", "#ffffff"), ("#3b528b", "#ffffff"), ("#2c728e", "#ffffff"), ("#21918c", "#000000"),
        ("#28ae80", "#000000"), ("#5ec962", "#000000"), ("#addc30", "#000000"), ("#fde725", "#000000"),
    ];

    /// <summary>Makes a text.</summary>
    /// <param name="quantity">What the values are, with their unit: <c>loss (nats)</c>.</param>
    /// <param name="tokens">In order; at least one.</param>
    /// <exception cref="Llm360Exception">There is no token.</exception>
    public TokenText(string quantity, IReadOnlyList<TokenValue> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        if (tokens.Count == 0)
            throw new Llm360Exception("The text has no token.", $"text with {quantity}", "Give it at least one.");
        (Quantity, Tokens) = (quantity, tokens);
    }

    /// <summary>What the values are, with their unit.</summary>
    public string Quantity { get; }

    /// <summary>The tokens, in order.</summary>
    public IReadOnlyList<TokenValue> Tokens { get; }

    /// <summary>Spans with a title each, and a legend of the colours.</summary>
    public string ToHtml()
    {
        var values = Tokens.Select(token => token.Value).OfType<double>().Where(double.IsFinite).DefaultIfEmpty().ToList();
        var (low, high) = (values.Min(), values.Max());
        var html = new StringBuilder("<div class=\"llm360-tokens\">\n")
            .Append("<p style=\"white-space:pre-wrap;line-height:1.8;font-family:monospace\">");
        foreach (var token in Tokens)
        {
            var style = new StringBuilder(token.Prompt && token.Value is null ? "opacity:0.7" : "");
            if (token.Value is { } value && double.IsFinite(value))
            {
                var (background, foreground) = Scale[high > low ? (int)Math.Round((value - low) / (high - low) * (Scale.Length - 1)) : 0];
                style.Append(CultureInfo.InvariantCulture, $"background:{background};color:{foreground}");
            }

            if (token.Memorized)
            {
                style.Append(style.Length > 0 ? ";" : "")
                    .Append("text-decoration:underline 3px;font-weight:bold;text-decoration-skip-ink:none");
            }

            var (title, visible) = (WebUtility.HtmlEncode(Title(token)), WebUtility.HtmlEncode(Visible(token.Text)));
            html.Append(CultureInfo.InvariantCulture, $"<span style=\"{style}\" title=\"{title}\">{visible}</span>");
        }

        var legend = $"{Quantity}: dark {FigureText.Number(low)}, bright {FigureText.Number(high)}; {Tokens.Count} tokens"
            + (Tokens.Any(t => t.Memorized) ? "; underlined: memorised" : "") + (Tokens.Any(t => t.Prompt) ? "; faint: prompt" : "");
        return html.Append("</p>\n<small>").Append(WebUtility.HtmlEncode(legend)).Append("</small>\n</div>").ToString();
    }

    /// <summary>The text with memorised spans in double brackets.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        var inside = false;
        foreach (var token in Tokens)
        {
            if (token.Memorized != inside)
                text.Append(inside ? "]]" : "[[");
            inside = token.Memorized;
            text.Append(token.Text);
        }

        return text.Append(inside ? "]]" : "").ToString();
    }

    private string Title(TokenValue token) => string.Join(", ", new[]
    {
        $"\"{token.Text}\"",
        token.Value is { } value ? $"{Quantity} {FigureText.Number(value)}" : null,
        token.Memorized ? "memorised" : null,
        token.Prompt ? "prompt" : null,
    }.OfType<string>());

    // A token of only white space is shown as middle dots; line ends are kept.
    private static string Visible(string text) => string.IsNullOrWhiteSpace(text) ? text.Replace(' ', '\u00B7') : text;
}

/// <summary>Formatters of <see cref="TokenText"/>.</summary>
public sealed class TokenTextFormatterSource
{
    private readonly TypeFormatter[] formatters =
    [
        new(MimeTypes.Html, value => (value as TokenText)?.ToHtml()),
        new(MimeTypes.Plain, value => (value as TokenText)?.ToString()),
    ];

    /// <summary>HTML and text.</summary>
    public IEnumerable<TypeFormatter> CreateTypeFormatters() => formatters;
}
