// Titles and findings of the memorization figures are computed; figures without data say so.

namespace Llm360.Notebooks.Tests;

public class MemoryFigureTests
{
    [Fact]
    public void Forecast_tells_the_latest_recall_and_how_much_of_it_can_be_guessed()
    {
        var figure = Figures.Forecast("nano", 8, 8, "ckpt_036",
            [new("ckpt_006", 6, 100, 1, 0, 9), new("ckpt_018", 18, 200, 8, 2, 12), new("ckpt_030", 30, 300, 24, 6, 6)],
            [new("ckpt_006", 6, 250, 0, 0, 20), new("ckpt_030", 30, 50, 4, 1, 6)]);
        Assert.Equal("ckpt_030 predicts 80% of the sequences that ckpt_036 has memorised", figure.Title);
        Assert.Contains("24 of the 30 sequences", figure.Finding, StringComparison.Ordinal);
        Assert.Contains("precision 80%", figure.Finding, StringComparison.Ordinal);
        Assert.Contains("Of those that ckpt_030 had not read, it already reproduces 4 of 10. "
            + "Read minus not yet read in percentage points, at ckpt_030: recall 40, 95% CI [", figure.Finding, StringComparison.Ordinal);
        Assert.Contains("n = 100 to 300 sequences", figure.Subtitle, StringComparison.Ordinal);
        Assert.Contains("n = 50 to 250 sequences that only the last one has read", figure.Subtitle, StringComparison.Ordinal);
        Assert.Equal(["recall", "precision"], figure.Panels.Select(p => p.Title));
        Assert.Equal([0.1, 0.4, 0.8], figure.Panels[0].Traces.Single(t => t.Name == "read").Y);
        var unread = figure.Panels[0].Traces.Single(t => t.Name == "not yet read");
        Assert.Equal(TraceRole.Baseline, unread.Role);
        Assert.Equal([0, 0.4], unread.Y);
        var few = Figures.Forecast("nano", 8, 8, "ckpt_036", [new("ckpt_030", 30, 300, 20, 5, 9)], []);
        Assert.Equal("Forecasts of the sequences that ckpt_036 has memorised", few.Title);
    }

    [Fact]
    public void Forecast_of_nothing_says_that_there_is_nothing()
    {
        var figure = Figures.Forecast("nano", 32, 32, "ckpt_036", [new("ckpt_018", 18, 200, 0, 0, 0)], []);
        Assert.StartsWith("There is nothing to forecast", figure.Title, StringComparison.Ordinal);
        Assert.Contains("None of the 200 sequences", figure.Finding, StringComparison.Ordinal);
        Assert.Equal(0, Assert.Single(figure.Panels[0].Traces).Y[0]);
    }

    [Fact]
    public void The_difference_of_two_groups_has_the_interval_of_both()
    {
        // Newcombe 1998, example (a) of his table II, method 10.
        var (mean, low, high) = MeasuredGroup.OfShare("a", 56, 70).Minus(MeasuredGroup.OfShare("b", 48, 80));
        Assert.Equal((0.2, 0.0524, 0.3339), (Math.Round(mean, 12), Math.Round(low, 4), Math.Round(high, 4)));
        // Of means, it is the interval of the difference of two independent normal means.
        double[] x = [1, 2, 3, 4], y = [0, 1, 5];
        var difference = new MeasuredGroup("x", x).Minus(new MeasuredGroup("y", y));
        Assert.Equal(Intervals.Z * Math.Sqrt((5 / 3.0 / 4) + (7 / 3.0)), difference.High - difference.Value, 12);
        Assert.Equal(difference.Value - difference.Low, difference.High - difference.Value, 12);
        // Of correlations: Fisher's intervals are [0.3554, 0.6047] and [0.1616, 0.5304].
        (double R, int Count) r = (0.49, 145), s = (0.36, 87);
        var (rLow, rHigh) = Intervals.Pearson(r.R, r.Count);
        var (sLow, sHigh) = Intervals.Pearson(s.R, s.Count);
        Assert.Equal([0.3554, 0.6047, 0.1616, 0.5304], [rLow, rHigh, sLow, sHigh], (a, b) => Math.Abs(a - b) < 1e-4);
        var ofR = Intervals.Difference((r.R, rLow, rHigh), (s.R, sLow, sHigh));
        Assert.Equal([0.13, -0.0872, 0.3592], [ofR.Value, ofR.Low, ofR.High], (a, b) => Math.Abs(a - b) < 1e-4);
        Assert.True(double.IsNaN(Intervals.Pearson(0.5, 3).Low));
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
        var baseline = new UnreadBaseline<DuplicatePoint>("ckpt_030", points[..160], [.. Enumerable.Repeat(new DuplicatePoint(1, 0), 40)]);
        var figure = Figures.ScoreByDuplicates("nano", "ckpt_036", 8, 8, "share extractible", true, points, null, baseline);
        Assert.Equal("Text that occurs more than once is reproduced better", figure.Title);
        var text = figure.Panels[0].Traces.Single(t => t.Name == "ordinary text");
        Assert.Equal([0.05, 1, 1], text.Y); // 1, 3-4, 5-8
        Assert.Contains("5 to 8 occurrences", text.Hover![2], StringComparison.Ordinal);
        Assert.Contains("n = 160 sequences of text and 1 canaries", figure.Subtitle, StringComparison.Ordinal);
        Assert.Contains("grey: n = 40 sequences that ckpt_030 had not read", figure.Subtitle, StringComparison.Ordinal);
        Assert.Contains("Read minus not yet read in percentage points, at ckpt_030: one occurrence 5, 95% CI [-4, 11].", figure.Finding,
            StringComparison.Ordinal);
        Assert.Equal([0], figure.Panels[0].Traces.Single(t => t.Role == TraceRole.Baseline).Y);
        var few = Figures.ScoreByDuplicates("nano", "ckpt_036", 8, 8, "share extractible", true, points[90..]);
        Assert.Equal("The share extractible by occurrences", few.Title);
        Assert.Equal("No sequence of text occurs twice", Figures.ScoreByDuplicates("nano", "c", 8, 8, "score", false, [new(1, 0.5)]).Title);
    }

