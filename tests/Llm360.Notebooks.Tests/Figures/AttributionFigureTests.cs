// Titles and findings of the attribution figures are computed from the numbers.

namespace Llm360.Notebooks.Tests;

public sealed class AttributionFigureTests(PicoSuite pico) : IDisposable
{
    private readonly TemporaryFolder results = new();

    public void Dispose() => results.Dispose();

    [Fact]
    public void The_control_counts_methods_whose_interval_is_above_chance()
    {
        var checkpoint = new Checkpoint("ckpt_002", 2, 2, "");
        var good = new UnseenControl(checkpoint, 0.7, 0.6, 0.8, 60, 40, 3, 0.1, 20);
        var chance = good with { Auc = 0.51, Low = 0.45, High = 0.57, TopUnseen = 0.4 };
        var figure = Figures.AttributionControl("nano", "a sentence", [("bm25", chance), ("tracin", good)]);
        Assert.Equal("1 of 2 methods rank rows that the checkpoint had read above those it had not", figure.Title);
        Assert.Equal(["tracin", "bm25", "chance"], figure.Panels[0].Traces.Select(t => t.Name));
        Assert.Equal([TraceRole.Measured, TraceRole.Baseline, TraceRole.Baseline], figure.Panels[0].Traces.Select(t => t.Role));
        Assert.Contains("AUC 0.70, 95% CI [0.60, 0.80]", figure.Finding, StringComparison.Ordinal);
        Assert.StartsWith("No method", Figures.AttributionControl("nano", "a sentence", [("bm25", chance)]).Title,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Recall_names_the_methods_that_find_all()
    {
        IReadOnlyList<double> found = [.. Enumerable.Repeat(1.0, 20)], half = [.. found.Select((_, i) => i % 2 == 0 ? 0.5 : 1)];
        var figure = Figures.AttributionRecall(
            "nano", "ckpt_036", 500, [("logra", [(8, half), (16, found)]), ("tracin", [(8, found), (16, found)])]);
        Assert.Equal("tracin: the planted rows fill the top ranks for every canary", figure.Title);
        Assert.Contains("n = 40 canaries against 500 rows", figure.Subtitle, StringComparison.Ordinal);
        Assert.Equal([0.75, 1], figure.Panels[0].Traces.Single(t => t.Name == "logra").Y);
        var few = Figures.AttributionRecall("nano", "ckpt_036", 500, [("tracin", [(8, found)])]);
        Assert.Equal("Recall at k of the rows in which canaries were planted", few.Title);
        Assert.Contains("tracin 100%", few.Finding, StringComparison.Ordinal);
        Assert.Contains("nothing to draw", Figures.AttributionRecall("amber", "c", 5, [("logra", [])]).Title, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_figure_of_a_comparison_is_drawn_and_says_what_it_shows()
    {
        var suite = pico.Suite;
        var settings = new AttributionSettings { ProjectedSize = 4, FactorRows = 16, SequencesPerChunk = 8 };
        List<Checkpoint> checkpoints = [suite.Checkpoints[2], suite.Checkpoints[^1]];
        var indices = new List<AttributionIndex>();
        foreach (var method in new[] { AttributionMethod.LoGra, AttributionMethod.TracIn, AttributionMethod.Bm25 })
            indices.Add(await new AttributionAnalysis(suite, method, settings, results.Path).IndexAsync(checkpoints));
        var output = await indices[0].OutputAsync("output", Device.Cpu);
        var sentence = indices[0].Sentence("sentence", "returns");
        Assert.Equal(indices[0].Rows.First(r => r.Canary is null).TokenIds[..48], indices[0].Sentence("none", "x y").TokenIds);
        var canaries = indices[0].Canaries(each: 1);
        Assert.Equal(["canary c3-r8"], canaries.Select(c => c.Name));
        var answers = await indices.AskAsync([.. canaries, sentence, output]);
        var row = answers[sentence][0].Top(1).Rows[0];
        var influences = await answers.PerTokenAsync(sentence, row);
        Assert.Equal(["logra.preconditioned", "tracin"], influences.Select(i => i.Method));
        Figure[] figures =
        [
            Figures.AttributionControl(answers, sentence), Figures.AttributionRecall(answers),
                Figures.AttributionByGroup(answers[output][0]),
            Figures.TokenInfluence(influences), Figures.SelfInfluence(indices[0], await indices[0].SelfInfluenceAsync()),
            Figures.AttributionAlong("sentence", answers[sentence][0]),
        ];
        Assert.All(figures, f =>
        {
            Assert.DoesNotContain("unknown", f.Title + f.Finding + f.Subtitle, StringComparison.Ordinal);
            Assert.StartsWith("<svg", f.ToSvg(), StringComparison.Ordinal);
        });
        Assert.Equal(3, figures[0].Panels[0].Traces.Count - 1); // all methods, at the checkpoint that all have
        Assert.Equal([1, 2, 3], Tables.Attribution(answers, sentence, 3).Rows.Select(r => int.Parse(r[0], null)));
        Assert.Contains("background", influences[0].ToHtml(), StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => answers[sentence][2].PerTokenAsync(row));
        Assert.Contains("no part for each token", error.What, StringComparison.Ordinal);
    }
}
