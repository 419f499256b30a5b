// Figures and tables of published numbers: their text is computed.
namespace Llm360.Notebooks.Tests;

public sealed class PublishedFigureTests(PicoSuite pico)
{
    [Fact]
    public void The_landscape_has_this_suite_first_and_filters()
    {
        var all = Tables.Landscape(pico.Suite);
        Assert.Equal(17, all.Rows.Count);
        Assert.Equal(["pico (this suite)", "trained here", "yes", "yes", "yes"], all.Rows[0].Take(5));
        Assert.Equal(7, Tables.Landscape(pico.Suite, "optimizerCheckpoints", "dataOrder").Rows.Count);
        Assert.Contains("no part of a training", Assert.Throws<Llm360Exception>(() => Tables.Landscape(pico.Suite, "colour")).What,
            StringComparison.Ordinal);
        var figure = Figures.Landscape(pico.Suite);
        Assert.Equal("7 of 17 open models released every part of their training", figure.Title);
        Assert.StartsWith("pico releases 7 of 7 parts of its training; it is trained on", figure.Finding, StringComparison.Ordinal);
        Assert.EndsWith("times fewer than OPT.", figure.Finding, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("amber", "Amber (this suite)", 16)]
    [InlineData("pythia-1b", "Pythia (this suite)", 16)]
    [InlineData("k2-65b", "k2-65b (this suite)", 17)]
    public void A_suite_of_the_table_keeps_its_row(string name, string row, int rows)
    {
        var table = Tables.Landscape(Notebooks.Suites.Open(name));
        Assert.Equal(rows, table.Rows.Count);
        Assert.Single(table.Rows, r => r[0] == row);
        Assert.Single(table.Rows, r => r[0].Contains("this suite", StringComparison.Ordinal));
    }

    [Fact]
    public void The_schedule_is_drawn_from_the_formula_phase_by_phase()
    {
        var figure = Figures.LearningRate(Notebooks.Suites.Open("crystal"));
        Assert.Equal("The learning rate is warmed up 3 times, to lower and lower peaks", figure.Title);
        Assert.Equal(
            "Over 1.39T training tokens the learning rate of crystal peaks at 0.012, 0.00878, 0.002 and ends at 0.00879, 0.000137, 0.0002 "
            + "(phases phase1, phase2, phase3).",
            figure.Finding);
        var traces = Assert.Single(figure.Panels).Traces;
        Assert.Equal(["phase1", "phase2", "phase3"], traces.Select(t => t.Name));
        Assert.All(traces.Zip(traces.Skip(1)), p => Assert.Equal(p.First.X[^1], p.Second.X[0]));
        Assert.All(traces, t => Assert.Equal(0, t.Y[0]));
        Assert.Equal(0.012, traces[0].Y.Max());
        var own = Figures.LearningRate(pico.Suite);
        Assert.Equal(pico.Suite.Recipe!.Training.PeakLearningRate, Assert.Single(Assert.Single(own.Panels).Traces).Y.Max());
    }

    [Fact]
    public void Crystal_has_a_mix_for_each_phase_and_a_place_between_language_and_code()
    {
        var mix = Figures.DataMixByPhase(Notebooks.Suites.Open("crystal"));
        Assert.Equal([7, 2, 6], mix.Panels.Select(p => p.Traces.Count));
        Assert.Equal(0.6281 * 214387 * 2112 * 2048, mix.Panels[1].Traces.Single(t => t.Name == "StarCoder (FIM)").Y[0], 1);
        Assert.StartsWith("No mix of a phase", Figures.DataMixByPhase(pico.Suite).Title, StringComparison.Ordinal);
        var scatter = Figures.LanguageAgainstCode();
        Assert.Equal("Mistral-7B and CodeLlama-7B are not surpassed by any model in both language and code", scatter.Title);
        Assert.Equal("CrystalCoder is number 3 of 7 in language (50.9%) and number 3 in code (32.4%).", scatter.Finding);
    }

    [Fact]
    public async Task Ambers_published_loss_lies_behind_that_of_a_suite()
    {
        var figure = Figures.TrainingLossBesideAmber(pico.Suite, await pico.Suite.MetricsAsync());
        var panel = Assert.Single(figure.Panels);
        Assert.Equal((true, 2, "% of training"), (panel.Y.Log, panel.Y.LogBase, panel.X.Label));
        var published = Assert.Single(panel.Traces, t => t.Role == TraceRole.Published);
        Assert.InRange(published.X[0], 0, 1);
        Assert.Equal(100, published.X[^1]);
        Assert.Equal(100, panel.Traces.Last(t => t.Role == TraceRole.Measured).X[^1], 1e-9);
        Assert.Contains("Amber's goes from 7.28 to 1.46", figure.Finding, StringComparison.Ordinal);
        Assert.Equal(
            "Amber's training loss falls from 7.28 to 1.46 nats per token",
            Figures.TrainingLossBesideAmber(Notebooks.Suites.Open("amber"), []).Title);
    }
}
