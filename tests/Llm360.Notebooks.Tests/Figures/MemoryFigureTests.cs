// Titles and findings of the memorization figures are computed; figures without data say so.

namespace Llm360.Notebooks.Tests;

public class MemoryFigureTests
{
    [Fact]
    public void Forecast_tells_the_latest_recall()
    {
        var figure = Figures.Forecast("nano", 8, 8, "ckpt_036",
            [new("ckpt_006", 6, 100, 1, 0, 9), new("ckpt_018", 18, 200, 8, 2, 12), new("ckpt_030", 30, 300, 20, 5, 5)]);
        Assert.Equal("ckpt_030 predicts 80% of the sequences that ckpt_036 has memorised", figure.Title);
        Assert.Contains("20 of the 25 sequences", figure.Finding, StringComparison.Ordinal);
        Assert.Contains("precision 80%", figure.Finding, StringComparison.Ordinal);
        Assert.Contains("n = 100 to 300 sequences", figure.Subtitle, StringComparison.Ordinal);
        Assert.Equal([0.1, 0.4, 0.8], figure.Panels[0].Traces.Single(t => t.Name == "recall").Y);
    }

    [Fact]
    public void Forecast_of_nothing_says_that_there_is_nothing()
    {
        var figure = Figures.Forecast("nano", 32, 32, "ckpt_036", [new("ckpt_018", 18, 200, 0, 0, 0)]);
        Assert.StartsWith("There is nothing to forecast", figure.Title, StringComparison.Ordinal);
        Assert.Contains("None of the 200 sequences", figure.Finding, StringComparison.Ordinal);
        Assert.Equal(0, Assert.Single(figure.Panels[0].Traces).Y[0]);
    }

    [Fact]
    public void Duplicates_are_grouped_in_steps_of_two()
    {
        DuplicatePoint[] points =
        [
            .. Enumerable.Range(0, 100).Select(i => new DuplicatePoint(1, i < 5 ? 1 : 0)),
            .. Enumerable.Range(3, 6).SelectMany(d => Enumerable.Repeat(new DuplicatePoint(d, 1), 10)),
            new(16, 1, Canary: true),
        ];
        var figure = Figures.ScoreByDuplicates("nano", "ckpt_036", 8, 8, "share extractible", true, points);
        Assert.Equal("Text that occurs more than once is remembered better", figure.Title);
        var text = figure.Panels[0].Traces.Single(t => t.Name == "ordinary text");
        Assert.Equal([0.05, 1, 1], text.Y); // 1, 3-4, 5-8
        Assert.Contains("5 to 8 occurrences", text.Hover![2], StringComparison.Ordinal);
        Assert.Contains("n = 160 sequences of text and 1 canaries", figure.Subtitle, StringComparison.Ordinal);
        Assert.Equal("No sequence of text occurs twice", Figures.ScoreByDuplicates("nano", "c", 8, 8, "score", false, [new(1, 0.5)]).Title);
    }

