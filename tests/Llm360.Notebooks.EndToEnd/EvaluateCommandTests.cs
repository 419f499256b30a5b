// llm360 evaluate and llm360 tasks, as a user runs them.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.EndToEnd;

public sealed class EvaluateCommandTests : IDisposable
{
    private readonly Llm360Command llm360 = new();

    public void Dispose() => llm360.Dispose();

    [Theory]
    [InlineData("arc.5shot_random", "tasks/arc/task.json", "--num-fewshot", "5", "--fewshot-sampler", "random")]
    [InlineData("mmlu_law.5shot_no_bos", "tasks/mmlu_law", "--num-fewshot", "5", "--no-bos", "--batch-size", "3")]
    [InlineData("truthfulqa_mc2.0shot", "tasks/truthfulqa_mc2/task.json")]
    public async Task A_task_is_written_with_the_fields_and_values_of_lm_eval(string golden, string task, params string[] options)
    {
        var (written, expected) = await EvaluateAsync(golden, ["--task", Fixture(task), .. options]);
        Assert.Equal(expected.Select(p => p.Key), written.Select(p => p.Key));
        AssertAlike(expected, written, "$");
    }

    [Fact]
    public async Task Documents_are_written_in_the_same_form()
    {
        var (written, expected) = await EvaluateAsync("documents.0shot", ["--text", Fixture("tasks/documents/test.jsonl")]);
        AssertAlike(expected, written, "$");
    }

    [Fact]
    public async Task A_group_is_written_with_its_tasks()
    {
        var (written, expected) = await EvaluateAsync("mmlu_unweighted.5shot", ["--task", Fixture("tasks/mmlu_unweighted"), "-f", "5"]);
        Assert.Equal(4, written["tasks"]!.AsArray().Count);
        written.Remove("tasks");
        AssertAlike(expected, written, "$");
    }

    [Fact]
    public async Task Along_a_suite_cells_are_kept_and_shards_share_the_store()
    {
        await llm360.AddPicoAsync();
        string[] command = ["evaluate", "-s", "pico", "--checkpoints", "every:2", "--tasks", "cloze,article", "--device", "cpu"];
        var shard = await llm360.RunAsync([.. command, "--shard", "1/2"]);
        Assert.True(shard.ExitCode == 0, shard.Error);
        Assert.Contains("3 computed, 0 from the store", shard.Output, StringComparison.Ordinal);
        Assert.Contains("3 computed, 3 from the store", (await llm360.RunAsync(command)).Output, StringComparison.Ordinal);
        Assert.Contains("0 computed, 6 from the store", (await llm360.RunAsync(command)).Output, StringComparison.Ordinal);
        var one = await llm360.RunAsync("evaluate", "-m", "pico/4", "-t", "cloze", "-q");
        Assert.Contains("cloze acc", one.Output, StringComparison.Ordinal);
        var item = await llm360.RunAsync("tasks", "show", "cloze", "-s", "pico", "--item", "1", "-q");
        Assert.Contains("right", item.Output, StringComparison.Ordinal);
        Assert.Contains("tokens: [1, ", item.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("there is no item 9999", "tasks", "show", "{arc}", "--item", "9999")]
    [InlineData("either a model or a suite", "evaluate", "-t", "cloze")]
    [InlineData("There is no task \"none\"", "evaluate", "-m", "{model}", "-t", "none")]
    [InlineData("held-out text", "evaluate", "-m", "{model}", "-t", "cloze")]
    [InlineData("no such file of items", "evaluate", "-m", "{model}", "--text", "{arc}.none")]
    public async Task Bad_input_is_one_error(string says, params string[] arguments)
    {
        var result = await llm360.RunAsync([.. arguments.Select(a => a
            .Replace("{arc}", Fixture("tasks/arc/task.json"), StringComparison.Ordinal)
            .Replace("{model}", Fixture("model"), StringComparison.Ordinal))]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    private async Task<(JsonObject Written, JsonObject Expected)> EvaluateAsync(string golden, string[] options)
    {
        var output = llm360.PathOf("result.json");
        var result = await llm360.RunAsync(["evaluate", "--model", Fixture("model"), .. options, "--out", output, "--device", "cpu", "-q"]);
        Assert.True(result.ExitCode == 0, result.Error);
        return (Read(output), Read(Fixture($"expected/{golden}.json")));
    }

    private static JsonObject Read(string path) => JsonNode.Parse(File.ReadAllText(path))!.AsObject();

    // Log-likelihoods and values derived from them agree within float32. All other values are
    // equal.
    private static void AssertAlike(JsonNode? expected, JsonNode? actual, string path)
    {
        switch (expected)
        {
            case JsonObject fields:
                Assert.Equal(fields.Select(f => f.Key).Order(), actual!.AsObject().Select(f => f.Key).Order());
                foreach (var (key, value) in fields)
                    AssertAlike(value, actual[key], $"{path}.{key}");
                break;
            case JsonArray list:
                Assert.Equal(list.Count, actual!.AsArray().Count);
                for (var i = 0; i < list.Count; i++)
                    AssertAlike(list[i], actual[i], $"{path}[{i}]");
                break;
            case JsonValue value when value.TryGetValue<double>(out var number):
                if (number == Math.Round(number))
                    Assert.Equal(number, (double)actual!);
                Assert.True(
                    Math.Abs(number - (double)actual!) <= Math.Max(2e-3, 1e-5 * Math.Abs(number)),
                    $"{path}: {number} and {actual}");
                break;
            default:
                Assert.Equal(expected?.ToJsonString(), actual?.ToJsonString());
                break;
        }
    }

    private static string Fixture(string path) =>
        Path.Combine([Workspace.Repository!, "tests", "fixtures", "evaluation", .. path.Split('/')]);
}
