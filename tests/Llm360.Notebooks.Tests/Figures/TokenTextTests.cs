// Text under analysis as HTML and as plain text.

namespace Llm360.Notebooks.Tests;

public sealed class TokenTextTests
{
    private static readonly TokenText Text = new("loss (nats)",
    [
        new("The", Prompt: true), new(" <b>", 0.25), new(" cat", 4, Memorized: true), new("  ", 2, Memorized: true),
        new(" sat", double.NaN),
    ]);

    [Fact]
    public void Values_are_backgrounds_with_readable_text_and_a_title()
    {
        var html = Text.ToHtml();
        Assert.Contains("<span style=\"opacity:0.7\" title=\"&quot;The&quot;, prompt\">The</span>", html, StringComparison.Ordinal);
        Assert.Contains("background:#440154;color:#ffffff\" title=\"&quot; &lt;b&gt;&quot;, loss (nats) 0.25\"> &lt;b&gt;</span>", html,
            StringComparison.Ordinal);
        Assert.Contains("background:#fde725;color:#000000;text-decoration:underline 3px;font-weight:bold", html, StringComparison.Ordinal);
        Assert.Contains("memorised\">\u00B7\u00B7</span>".Replace("\u00B7", "&#183;", StringComparison.Ordinal), html,
            StringComparison.Ordinal);
        Assert.Contains("loss (nats): dark 0.25, bright 4; 5 tokens; underlined: memorised; faint: prompt", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Plain_text_has_memorised_spans_in_brackets() => Assert.Equal("The <b>[[ cat  ]] sat", Text.ToString());

    [Fact]
    public void A_text_without_tokens_is_refused() => Assert.Throws<Llm360Exception>(() => new TokenText("loss", []));
}
