// llm360 attribute on a folder of queries and rows: golden scores, and bad input.
using TorchSharp;

namespace Llm360.Notebooks.EndToEnd;

[Collection(typeof(InProcessTests))]
public sealed class AttributeScoresTests(InProcess home)
{
    private static readonly string Folder = Path.Combine(Workspace.Repository!, "tests", "fixtures", "attribution");

    [Theory]
    [InlineData("tracin")]
    [InlineData("self_influence")]
    [InlineData("tracin.per_checkpoint.1")]
    [InlineData("trak.mean", "--projections")]
    [InlineData("logra.preconditioned", "--projections")]
    [InlineData("ekfac", "--set", "damping=0.0321")]
    [InlineData("common_run")]
    public async Task Scores_of_a_folder_are_the_golden_ones(string method, params string[] more)
    {
        var output = home.PathOf("scores.safetensors");
        string[] options = more is ["--projections"] ? ["--projections", Path.Combine(Folder, "projections.safetensors")] : more;
        var result = await InProcess.RunAsync(
            ["attribute", "--suite", Folder, "--queries", Path.Combine(Folder, "queries.jsonl"), "--method", method, .. options, "--out",
                output, "-q"]);
        Assert.True(result.ExitCode == 0, result.Error);
        using var scope = torch.NewDisposeScope();
        using var actual = StateDict.Open(output);
        using var golden = StateDict.Open(Path.Combine(Folder, "expected.safetensors"));
        var (scores, expected) = (actual.View("scores"), golden.View(method).to(torch.float64));
        Assert.Equal(torch.float64, scores.dtype);
        Assert.Equal(expected.shape, scores.shape);
        Assert.True((scores - expected).abs().max().item<double>() <= 1e-4 * expected.std().item<double>(), method);
    }

    [Theory]
    [InlineData("There is no attribution method", "--method", "guess")]
    [InlineData("is no setting of attribution", "--method", "ekfac", "--set", "damp=1")]
    [InlineData("setting \"damping\" is out of range", "--method", "ekfac", "--set", "damping=0")]
    [InlineData("There are no queries", "--method", "bm25", "--queries", "empty")]
    [InlineData("A row of one token predicts nothing", "--method", "graddot", "--queries", "short")]
    [InlineData("longer than the model's 64 positions", "--method", "logra", "--queries", "long")]
    public async Task Bad_input_is_one_error_and_nothing_is_written(string says, params string[] options)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await File.WriteAllTextAsync(home.PathOf("empty"), "", cancellation);
        await File.WriteAllTextAsync(home.PathOf("short"), "[3]\n", cancellation);
        await File.WriteAllTextAsync(home.PathOf("long"), $"[{string.Join(',', Enumerable.Repeat(3, 70))}]\n", cancellation);
        string[] queries = options.Contains("--queries") ? [] : ["--queries", Path.Combine(Folder, "queries.jsonl")];
        options = [.. options.Select(o => o is "empty" or "short" or "long" ? home.PathOf(o) : o)];
        var output = home.PathOf("refused.safetensors");
        var result = await InProcess.RunAsync(["attribute", "--suite", Folder, .. queries, .. options, "--out", output]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        Assert.Contains("what to do", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(output));
    }
}