    [Fact]
    public void Classes_name_the_largest_and_say_when_there_is_none()
    {
        var figure = Figures.RecallClasses("nano", "ckpt_036", 8, 8, 500, [("recited", 14), ("reconstructed", 0), ("recollected", 6)]);
        Assert.Equal("70% of the memorised sequences are recited", figure.Title);
        Assert.Contains("n = 20 extractible of 500 sequences", figure.Subtitle, StringComparison.Ordinal);
        var none = Figures.RecallClasses("nano", "ckpt_036", 32, 32, 500, [("recited", 0), ("recollected", 0)]);
        Assert.StartsWith("No sequence of text is extractible", none.Title, StringComparison.Ordinal);
        Assert.Contains("(0.0%, 95% CI [0.0%, 0.8%])", none.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void Sources_are_ordered_and_their_difference_must_be_clear()
    {
        double[] low = [.. Enumerable.Range(0, 100).Select(i => i % 2 * 0.1)],
            high = [.. Enumerable.Range(0, 100).Select(i => 0.5 + (i % 2 * 0.1))];
        var figure = Figures.MemorizationBySource("nano", "ckpt_036", 32, 32, [new("netcore", low), new("plotly", high)]);
        Assert.Equal("plotly is remembered best, netcore least", figure.Title);
        Assert.Equal(["plotly", "netcore"], figure.Panels[0].Traces.Select(t => t.Name));
        var unclear = Figures.MemorizationBySource("nano", "c", 32, 32, [new("a", [0, 1]), new("b", [0, 0.9])]);
        Assert.StartsWith("Sources do not clearly differ", unclear.Title, StringComparison.Ordinal);
    }

    [Fact]
    public void Draws_are_told_in_human_numbers()
    {
        var figure =
            Figures.SamplesToExtract("nano", "ckpt_036", 32, 32, "temperature 1, all tokens", [Math.Log(0.5), -10, -100, -1000], 1);
        Assert.Equal("A million samples extract 50% of the scored sequences, greedy decoding 25%", figure.Title);
        Assert.Contains("The easiest sequence takes 1 sample, the median one more than a trillion.", figure.Finding,
            StringComparison.Ordinal);
        Assert.Equal("baseline", PlotlyOf.Role(new PlotlyOf(figure).Series("greedy")));
        Assert.All(figure.Panels[0].Traces.SkipLast(1), t => Assert.Equal(t.Y, t.Y.Order()));
    }

    [Fact]
    public void Latent_memory_is_told_of_the_last_group_with_enough_sequences()
    {
        static LossByAge Group(string name, int count) => new(name, [-1, 0, 6], [At(8, count), At(0, count), At(4, count)]);
        static MeasuredGroup At(double loss, int count) =>
            new("group", [.. Enumerable.Range(0, count).Select(i => loss + ((i % 3) - 1) * 0.1)]);
        var figure = Figures.LatentMemorization("nano", 32, 32, [Group("ordinary text", 30), Group("canary × 32", 3)]);
        Assert.Equal("6 chunks after ordinary text was read, 50% of the drop in loss remains", figure.Title);
        Assert.StartsWith("canary × 32 has a loss of 8", figure.Finding, StringComparison.Ordinal);
        Assert.Contains("n = 3 to 30 sequences a point", figure.Subtitle, StringComparison.Ordinal);
        Assert.StartsWith("The loss of a sequence", Figures.LatentMemorization("nano", 32, 32, [Group("canary × 32", 29)]).Title,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Counterfactual_says_whether_reading_raises_the_score()
    {
        double[] raised = [.. Enumerable.Range(0, 50).Select(i => 0.1 + (i % 2 * 0.02))];
        Assert.Equal(
            "Reading a chunk raises the score of its ordinary text by 0.11",
            Figures.Counterfactual("nano", 32, 32, 2, [new("ordinary text", raised)]).Title);
        var unclear = Figures.Counterfactual("nano", 32, 32, 2, [new("ordinary text", [-1, 1, 0])]);
        Assert.StartsWith("Reading a chunk does not clearly raise", unclear.Title, StringComparison.Ordinal);
    }

    [Fact]
    public void Exposure_is_compared_with_the_controls()
    {
        static IEnumerable<(int, double)> Of(int repetitions, double exposure, int count) =>
            Enumerable.Range(0, count).Select(i => (repetitions, exposure + (i % 2 == 0 ? 0.25 : -0.25)));
        var figure = Figures.Exposure("nano", "ckpt_036", 8, 256, [.. Of(0, 1.5, 30), .. Of(1, 3, 20), .. Of(32, 7, 20)]);
        Assert.Equal("Random sequences that were read are more exposed, by 3.5 bits, than ones that were not", figure.Title);
        Assert.Contains("n = 40 canaries and 30 controls", figure.Subtitle, StringComparison.Ordinal);
        var unclear = Figures.Exposure("nano", "c", 8, 256, [.. Of(0, 1.5, 30), .. Of(1, 1.5, 30)]);
        Assert.StartsWith("Canaries are not clearly more exposed", unclear.Title, StringComparison.Ordinal);
        var few = Figures.Exposure("nano", "c", 8, 256, [.. Of(0, 1.5, 30), .. Of(1, 3, 29)]);
        Assert.StartsWith("Exposure of canaries", few.Title, StringComparison.Ordinal);
    }
}
