// llm360 gradients, as a user runs it.
using System.Text.Json.Nodes;
using TorchSharp;

namespace Llm360.Notebooks.EndToEnd;

public sealed class GradientsCommandTests : IDisposable
{
    private readonly Llm360Command llm360 = new();

    public GradientsCommandTests() => LibTorch.Load(); // before any other use of TorchSharp

    public void Dispose() => llm360.Dispose();

    [Theory]
    [InlineData("llama-gqa")]
    [InlineData("crystal")]
    public async Task Gradients_and_factors_are_the_golden_ones_under_their_names(string name)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var json = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Fixture(name), "rows.json"), cancellation))!;
        var (tokens, output) = (llm360.PathOf("rows.jsonl"), llm360.PathOf("gradients.safetensors"));
        await File.WriteAllLinesAsync(tokens, json["rows"]!.AsArray().Take(3).Select(r => r!.ToJsonString()), cancellation);
        var result = await llm360.RunAsync("gradients", "--model", Fixture(name), "--rows", tokens, "--out", output, "--factors", "-q");
        Assert.True(result.ExitCode == 0, result.Error);
        using var actual = StateDict.Open(output);
        using var golden = StateDict.Open(Path.Combine(Fixture(name), "gradients.safetensors"));
        using var scope = torch.NewDisposeScope();
        foreach (var key in golden.Entries.Keys)
        {
            var expected = golden.View(key);
            var (difference, largest) = ((actual.View(key) - expected).abs().max().item<float>(), expected.abs().max().item<float>());
            Assert.True(difference <= 1e-4 * largest, $"{key} differs by {difference} of {largest}");
        }
    }

    [Fact]
    public async Task A_row_without_a_prediction_is_told_and_nothing_is_written()
    {
        var (tokens, output) = (llm360.PathOf("rows.jsonl"), llm360.PathOf("x.safetensors"));
        await File.WriteAllTextAsync(tokens, "[1, 2]\n[3]\n", TestContext.Current.CancellationToken);
        var result = await llm360.RunAsync("gradients", "--model", Fixture("neox"), "--rows", tokens, "--out", output);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("rows.jsonl, row 1", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(output));
    }

    private static string Fixture(string name) => Path.Combine(Workspace.Repository!, "tests", "fixtures", "models", name);
}
