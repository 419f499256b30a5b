// llm360 logits, generate, perplexity and tokenize, as a user runs them.
using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;

namespace Llm360.Notebooks.EndToEnd;

public sealed class ModelCommandTests : IDisposable
{
    private readonly Llm360Command llm360 = new();

    public ModelCommandTests() => LibTorch.Load(); // before any other use of TorchSharp

    public void Dispose() => llm360.Dispose();

    [Theory]
    [InlineData("llama-gqa")]
    [InlineData("neox")]
    [InlineData("crystal")]
    [InlineData("llama-bin")]
    public async Task Logits_of_ragged_rows_are_the_golden_ones(string name)
    {
        var rows = Json(name, "rows.json")["ragged"]!.AsArray();
        // Every form of a row.
        await File.WriteAllLinesAsync(llm360.PathOf("rows.jsonl"), rows.Select((r, i) => i switch
        {
            1 => new JsonObject { ["token_ids"] = r!.DeepClone() }.ToJsonString(),
            2 => new JsonObject
            {
                ["prompt"] = new JsonArray([.. r!.AsArray().Take(4).Select(t => t!.DeepClone())]),
                ["continuation"] = new JsonArray([.. r.AsArray().Skip(4).Select(t => t!.DeepClone())]),
            }.ToJsonString(),
            _ => r!.ToJsonString(),
        }), TestContext.Current.CancellationToken);
        var output = llm360.PathOf("logits.safetensors");
        var result = await llm360.RunAsync("logits", "--model", Fixture(name), "--rows", llm360.PathOf("rows.jsonl"), "--out", output,
            "--precision", "fp32", "-q");
        Assert.True(result.ExitCode == 0, result.Error);
        using var logits = StateDict.Open(output);
        using var expected = StateDict.Open(Path.Combine(Fixture(name), "expected.safetensors"));
        using var scope = torch.NewDisposeScope();
        Assert.Equal(rows.Count, logits.Entries.Count);
        for (var i = 0; i < rows.Count; i++)
            Assert.InRange((logits.View($"logits.{i}") - expected.View($"ragged.{i}.logits")).abs().max().item<float>(), 0, 2e-4);
    }

    [Fact]
    public async Task A_bad_token_is_told_with_its_file_and_row()
    {
        await File.WriteAllTextAsync(llm360.PathOf("rows.jsonl"), "\uFEFF[1, 2]\n[3, 4000]\n", TestContext.Current.CancellationToken);
        var result = await llm360.RunAsync("logits", "--model", Fixture("llama-mha"), "--rows", llm360.PathOf("rows.jsonl"), "--out",
            llm360.PathOf("x.safetensors"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("rows.jsonl, row 1, token 1", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(llm360.PathOf("x.safetensors")));
    }

    [Fact]
    public async Task Generated_ids_are_the_golden_ones_with_and_without_the_end_token()
    {
        var greedy = Json("llama-mha", "greedy.json");
        var length = (int)greedy["prompt_length"]!;
        await File.WriteAllLinesAsync(llm360.PathOf("rows.jsonl"),
            Json("llama-mha", "rows.json")["rows"].Deserialize<int[][]>()!.Select(r => JsonSerializer.Serialize(r[..length])),
            TestContext.Current.CancellationToken);
        string[] arguments = ["generate", "--model", Fixture("llama-mha"), "--rows", llm360.PathOf("rows.jsonl"), "--max-new-tokens",
            $"{greedy["new_tokens"]}", "--json"];
        var all = await llm360.RunAsync([.. arguments, "--ignore-eos"]);
        Assert.True(all.ExitCode == 0, all.Error);
        var expected = greedy["new"].Deserialize<int[][]>()!;
        Assert.Equal(expected, JsonNode.Parse(all.Output)!["new"].Deserialize<int[][]>());
        var stopped = await llm360.RunAsync(arguments);
        const int end = 2; // eos_token_id of its config.json
        Assert.Equal(
            expected.Select(r => r.Contains(end) ? r[..(Array.IndexOf(r, end) + 1)] : r),
            JsonNode.Parse(stopped.Output)!["new"].Deserialize<int[][]>()!);
    }

    [Fact]
    public async Task A_trained_suite_generates_measures_and_tokenizes_text()
    {
        await llm360.AddPicoAsync();
        var text = await llm360.RunAsync("generate", "--model", "pico/0", "--prompt", "Returns the", "--max-new-tokens", "8");
        Assert.True(text.ExitCode == 0, text.Error);
        Assert.StartsWith("Returns the", text.Output, StringComparison.Ordinal);
        string[] drawn =
        [
            "generate", "--model", "pico/0", "--prompt", "Returns the", "--max-new-tokens", "8",
            "--temperature", "1", "--top-p", "0.9", "--json", "--seed",
        ];
        var one = (await llm360.RunAsync([.. drawn, "1"])).Output;
        var again = (await llm360.RunAsync([.. drawn, "1"])).Output;
        var other = (await llm360.RunAsync([.. drawn, "2"])).Output;
        Assert.Equal(one, again);
        Assert.NotEqual(one, other);

        var tokens = JsonNode.Parse((await llm360.RunAsync("tokenize", "--model", "pico/0", "Returns the", "--json")).Output)!;
        var ids = string.Join(',', tokens["ids"]!.AsArray());
        Assert.Equal("Returns the", (await llm360.RunAsync("tokenize", "--model", "pico/0", ids, "--decode")).Output.TrimEnd('\n'));

        await File.WriteAllTextAsync(llm360.PathOf("text.txt"),
            string.Join(' ', Enumerable.Repeat("Returns the value of the element.", 40)), TestContext.Current.CancellationToken);
        var perplexity = await llm360.RunAsync("perplexity", "--model", "pico/0", "--text", llm360.PathOf("text.txt"), "--json");
        Assert.True(perplexity.ExitCode == 0, perplexity.Error);
        // The perplexity of an untrained model is close to the size of the vocabulary.
        Assert.InRange((double)JsonNode.Parse(perplexity.Output)!["perplexity"]!, 1500, 3000);
    }

    [Theory]
    [InlineData("[1, 2, 999]", "Token 999")]
    [InlineData("[]", "empty")]
    [InlineData("{\"token_ids\": \"1\"}", "line 1")]
    [InlineData("", "no rows")]
    public async Task Bad_rows_are_one_error_and_no_file(string row, string says)
    {
        await File.WriteAllTextAsync(llm360.PathOf("rows.jsonl"), row + "\n", TestContext.Current.CancellationToken);
        var result = await llm360.RunAsync("logits", "--model", Fixture("llama-mha"), "--rows", llm360.PathOf("rows.jsonl"), "--out",
            llm360.PathOf("x.safetensors"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        Assert.Contains("what to do", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(llm360.PathOf("x.safetensors")));
        Assert.Empty(llm360.Leftovers());
    }

    private static string Fixture(string name) => Path.Combine(Workspace.Repository!, "tests", "fixtures", "models", name);

    private static JsonNode Json(string name, string file) => JsonNode.Parse(File.ReadAllText(Path.Combine(Fixture(name), file)))!;
}
