// Published numbers are data: they have a source, can be overridden, and are checked.
namespace Llm360.Notebooks.Tests;

public sealed class PapersTests
{
    [Theory]
    [InlineData("llm360")]
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
        Assert.Equal((phase.Steps, phase.TokensPerStep, phase.Chunks), ((long)paper["amber.steps"], (long)paper["amber.tokensPerStep"], (int)paper["amber.chunks"]));
        Assert.Equal((phase.LearningRate!.Peak, phase.LearningRate.Final), (paper["amber.peakLearningRate"], paper["amber.finalLearningRate"]));
    }

    [Theory]
    [InlineData("""{"title": "t", "numbers": [{"name": "", "unit": "1", "source": "s", "verified": true, "value": 1}]}""", "numbers must each have")]
    [InlineData("""{"title": "t", "numbers": [{"name": "a", "unit": "1", "source": "s", "verified": true}]}""", "numbers.value or values")]
    [InlineData("""{"title": "t", "numbers": [{"name": "a", "unit": "1", "source": "s", "verified": true, "value": 1, "values": []}]}""", "numbers.value or values")]
    [InlineData("""{"title": "t", "numbers": [{"name": "a", "unit": "1", "source": "s", "verified": true, "value": 1e999}]}""", "numbers.value must be finite")]
    [InlineData("""{"title": "t", "numbers": [{"name": "a", "unit": "1", "source": "s", "verified": true, "values": [1], "labels": []}]}""", "numbers.labels")]
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
        Assert.Contains("must be different", Assert.Throws<Llm360Exception>(() => Papers.Read(folder["paper.json"])).What, StringComparison.Ordinal);
    }
}
