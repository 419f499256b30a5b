// Titles and findings of the paper's figures are computed from the numbers.

namespace Llm360.Notebooks.Tests;

public class PaperFigureTests
{
    private static TrainingSeries Falling(int steps) => new("nano", "tokens",
        [.. Enumerable.Range(0, steps).Select(i => 1000.0 * (i + 1))],
        [.. Enumerable.Range(0, steps).Select(i => 2 + 6 * Math.Exp(-i / 50.0))]);

    [Fact]
    public void Training_loss_says_how_far_it_falls_and_keeps_raw_values_grey()
    {
        var figure = Figures.TrainingLoss(Falling(2000), smoothing: 1);
        Assert.Equal("Training loss falls from 8 to 2 nats per token", figure.Title);
        Assert.Contains("over 2M tokens; half of the fall is done after 36k tokens", figure.Finding, StringComparison.Ordinal);
        var plot = new PlotlyOf(Figures.TrainingLoss(Falling(2000)));
        Assert.Equal(["raw", "measured"], plot.Traces.Select(PlotlyOf.Role));
        Assert.Equal(("#949494", 1),
            (plot.Traces[0]["line"]!["color"]!.GetValue<string>(), plot.Traces[0]["line"]!["width"]!.GetValue<double>()));
        Assert.NotEqual("#949494", plot.Traces[1]["line"]!["color"]!.GetValue<string>());
        Assert.Equal("log", plot.Layout["yaxis"]!["type"]!.GetValue<string>());
        Assert.False(plot.Layout["showlegend"]!.GetValue<bool>());
    }

