// llm360 inspect: tables, JSON, comparisons, and what it says of files that are refused.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.EndToEnd;

public sealed class InspectTests
{
    [Fact]
    public async Task Json_has_the_golden_names_types_shapes_and_hashes()
    {
        using var llm360 = new Llm360Command();
        var result = await llm360.RunAsync("inspect", Fixture("nested.pt"), "--json");
        Assert.True(result.ExitCode == 0, result.Error);
        var json = await File.ReadAllTextAsync(Fixture("tensors.json"), TestContext.Current.CancellationToken);
        var golden = JsonNode.Parse(json)!["nested.pt"]!["tensors"]!.AsArray();
        var tensors = JsonNode.Parse(result.Output)!["tensors"]!.AsArray();
        Assert.Equal(golden.Select(Facts), tensors.Select(Facts));

        static string Facts(JsonNode? tensor) =>
            $"{tensor!["name"]} {tensor["dtype"]} {tensor["shape"]!.ToJsonString()} {tensor["sha256"]}";
    }

    [Fact]
    public async Task A_table_shows_shards_statistics_and_totals()
    {
        using var llm360 = new Llm360Command();
        var result = await llm360.RunAsync("inspect", Fixture("sharded-bin"), "--stats", "--quiet");
        Assert.Equal("", result.Error);
        var line =
            Assert.Single(result.Output.Split('\n'), l => l.Contains("model.layers.0.mlp.down_proj.weight", StringComparison.Ordinal));
        Assert.Matches(@"\[8, 9\] +F32 +288 +pytorch_model-0000\d-of-00003\.bin +\S+e\S+ +\S+e\S+ +\S+e\S+ +\S+e\S+ +0", line);
        Assert.Contains("21 tensors", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checkpoint_differs_from_itself_by_nothing_and_from_another_in_what_is_named()
    {
        using var llm360 = new Llm360Command();
        var same = await llm360.RunAsync("inspect", Fixture("sharded-bin"), "--diff", Fixture("sharded-safetensors"), "--json");
        Assert.All(
            JsonNode.Parse(same.Output)!["tensors"]!.AsArray(),
            t => Assert.Equal((0, 0L), ((double)t!["distance"]!, (long)t["different"]!)));
        var other = JsonNode.Parse(
            (await llm360.RunAsync("inspect", Fixture("sharded-bin"), "--diff", Fixture("mixed.safetensors"), "--json")).Output)!;
        Assert.Contains("scalar.f32", other["onlyInOther"]!.AsArray().Select(n => (string)n!));
        Assert.All(other["tensors"]!.AsArray(), t => Assert.Null(t!["distance"]));
    }

    [Theory]
    [InlineData("p-eval.bin", "unsafe-class", "builtins.eval")]
    [InlineData("z-half.bin", "corrupt", "end record")]
    [InlineData("s-f8.safetensors", "unsupported", "F8_E4M3")]
    [InlineData("i-parent", "corrupt", "i-control")]
    public async Task A_refused_file_is_one_error_in_both_forms(string file, string category, string says)
    {
        using var llm360 = new Llm360Command();
        var json = await llm360.RunAsync("inspect", Fixture("bad", file), "--json");
        Assert.Equal(1, json.ExitCode);
        var error = JsonNode.Parse(json.Output)!["error"]!;
        Assert.Equal(category, (string)error["category"]!);
        Assert.Contains(says, (string)error["message"]!, StringComparison.Ordinal);
        Assert.StartsWith(Fixture("bad", file), (string)error["file"]!, StringComparison.Ordinal);
        var text = await llm360.RunAsync("inspect", Fixture("bad", file));
        Assert.Equal(1, text.ExitCode);
        Assert.Equal(
            ["error:", "  where:", "  what to do:"],
            text.Error.TrimEnd().Split('\n').Select(l => l[..(l.IndexOf(':', StringComparison.Ordinal) + 1)]));
    }

    [Fact]
    public async Task What_is_not_there_is_said_with_what_could_be_named()
    {
        using var llm360 = new Llm360Command();
        var result = await llm360.RunAsync("inspect", "nothing/ckpt_000");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("nano", result.Error, StringComparison.Ordinal);
    }

    private static string Fixture(params string[] parts) => Path.Combine([Workspace.Repository!, "tests", "fixtures", "weights", .. parts]);
}
