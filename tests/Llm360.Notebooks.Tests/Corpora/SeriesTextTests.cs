// Texts that follow a template.

namespace Llm360.Notebooks.Tests;

public sealed class SeriesTextTests
{
    private static readonly List<string> Texts = [.. SeriesText.Documents().Select(d => d.Text)];

    [Fact]
    public void Every_text_counts_and_occurs_six_times()
    {
        Assert.Equal(180, Texts.Count);
        Assert.All(Texts, t => Assert.True(Templates.IsIncrementing(t), t));
        Assert.All(Texts.CountBy(t => t), t => Assert.Equal(6, t.Value));
        Assert.Contains(Texts, t => t.StartsWith("page 10, page 11, page 12,", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_item_of_a_text_has_the_same_number_of_tokens()
    {
        var tokenizer = EmbeddedVocabulary.Load(Notebooks.Suites.Recipe("nano").Corpus.Tokenizer);
        // The word takes one or two tokens, space, digits and separator one each. The last item has
        // no separator.
        Assert.All(Texts, t => Assert.Contains((tokenizer.Encode(t).Length + 1) / 90.0, new[] { 5.0, 6.0 }));
    }
}