    [Fact]
    public void A_rising_loss_is_not_said_to_fall()
    {
        var figure = Figures.TrainingLoss(new TrainingSeries("nano", "tokens", [1, 2, 3], [2, 3, 4]));
        Assert.Equal("Training loss goes from 2 to 4 nats per token", figure.Title);
        Assert.DoesNotContain("fall", figure.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void A_published_loss_is_dashed_beside_the_measured_one()
    {
        var plot = new PlotlyOf(Figures.TrainingLoss(Falling(300), published: Falling(300) with { Model = "Amber" }));
        Assert.Equal("dash", plot.Series("Amber (published)")["line"]!["dash"]!.GetValue<string>());
        Assert.Equal(2, plot.Layout["annotations"]!.AsArray().Count);
    }

    [Fact]
    public void Smoothing_leaves_gaps_where_they_are_and_does_not_count_them() =>
        Assert.Equal([1.5, 1.5, double.NaN, 4.5, 4.5], Smoothing.MovingMean([1, 2, double.NaN, 4, 5], 3));

    [Fact]
    public void Thinning_keeps_spikes_gaps_and_ends()
    {
        var y = Enumerable.Range(0, 100_000).Select(i => Math.Sin(i / 1000.0)).ToArray();
        y[54_321] = 50;
        y[77_777] = double.NaN;
        var (x, thin) = Smoothing.Thin([.. Enumerable.Range(0, y.Length).Select(i => (double)i)], y, 500);
        Assert.InRange(thin.Length, 100, 1503);
        Assert.Contains(50, thin);
        Assert.Single(thin, double.IsNaN);
        Assert.Equal(0, x[0]);
        Assert.Equal(99_999, x[^1]);
        Assert.Equal(x.Order(), x);
    }

    [Fact]
    public void Learning_rate_names_its_peak()
    {
        var figure = Figures.LearningRate(new TrainingSeries("nano", "steps", [0, 1, 2, 3], [0, 0.001, 0.0005, 0.0001]));
        Assert.Equal("The learning rate peaks at 0.001 and ends at 0.0001", figure.Title);
        Assert.Equal("After 1 steps the learning rate of nano peaks at 0.001; at the end it is 10% of that.", figure.Finding);
    }

    [Fact]
    public void Gradient_norm_counts_clipped_steps()
    {
        var figure = Figures.GradientNorm(new TrainingSeries("nano", "steps", [0, 1, 2, 3], [4, 2, 0.5, double.NaN]), clip: 1);
        Assert.Equal("66.7% of the steps have their gradient clipped", figure.Title);
        Assert.Contains("n = 3 steps", figure.Subtitle, StringComparison.Ordinal);
        Assert.Equal("baseline", PlotlyOf.Role(new PlotlyOf(figure).Traces[^1]));
    }

    [Fact]
    public void Validation_loss_compares_sources()
    {
        var figure = Figures.ValidationLoss("nano", "tokens", 64,
            [new("netcore", [1, 2], [5, 3], [4.8, 2.9], [5.2, 3.1]), new("roslyn", [1, 2], [5, 2])]);
        Assert.Equal("roslyn is learnt best, netcore least", figure.Title);
        Assert.Contains("2 nats per token on roslyn and 3 on netcore", figure.Finding, StringComparison.Ordinal);
        Assert.Contains("95%", figure.Subtitle, StringComparison.Ordinal);
    }

    [Fact]
    public void Ambers_mix_is_hollow_and_its_largest_source_is_named()
    {
        var figure = Figures.DataMix(new DataMix("nano", [new("roslyn", 6e6), new("netcore", 4e6)]), DataMix.Amber);
        Assert.Equal("60% of nano's tokens come from roslyn", figure.Title);
        Assert.Contains("RefinedWeb is the largest source of Amber (published) with 52.8% of 1.26T tokens", figure.Finding,
            StringComparison.Ordinal);
        Assert.Contains("StackExchange 21.8B", figure.AltText, StringComparison.Ordinal);
        var plot = new PlotlyOf(figure);
        Assert.Equal("rgba(0,0,0,0)", plot.Series("RefinedWeb")["marker"]!["color"]!.GetValue<string>());
        Assert.Equal("#009e73", plot.Series("roslyn")["marker"]!["color"]!.GetValue<string>());
    }

    [Fact]
    public void Score_distribution_counts_every_bin()
    {
        var distribution = ScoreDistribution.FromScores("ckpt_000", 0, [0, 1 / 32.0, 1 / 32.0, 1], 32);
        Assert.Equal(33, distribution.Counts.Count);
        Assert.Equal((1, 2, 1), (distribution.Counts[0], distribution.Counts[1], distribution.Counts[32]));
        Assert.Throws<Llm360Exception>(() => ScoreDistribution.FromScores("c", 0, [1.01], 32));
    }

    [Fact]
    public void Histogram_marks_the_share_at_one_with_its_interval()
    {
        var figure = Figures.MemorizationHistogram("nano", 32, [Scores("ckpt_000", 0, 0), Scores("ckpt_011", 1, 16)]);
        Assert.Equal("1.6% of the scored sequences are reproduced word for word", figure.Title);
        Assert.Contains("the share of the scored sequences with score 1 is 1.6%, 95% CI [1.0%, 2.6%]. At ckpt_000, it is 0%.",
            figure.Finding, StringComparison.Ordinal);
        Assert.Equal(2, figure.Panels.Count);
        var plot = new PlotlyOf(figure);
        Assert.Equal(1, plot.Traces[0]["y"]!.AsArray().Sum(y => y!.GetValue<double>()), 6);
        Assert.Equal(0.016, plot.Traces.Last(t => PlotlyOf.Role(t) == "mark")["y"]![0]!.GetValue<double>(), 9);
        Assert.False(plot.Layout["showlegend"]!.GetValue<bool>());
        var many =
            Figures.MemorizationHistogram("nano", 32, [.. Enumerable.Range(0, 12).Select(i => Scores($"ckpt_{i:000}", i / 11.0, i))]);
        Assert.Equal(["ckpt_000", "ckpt_011"], new[] { many.Panels[0].Title, many.Panels[^1].Title });
        Assert.Contains("6 of 12 checkpoints shown", many.Subtitle, StringComparison.Ordinal);

        static ScoreDistribution Scores(string name, double progress, int ones) =>
            ScoreDistribution.FromScores(name, progress, Enumerable.Range(0, 1000).Select(i => i < ones ? 1 : i % 5 / 32.0), 32);
    }

    // The standard error is 0.0255, because half of each interval is 0.05. The second checkpoint
    // has read all chunks.
    private static readonly IReadOnlyList<ChunkScores> Recent =
    [
        new("ckpt_002", 0.5, 1, [0, 1, 2], [0.10, 0.30, 0.05], [0.05, 0.25, 0], [0.15, 0.35, 0.10], [100, 100, 100]),
        new("ckpt_003", 1.0, 2, [0, 1, 2], [0.20, 0.10, 0.40], [0.15, 0.05, 0.35], [0.25, 0.15, 0.45], [100, 300, 100]),
    ];

    [Fact]
    public void By_chunk_compares_the_chunk_just_read_with_older_ones_and_with_unread_ones()
    {
        var figure = Figures.MemorizationByChunk("nano", 32, 32, Recent);
        Assert.Equal("The chunk just read is remembered best", figure.Title);
        // Older: 0.1 at the first; (100 * 0.2 + 300 * 0.1) / 400 = 0.125 at the second. Half
        // interval: 0.05 sqrt(1 + 1 + 1 + 1/16 + 9/16) / 2.
        Assert.Equal(
            "On the chunk just read a checkpoint scores 0.35 on average, on older chunks 0.113, on chunks not yet read 0.05. "
            + "The difference between just read and older is 0.24, 95% CI [0.19, 0.29], over 2 checkpoints and 200 sequences just read.",
            figure.Finding);
        var marks = new PlotlyOf(figure).Traces.Single(t => PlotlyOf.Role(t) == "mark");
        Assert.Equal([1, 2], marks["x"]!.AsArray().Select(x => x!.GetValue<double>()));
        Assert.Contains("n = 100 to 300 sequences a chunk", figure.Subtitle, StringComparison.Ordinal);
    }

    [Fact]
    public void Fewer_than_thirty_sequences_or_no_intervals_give_no_statement()
    {
        var few = Figures.MemorizationByChunk("nano", 32, 32, [.. Recent.Select(c => c with { Counts = [10, 10, 10] })]);
        var unsure = Figures.MemorizationByChunk("nano", 32, 32, [.. Recent.Select(c => c with { Low = null })]);
        Assert.All([few, unsure], f => Assert.Equal("Too few sequences were scored to say which chunks are remembered", f.Title));
    }

    [Fact]
    public void By_age_measures_each_checkpoint_from_its_own_mean()
    {
        var figure = Figures.MemorizationByAge("nano", 32, 32, Recent);
        Assert.Equal("The chunk just read is remembered best", figure.Title);
        var (unread, read) = (figure.Panels[0].Traces[0], figure.Panels[0].Traces[1]);
        Assert.Equal((TraceRole.Baseline, TraceRole.Measured), (unread.Role, read.Role));
        Assert.Equal([-1.0], unread.X);
        Assert.Equal([0.0, 1, 2], read.X);
        // Means: 0.15 at the first, (20 + 30 + 40) / 500 = 0.18 at the second.
        Assert.Equal(-0.10, unread.Y[0], 12);
        Assert.Equal([0.185, -0.065, 0.02], read.Y, (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Throws<Llm360Exception>(() => Figures.MemorizationByAge("nano", 32, 32, [Recent[0] with { LastChunk = null }]));
    }

    [Fact]
    public void Growth_is_told_of_one_set_of_chunks()
    {
        ExtractibleSeries read = new("the chunks read by a", true, [0, 20], [1000, 1000]),
            unread = new("the chunks not read by a", false, [1, 15], [500, 500]);
        var figure = Figures.MemorizationGrowth("nano", 32, 32, [("a", 6), ("b", 36)], [read, unread]);
        Assert.Equal("The share reproduced word for word grows from 0% to 2%", figure.Title);
        Assert.Contains(
            "In the chunks not read by a, a reproduces 0.2% and b 3.0%, 95% CI [1.8%, 4.9%] (n = 500).",
            figure.Finding,
            StringComparison.Ordinal);
        Assert.Contains("Read minus not yet read in percentage points, at a: the chunks read by a -0.2, 95% CI [", figure.Finding,
            StringComparison.Ordinal);
        var flat = Figures.MemorizationGrowth("nano", 32, 32, [("a", 6), ("b", 36)], [read with { Extractible = [15, 20] }]);
        Assert.Equal("The share reproduced word for word does not clearly grow", flat.Title);
    }

    [Fact]
    public void The_histogram_draws_what_was_not_read()
    {
        var figure = Figures.MemorizationHistogram("nano", 4,
            [new("ckpt_001", 0.5, [50, 30, 10, 0, 10], [80, 15, 4, 0, 1]), new("ckpt_002", 1, [40, 30, 10, 0, 20])]);
        Assert.Contains("Among the sequences that ckpt_001 has not read, it is 1% (n = 100). "
            + "Read minus not yet read in percentage points, at ckpt_001: word for word 9, 95% CI [",
            figure.Finding, StringComparison.Ordinal);
        var points = figure.Panels[0].Traces.Single(t => t.Role == TraceRole.Baseline);
        Assert.Equal([0.8, 0.15, 0.04, 0, 0.01], points.Y);
        Assert.DoesNotContain(figure.Panels[1].Traces, t => t.Role == TraceRole.Baseline);
    }

    [Fact]
    public void Correlation_names_the_least_and_the_most_alike()
    {
        double[][] r = [[1, 0.9, 0.4], [0.9, 1, 0.8], [0.4, 0.8, 1]];
        var figure = Figures.CheckpointCorrelation("nano", ["a", "b", "c"], 500, new CorrelationMatrix("memorization score", r),
            new CorrelationMatrix("k-extractible", r));
        Assert.Equal("Scores of neighbouring checkpoints correlate (mean r = 0.85)", figure.Title);
        Assert.StartsWith("memorization score: r is lowest between a and c (0.40) and highest between a and b (0.90); k-extractible:",
            figure.Finding, StringComparison.Ordinal);
        Assert.Throws<Llm360Exception>(() => Figures.CheckpointCorrelation("nano", ["a"], 1, new CorrelationMatrix("q", r)));

        // c has read everything, so a and b are the latest neighbours with a baseline.
        long[][] sequences = [[145, 145, 145], [145, 145, 145], [145, 145, 145]], left = [[87, 87, 0], [87, 87, 0], [0, 0, 0]];
        double[][] both = [[1, 0.49, 0.4], [0.49, 1, 0.8], [0.4, 0.8, 1]],
            neither = [[1, 0.36, double.NaN], [0.36, 1, double.NaN], [double.NaN, double.NaN, double.NaN]];
        var compared = Figures.CheckpointCorrelation("nano", ["a", "b", "c"], 145,
            new CorrelationMatrix("score", both) { Sequences = sequences },
            new CorrelationMatrix("score", neither) { Sequences = left, IsUnread = true });
        Assert.EndsWith(". Over the sequences that neither a nor b has read, r of the score is 0.36; "
            + "read minus not yet read 0.13, 95% CI [-0.09, 0.36].", compared.Finding, StringComparison.Ordinal);
        Assert.Equal(["score", "the same, not yet read"], compared.Panels.Select(p => p.Title));
        Assert.Equal(figure.Title, compared.Title.Replace("0.65", "0.85", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_to_draw_is_an_error_that_says_what_is_missing()
    {
        Assert.Contains("no checkpoints", Assert.Throws<Llm360Exception>(() => Figures.MemorizationHistogram("nano", 32, [])).What,
            StringComparison.Ordinal);
        Assert.Contains("no finite value",
            Assert.Throws<Llm360Exception>(() => Figures.TrainingLoss(new TrainingSeries("nano", "tokens", [1], [double.NaN]))).What,
            StringComparison.Ordinal);
    }
}
