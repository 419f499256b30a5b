// llm360 score: the result file of the paper's analysis repository.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.EndToEnd;

public sealed class ScoreTests : IDisposable
{
    private static readonly string[] Fields = ["full_match", "token_match", "count", "match", "all_match"];

    private readonly Llm360Command llm360 = new();

    public void Dispose() => llm360.Dispose();

    [Theory]
    [InlineData("000")]
    [InlineData("001")]
    public async Task The_fields_are_the_golden_ones(string checkpoint)
    {
        var output = llm360.PathOf("result.json");
        var result = await llm360.RunAsync("score", "--model", Fixture($"ckpt_{checkpoint}"), "--rows", Fixture("rows.jsonl"), "-k", "32",
            "-l", "32", "--out", output);
        Assert.True(result.ExitCode == 0, result.Error);
        var written = JsonNode.Parse(File.ReadAllText(output))!.AsObject();
        var expected = JsonNode.Parse(File.ReadAllText(Fixture($"expected_{checkpoint}.json")))!;
        Assert.Equal(Fields, written.Select(f => f.Key));
        foreach (var field in new[] { "count", "match", "all_match" })
            Assert.Equal(expected[field]!.ToJsonString(), written[field]!.ToJsonString());
        foreach (var field in new[] { "full_match", "token_match" })
            Assert.Equal((double)expected[field]!, (double)written[field]!, 1e-12);
    }

    [Fact]
    public async Task Extractibility_alone_has_the_golden_first_mismatches()
    {
        var output = llm360.PathOf("result.json");
        var result = await llm360.RunAsync("score", "--model", Fixture("ckpt_001"), "--rows", Fixture("rows.jsonl"), "-k", "32", "-l", "32",
            "--extractible-only", "--out", output);
        Assert.True(result.ExitCode == 0, result.Error);
        var written = JsonNode.Parse(File.ReadAllText(output))!.AsObject();
        var expected = JsonNode.Parse(File.ReadAllText(Fixture("expected_001.json")))!;
        Assert.Equal(["full_match", "count", "first_mismatch"], written.Select(f => f.Key));
        Assert.Equal(expected["first_mismatch"]!.ToJsonString(), written["first_mismatch"]!.ToJsonString());
        Assert.Equal((double)expected["full_match"]!, (double)written["full_match"]!, 1e-12);
    }

    [Theory]
    [InlineData("a", "a")]
    [InlineData("0", "from 1 on")]
    [InlineData("2147483647", "k + l = 2147483679")]
    public async Task A_length_that_makes_no_sense_is_one_error(string k, string says)
    {
        var result = await llm360.RunAsync("score", "--model", Fixture("ckpt_000"), "--rows", Fixture("rows.jsonl"), "-k", k, "--out",
            llm360.PathOf("x.json"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"prompt\": [1, 2, 3], \"continuation\": [4, 5]}", "k + l = 64 are needed")]
    [InlineData("{\"prompt\": [1, 2, 3]}", "line 1")]
    [InlineData("", "no rows")]
    public async Task Bad_rows_are_one_error_and_no_file(string row, string says)
    {
        await File.WriteAllTextAsync(llm360.PathOf("rows.jsonl"), row + "\n", TestContext.Current.CancellationToken);
        var result = await llm360.RunAsync("score", "--model", Fixture("ckpt_000"), "--rows", llm360.PathOf("rows.jsonl"), "--out",
            llm360.PathOf("x.json"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        Assert.Contains("what to do", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(llm360.PathOf("x.json")));
        Assert.Empty(llm360.Leftovers());
    }

    [Theory]
    [InlineData("score", "--rows", "[1,2,3,4,256]", "row 1, token 4", "-k", "2", "-l", "2", "-o", "x.json")]
    [InlineData("generate", "--rows", "{\"prompt\":[1,2],\"continuation\":[3,256]}", "row 1, token 3", "--json")]
    [InlineData("logits", "--rows", "[1,256]", "row 1, token 1", "-o", "x.safetensors")]
    [InlineData("score", "--rows", "[1,2,3,4,-1]", "line 2", "-k", "2", "-l", "2", "-o", "x.json")]
    public async Task A_token_beyond_the_vocabulary_is_refused_also_where_it_is_not_used(string command, string option, string row,
        string says, params string[] more)
    {
        await File.WriteAllTextAsync(llm360.PathOf("rows.jsonl"), $"[1,2,3,4,255]\n{row}\n", TestContext.Current.CancellationToken);
        string[] others = [.. more.Select(m => m.StartsWith("x.", StringComparison.Ordinal) ? llm360.PathOf(m) : m)];
        var result = await llm360.RunAsync([command, "--model", Fixture("ckpt_000"), option, llm360.PathOf("rows.jsonl"), .. others]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"rows.jsonl, {says}",
            string.Concat(result.Error.Split('\n').Select(l => $" {l.Trim()}")).Replace("  ", " ", StringComparison.Ordinal),
            StringComparison.Ordinal);
        Assert.False(File.Exists(llm360.PathOf("x.json")));
    }

    private static string Fixture(string name) => Path.Combine(Workspace.Repository!, "tests", "fixtures", "memorization", name);
}