    [Fact]
    public void Classes_name_the_largest_and_say_when_there_is_none()
    {
        UnreadBaseline<MeasuredGroup> baseline = new("ckpt_030",
            [MeasuredGroup.OfShare("recited", 20, 400)], [MeasuredGroup.OfShare("recited", 2, 100)]);
        var figure = Figures.RecallClasses(
            "nano", "ckpt_036", 8, 8, 500, [("recited", 28), ("reconstructed", 0), ("recollected", 12)], baseline);
        Assert.Equal("70% of the memorised sequences are recited", figure.Title);
        Assert.Contains("n = 40 extractible of 500 sequences", figure.Subtitle, StringComparison.Ordinal);
        Assert.Contains("grey: n = 100 sequences that ckpt_030 had not read", figure.Subtitle, StringComparison.Ordinal);
        Assert.Contains("at ckpt_030: recited 3, 95% CI [", figure.Finding, StringComparison.Ordinal);
        Assert.Equal([0.056, 0, 0.024, 0.02], figure.Panels[0].Traces.Select(t => t.Y[0]));
        Assert.Equal("The classes of the 20 memorised sequences",
            Figures.RecallClasses("nano", "ckpt_036", 8, 8, 500, [("recited", 14), ("recollected", 6)]).Title);
        var none = Figures.RecallClasses("nano", "ckpt_036", 32, 32, 500, [("recited", 0), ("recollected", 0)]);
        Assert.StartsWith("No sequence of text is extractible", none.Title, StringComparison.Ordinal);
        Assert.Contains("(0.0%, 95% CI [0.0%, 0.8%])", none.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void Sources_are_ordered_and_their_difference_must_be_clear()
    {
        double[] low = [.. Enumerable.Range(0, 100).Select(i => i % 2 * 0.1)],
            high = [.. Enumerable.Range(0, 100).Select(i => 0.5 + (i % 2 * 0.1))];
        UnreadBaseline<MeasuredGroup> baseline = new("ckpt_030", [new("netcore", low), new("plotly", high)], [new("plotly", low)]);
        var figure = Figures.MemorizationBySource("nano", "ckpt_036", 32, 32, [new("netcore", low), new("plotly", high)], baseline);
        Assert.Equal("plotly is reproduced best, netcore least", figure.Title);
        Assert.Equal(["plotly", "netcore", "not yet read"], figure.Panels[0].Traces.Select(t => t.Name));
        Assert.Equal(0.25, Assert.Single(figure.Panels[0].Traces[2].X)); // beside the first bar
        Assert.Contains("Read minus not yet read, at ckpt_030: plotly 0.500, 95% CI [", figure.Finding, StringComparison.Ordinal);
        var unclear = Figures.MemorizationBySource("nano", "c", 32, 32, [new("a", low), new("b", [.. low.Reverse()])]);
        Assert.StartsWith("Sources do not clearly differ", unclear.Title, StringComparison.Ordinal);
        var few = Figures.MemorizationBySource("nano", "c", 32, 32, [new("a", low[..29]), new("b", high)]);
        Assert.Equal("The mean memorization score of each source", few.Title);
    }

    [Fact]
    public void Draws_are_told_in_human_numbers()
    {
        double[] four = [Math.Log(0.5), -10, -100, -1000];
        var figure = Figures.SamplesToExtract("nano", "ckpt_036", 32, 32, "temperature 1, all tokens",
            [.. Enumerable.Repeat(four, 10).SelectMany(p => p)], 10, baseline: new("ckpt_030", [-10, -100], [-100, -100]));
        Assert.Equal("A million samples extract 50% of the scored sequences, greedy decoding 25%", figure.Title);
        Assert.Contains("The easiest sequence takes 1 sample, the median one more than a trillion.", figure.Finding,
            StringComparison.Ordinal);
        Assert.Equal(new Mark("greedy decoding: 25%", 1, 0.25, ShowLabel: false), Assert.Single(figure.Panels[0].Marks!));
        Assert.All(figure.Panels[0].Traces, t => Assert.Equal(t.Y, t.Y.Order()));
        Assert.Contains("at ckpt_030: a million samples 50, 95% CI [", figure.Finding, StringComparison.Ordinal);
        Assert.All(figure.Panels[0].Traces.Single(t => t.Name == "not yet read, p = 0.5").Y, y => Assert.Equal(0, y));
        Assert.Equal("Samples that it takes to extract 4 sequences",
            Figures.SamplesToExtract("nano", "ckpt_036", 32, 32, "all tokens", four, 1).Title);
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
        double[] mixed = [.. Enumerable.Range(0, 30).Select(i => i % 2 == 0 ? 0.1 : -0.1)];
        var unclear = Figures.Counterfactual("nano", 32, 32, 2, [new("ordinary text", mixed)]);
        Assert.StartsWith("Reading a chunk does not clearly raise", unclear.Title, StringComparison.Ordinal);
        var few = Figures.Counterfactual("nano", 32, 32, 2, [new("ordinary text", mixed[..29])]);
        Assert.Equal("Scores just after and just before a chunk is read", few.Title);
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
