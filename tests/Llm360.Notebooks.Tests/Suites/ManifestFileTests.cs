// Manifests are strict, their errors name the right key, and every key is described.
using System.Text.Json;

namespace Llm360.Notebooks.Tests;

public sealed class ManifestFileTests : IDisposable
{
    private static readonly string Nano = Fixtures.Manifest("suites", "nano.json");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private Llm360Exception Error(string from, string to)
    {
        var text = File.ReadAllText(Nano);
        Assert.Contains(from, text, StringComparison.Ordinal);
        var at = text.IndexOf(from, StringComparison.Ordinal);
        File.WriteAllText(_folder["bad.json"], text[..at] + to + text[(at + from.Length)..]);
        return Assert.Throws<Llm360Exception>(() => ManifestFile.Read(_folder["bad.json"]));
    }

    [Fact]
    public void Writing_and_reading_gives_the_same()
    {
        var manifest = ManifestFile.Read(Nano);
        ManifestFile.Write(_folder["copy.json"], manifest);
        Assert.Equal(File.ReadAllText(Nano), File.ReadAllText(_folder["copy.json"]));
    }

    [Theory]
    [InlineData("\"batchSize\"", "\"batchsize\"", "batchSize")]
    [InlineData("\"sequencesPerChunk\"", "\"sequencePerChunk\"", "sequencesPerChunk")]
    [InlineData("\"repetitions\"", "\"repetition\"", "repetitions")]
    [InlineData("\"optimizerStates\"", "\"optimiserStates\"", "optimizerStates")]
    public void A_misspelt_key_is_answered_with_the_right_one(string from, string to, string meant)
    {
        var error = Error(from, to);
        Assert.Contains($"Did you mean \"{meant}\"?", error.Remedy, StringComparison.Ordinal);
        Assert.Contains("bad.json, line ", error.Where, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"seed\": 1,", "", "seed")]
    [InlineData("\"chunks\": 36", "\"chunks\": \"36\"", "chunks")]
    [InlineData("\"heads\": 4", "\"heads\": 5", "hiddenSize")]
    [InlineData("\"batchSize\": 2", "\"batchSize\": 24", "256")]
    [InlineData("\"name\": \"aspnet\"", "\"name\": \"netcore\"", "different names")]
    [InlineData("\"name\": \"aspnet\"", "\"name\": \"canary\"", "canary")]
    [InlineData("ref/net10.0/*.xml", "../../secret/*.xml", "inside the package")]
    [InlineData("ref/net10.0/*.xml", "/etc/*.xml", "inside the package")]
    [InlineData("\"id\": \"Plotly.NET\"", "\"id\": \"../Plotly.NET\"", "plain ids")]
    [InlineData("\"name\": \"nano\"", "\"name\": \"../nano\"", "name")]
    [InlineData("\"length\": 64", "\"length\": 300", "shorter")]
    [InlineData("\"schedule\": \"cosine\"", "\"schedule\": \"linear\"", "cosine")]
    [InlineData("\"documents\": \"types\"", "\"documents\": \"type\"", "documents must be one of members, types, notices, series")]
    [InlineData("\"documents\": \"notices\"", "\"documents\": \"series\"", "packages must be empty where the documents are series")]
    [InlineData("\"weights\": [", "\"weights\": [\"0\",", "weights must be 37 SHA-256 hashes")]
    [InlineData("\"gradientGroups\": 2", "\"gradientGroups\": 0", "training.gradientGroups must be 1 to training.batchSize (2)")]
    [InlineData("\"gradientGroups\": 2", "\"gradientGroups\": 3", "training.gradientGroups must be 1 to training.batchSize (2)")]
    public void A_bad_value_is_an_error_that_says_what_is_wrong(string from, string to, string says) =>
        Assert.Contains(says, Error(from, to).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(8, null, 8)]
    [InlineData(5, null, 5)]
    [InlineData(64, null, 8)]
    [InlineData(64, 16, 16)]
    public void Gradient_groups_have_a_default_and_a_manifest_that_leaves_them_out_is_the_same_recipe(int batch, int? groups, int expected)
    {
        var manifest = ManifestFile.ReadRecipe(Nano);
        var recipe = manifest with { Training = manifest.Training with { BatchSize = batch, GradientGroups = groups } };
        Assert.Equal(expected, recipe.Training.Groups);
        Assert.Equal(ManifestFile.Identity(recipe), IdentityWith(expected));
        Assert.NotEqual(ManifestFile.Identity(recipe), IdentityWith(2));

        string IdentityWith(int number) =>
            ManifestFile.Identity(recipe with { Training = recipe.Training with { GradientGroups = number } });
    }

    [Fact]
    public void Missing_files_and_other_files_are_clear_errors()
    {
        Assert.Contains("none.json", Assert.Throws<Llm360Exception>(() => ManifestFile.Read(_folder["none.json"])).Where,
            StringComparison.Ordinal);
        File.WriteAllText(_folder["text.json"], "hello");
        Assert.Throws<Llm360Exception>(() => ManifestFile.Read(_folder["text.json"]));
    }

    [Fact]
    public void The_readme_describes_every_key()
    {
        var readme = File.ReadAllText(Fixtures.Manifest("README.md"));
        Type[] records = [typeof(SuiteRecipe), typeof(CorpusRecipe), typeof(CorpusSource), typeof(CorpusPackage), typeof(TokenizerRecipe),
            typeof(CanaryRecipe), typeof(ModelShape), typeof(TrainingRecipe), typeof(CorpusCounts), typeof(SourceCounts),
            typeof(SuiteManifest), typeof(HubCheckpoints), typeof(CheckpointSeries), typeof(HubChunks), typeof(TrainingPhase),
            typeof(LearningRateSchedule), typeof(Licence), typeof(ManifestFact), typeof(PublishedNumbers), typeof(PublishedNumber)];
        var keys = records.SelectMany(r => r.GetProperties())
            .Where(p => p.GetIndexParameters().Length == 0)
            .Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name))
            .Distinct();
        Assert.All(keys, key => Assert.Matches($@"`([a-z]+(\[\])?\.)?{key}`", readme));
    }
}
