// User recipes: a changed copy of pico is trained and can be used by its name.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.EndToEnd;

[Collection(typeof(InProcessTests))]
public sealed class OwnRecipeTests(InProcess home)
{
    [Theory]
    [InlineData("share", "0.5")]
    [InlineData("seed", "7")]
    [InlineData("sequencesPerChunk", "40")]
    [InlineData("peakLearningRate", "0.002")]
    [InlineData("schedule,finalLearningRate", "\"cosine\",0.0001")]
    [InlineData("hiddenSize", "16")]
    public async Task A_changed_copy_trains_and_is_named_after_its_file(string keys, string values)
    {
        var name = $"own-{keys.Split(',')[0]}";
        var (file, changed) = (home.PathOf($"{name}.json"), JsonNode.Parse(File.ReadAllText(home.PathOf("suites", "pico", "suite.json")))!);
        foreach (var (key, value) in keys.Split(',').Zip(values.Split(',')))
            Assert.True(RecipeChange.Set(changed, key, JsonNode.Parse(value)!), key);
        File.WriteAllText(file, changed.ToJsonString());
        var result = await InProcess.RunAsync("train", file, "-q");
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains($"named after its file: {name}", result.Error, StringComparison.Ordinal);
        Assert.NotEqual(Weights("pico"), Weights(name));
        // From now on its name works, and nothing is trained again.
        Assert.Contains(name, (await InProcess.RunAsync("list")).Output, StringComparison.Ordinal);
        var again = await InProcess.RunAsync("train", name, "-q");
        Assert.True(again.ExitCode == 0, again.Error);
        Assert.Equal("", again.Error);
        Assert.Contains(name, (await InProcess.RunAsync("reproduce", "-s", "nosuch")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unchanged_copy_is_the_same_suite()
    {
        File.Copy(home.PathOf("suites", "pico", "suite.json"), home.PathOf("copy.json"));
        var result = await InProcess.RunAsync("train", home.PathOf("copy.json"), "-q");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.False(Directory.Exists(home.PathOf("suites", "copy")));
    }

    [Fact]
    public async Task A_change_under_the_same_file_name_is_told_with_the_keys_that_differ()
    {
        var file = home.PathOf("copies", "pico.json");
        await ChangeAsync(file, json => json["training"]!["seed"] = 3);
        var error = (await InProcess.RunAsync("train", file)).Error;
        Assert.Contains("training.seed is 3, not 1", error, StringComparison.Ordinal);
        Assert.Contains("Give the key \"name\" another value.", error, StringComparison.Ordinal);

        await ChangeAsync(file, json => json["name"] = "mine");
        Assert.Equal(0, (await InProcess.RunAsync("train", file, "-q")).ExitCode);
        await ChangeAsync(file, json => (json["name"], json["training"]!["clipNorm"]) = ("mine", 0.5));
        error = (await InProcess.RunAsync("train", file)).Error;
        Assert.Contains("another recipe: training.clipNorm is 0.5, not 1", error, StringComparison.Ordinal);
        Assert.Contains("\"name\"", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schedule_that_changes_nothing_is_refused_with_the_key_to_change()
    {
        var file = home.PathOf("flat.json");
        await ChangeAsync(file, json => json["training"]!["schedule"] = "cosine");
        var result = await InProcess.RunAsync("train", file);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("training.finalLearningRate must differ from training.peakLearningRate", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_text_than_expected_says_which_keys_to_delete()
    {
        var file = home.PathOf("expects.json");
        await ChangeAsync(file, json =>
        {
            json["name"] = "expects";
            json["expected"]!["sha256"] = new string('0', 64);
        });
        var error = (await InProcess.RunAsync("train", file)).Error;
        Assert.Contains("delete its keys \"expected\" and \"weights\"", error, StringComparison.Ordinal);
        Assert.DoesNotContain("SourceCounts", error, StringComparison.Ordinal);
    }

    private async Task ChangeAsync(string file, Action<JsonNode> change)
    {
        var json = JsonNode.Parse(await File.ReadAllTextAsync(home.PathOf("suites", "pico", "suite.json"),
            TestContext.Current.CancellationToken))!;
        change(json);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, json.ToJsonString(), TestContext.Current.CancellationToken);
    }

    private string Weights(string suite) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(
        File.ReadAllBytes(home.PathOf("suites", suite, "ckpt_004", SuiteLayout.Weights))));
}
