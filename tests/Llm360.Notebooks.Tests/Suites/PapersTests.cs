// Published numbers are data: they have a source, can be overridden, and are checked.
namespace Llm360.Notebooks.Tests;

public sealed class PapersTests
{
    [Theory]
    [InlineData("llm360")]
    [InlineData("llm360-loss")]
    [InlineData("llm360-evaluation")]
    [InlineData("analysis360")]
    [InlineData("amber-model-card")]
    [InlineData("crystal-model-card")]
    [InlineData("emergent-memorization")]
    public void Every_number_has_a_unit_and_a_source(string name)
    {
        var paper = Papers.Open(name);
        Assert.NotEmpty(paper.Numbers);
        Assert.All(paper.Numbers, n => Assert.True(n.Unit.Length > 0 && n.Source.Length > 0));
    }

    [Fact]
    public void A_number_is_found_by_its_name()
    {
        var paper = Papers.Open("llm360");
        Assert.Equal(6_738_415_616, paper["amber.parameters"]);
        Assert.Equal(1259.11e9, paper.All("amber.dataMix").Sum(), 1e6);
        Assert.False(paper.Find("amber.tokensPerSecond").Verified);
        Assert.Contains("no \"amber.colour\"", Assert.Throws<Llm360Exception>(() => paper["amber.colour"]).What, StringComparison.Ordinal);
        Assert.Contains("one number", Assert.Throws<Llm360Exception>(() => paper["amber.dataMix"]).What, StringComparison.Ordinal);
        Assert.Contains("a list", Assert.Throws<Llm360Exception>(() => paper.All("amber.layers")).What, StringComparison.Ordinal);
        Assert.Contains("llm360", Assert.Throws<Llm360Exception>(() => Papers.Open("none")).Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void The_paper_and_the_manifest_agree()
    {
        var (paper, amber) = (Papers.Open("llm360"), Notebooks.Suites.Open("amber"));
        var phase = Assert.Single(amber.Phases);
        Assert.Equal(amber.Parameters, (long)paper["amber.parameters"]);
        Assert.Equal(amber.TrainedTokens, (long)paper["amber.trainedTokens"]);
        Assert.Equal(
            (phase.Steps, phase.TokensPerStep, phase.Chunks),
            ((long)paper["amber.steps"], (long)paper["amber.tokensPerStep"], (int)paper["amber.chunks"]));
        Assert.Equal(
            (phase.LearningRate!.Peak, phase.LearningRate.Final),
            (paper["amber.peakLearningRate"], paper["amber.finalLearningRate"]));
    }

    [Fact]
    public void The_phases_of_Crystal_and_the_manifest_agree()
    {
        var (paper, crystal) = (Papers.Open("llm360"), Notebooks.Suites.Open("crystal"));
        foreach (var phase in crystal.Phases)
        {
            var name = $"crystal.{phase.Name}";
            Assert.Equal(paper[$"{name}.steps"], phase.Steps!.Value);
            Assert.Equal(paper[$"{name}.tokens"], phase.AllTokens!.Value, 1e8);
            Assert.Equal(
                (paper[$"{name}.peakLearningRate"], paper[$"{name}.finalLearningRate"]),
                (phase.LearningRate!.Peak, phase.LearningRate.Final));
            Assert.Equal(paper[$"{name}.warmupSteps"], phase.LearningRate.WarmupSteps);
            Assert.Equal(1, paper.All($"crystal.dataMix.{phase.Name}").Sum(), 2e-4);
        }
    }

    [Fact]
    public void Means_of_the_tables_that_do_not_follow_from_their_columns_are_marked()
    {
        var paper = Papers.Open("llm360");
        var results = paper.FindTable("crystal-results");
        Assert.Equal(
            ["Mistral-7B language", "Mistral-7B average", "OpenLLaMA-v2-7B code", "OpenLLaMA-v2-7B average"],
            results.Rows.SelectMany(
                r => results.Columns.Where(c => results.IsSlip(r, c.Name)).Select(c => $"{PublishedTable.Text(r, "model")} {c.Name}")));
        Assert.Contains("28.01 (computed: 14.01)", results.ToTable().ToString(), StringComparison.Ordinal);
        Assert.Contains("differ from the mean of their columns: 4.", results.ToTable().Caption, StringComparison.Ordinal);
        Assert.Null(results.Computed(results.Rows[^1], "average"));
        var amber = paper.FindTable("results");
        Assert.DoesNotContain(amber.Rows, r => amber.IsSlip(r, "average"));
        Assert.Equal(14, amber.Rows.Count);
    }

    [Fact]
    public void A_table_can_be_filtered_and_is_a_data_frame()
    {
        var landscape = Papers.Open("llm360").FindTable("landscape");
        Assert.Equal(16, landscape.Rows.Count);
        Assert.Equal(
            ["CrystalCoder", "Amber", "Pythia", "BLOOM", "GPT-NeoX", "GPT-J"],
            landscape.Where("dataOrder").Rows.Select(r => PublishedTable.Text(r, "model")));
        var frame = landscape.ToDataFrame();
        Assert.Equal((16, "CrystalCoder", 1.4, true), ((int)frame.Rows.Count, frame["model"][0], frame["tokens"][0], frame["code"][0]));
        Assert.Null(frame["tokens"][2]);
        Assert.Contains("landscape has no column \"colour\"", Assert.Throws<Llm360Exception>(() => landscape.Where("colour")).What,
            StringComparison.Ordinal);
        Assert.Contains("that is a table", Assert.Throws<Llm360Exception>(() => Papers.Open("llm360").FindTable("none")).What,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_published_number_stands_beside_a_measured_one_with_difference_and_reason()
    {
        var table = Tables.Published(
            "llm360",
            "here",
            new PublishedComparison("amber.steps", 274_321, "one more"),
            new("amber.tokensPerSecond", null),
            new("amber.layers", 32));
        Assert.Equal(["amber.steps", "steps", "274,320", "274,321", "+1 (0.00036%)", "one more", "computed: 360 chunks of 762 steps"],
            table.Rows[0]);
        Assert.Equal(("582,400 (not verified)", "not measured", ""), (table.Rows[1][2], table.Rows[1][3], table.Rows[1][4]));
        Assert.Equal("0", table.Rows[2][4]);
        Assert.Throws<Llm360Exception>(() => Tables.Published("llm360", "here", new PublishedComparison("amber.dataMix", 1)));
    }

    [Theory]
    [InlineData("""{"name": "a", "title": "A"}, {"name": "a", "title": "B"}""", """{"a": "x"}""", "must have names, each once")]
    [InlineData("""{"name": "a", "title": "A"}""", """{"a": 1}""", "must each have a text")]
    [InlineData("""{"name": "a", "title": "A"}""", """{"a": "x", "b": 1}""", "that is no column")]
    [InlineData("""{"name": "a", "title": "A"}, {"name": "b", "title": "B"}""", """{"a": "x", "b": null}""",
        "must hold texts, finite numbers")]
    [InlineData("""{"name": "a", "title": "A"}, {"name": "b", "title": "B"}""", """{"a": "x", "b": 1e999}""",
        "must hold texts, finite numbers")]
    [InlineData("""{"name": "a", "title": "A"}, {"name": "b", "title": "B", "meanOf": ["b"]}""", """{"a": "x"}""",
        "must name columns before it")]
    public void A_bad_table_is_one_error(string columns, string row, string says)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["paper.json"],
            """{"title": "t", "numbers": [], "tables": [{"name": "T", "title": "t", "source": "s", "verified": true, "columns": """
            + $$"""[{{columns}}], "rows": [{{row}}]}]}""");
        var error = Assert.Throws<Llm360Exception>(() => Papers.Read(folder["paper.json"]));
        Assert.Contains(says, error.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"title": "t", "numbers": [{"name": "", "unit": "1", "source": "s", "verified": true, "value": 1}]}""",
        "numbers must each have")]
    [InlineData("""{"title": "t", "numbers": [{"name": "a", "unit": "1", "source": "s", "verified": true}]}""", "numbers.value or values")]
    [InlineData("""{"title": "t", "numbers": [{"name": "a", "unit": "1", "source": "s", "verified": true, "value": 1, "values": []}]}""",
        "numbers.value or values")]
    [InlineData("""{"title": "t", "numbers": [{"name": "a", "unit": "1", "source": "s", "verified": true, "value": 1e999}]}""",
        "numbers.value must be finite")]
    [InlineData("""{"title": "t", "numbers": [{"name": "a", "unit": "1", "source": "s", "verified": true, "values": [1], "labels": []}]}""",
        "numbers.labels")]
    [InlineData("""{"title": "t", "numbers": [{"name": "a", "unit": "1", "source": "s", "value": 1}]}""", "lacks the keys")]
    public void A_bad_file_is_one_error(string json, string says)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["paper.json"], json);
        var error = Assert.Throws<Llm360Exception>(() => Papers.Read(folder["paper.json"]));
        Assert.Contains(says, error.What, StringComparison.Ordinal);
        Assert.StartsWith(folder["paper.json"], error.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_that_is_there_twice_is_refused()
    {
        using var folder = new TemporaryFolder();
        const string number = """{"name": "a", "unit": "1", "source": "s", "verified": true, "value": 1}""";
        File.WriteAllText(folder["paper.json"], $$"""{"title": "t", "numbers": [{{number}}, {{number}}]}""");
        Assert.Contains("must be different", Assert.Throws<Llm360Exception>(() => Papers.Read(folder["paper.json"])).What,
            StringComparison.Ordinal);
    }
}
