// Usage errors: fault, nearest correct spelling and one line of usage, before any work.
namespace Llm360.Notebooks.EndToEnd;

[Collection(typeof(InProcessTests))]
public sealed class UsageTests(InProcess home)
{
    [Theory]
    [InlineData("llm360 has no command \"suites\"", "llm360 list", "suites")]
    [InlineData("llm360 has no command \"checkpoints\"", "llm360 list SUITE", "checkpoints", "nano")]
    [InlineData("llm360 has no command \"site\"", "llm360 reproduce", "site")]
    [InlineData("llm360 has no command \"trian\"", "llm360 train", "trian", "pico")]
    [InlineData("llm360 has no command \"zzz\"", null, "zzz")]
    [InlineData("llm360 results has no command \"lst\"", "llm360 results list", "results", "lst")]
    [InlineData("llm360 results needs one of its commands", null, "results")]
    [InlineData("llm360 generate has no option --temp", "--temperature", "generate", "-m", "pico/last", "--prompt", "a", "--temp", "0.5")]
    [InlineData("llm360 score has no option --row", "--rows", "score", "-m", "pico/last", "--row", "x", "-o", "x.json")]
    [InlineData("llm360 tokenize has no option --decod", "--decode", "tokenize", "-m", "pico/last", "--decod", "1")]
    [InlineData("--max-new-tokens takes a whole number, and \"abc\" is not one", null, "generate", "-m", "pico/last", "--prompt", "a",
        "--max-new-tokens", "abc")]
    [InlineData("--max-new-tokens takes a number from 1 on", null, "generate", "-m", "pico/last", "--prompt", "a", "--max-new-tokens", "0")]
    [InlineData("--temperature takes a number from 0 on, and -1 is not one", null, "generate", "-m", "pico/last", "--prompt", "a",
        "--temperature", "-1")]
    [InlineData("--temperature takes a number, and \"hot\" is not one", null, "generate", "-m", "pico/last", "--prompt", "a",
        "--temperature", "hot")]
    [InlineData("--top-p takes a probability", null, "generate", "-m", "pico/last", "--prompt", "a", "--top-p", "2")]
    [InlineData("--top-k takes a number from 1 on", null, "generate", "-m", "pico/last", "--prompt", "a", "--top-k", "0")]
    [InlineData("Give either --prompt or --rows", null, "generate", "-m", "pico/last")]
    [InlineData("--model MODEL is missing", null, "generate", "--prompt", "a")]
    [InlineData("--model needs a value", null, "generate", "--prompt", "a", "--model")]
    [InlineData("NOTEBOOK is missing", null, "run")]
    [InlineData("\"c\" is one argument too many", null, "compare", "a", "b", "c")]
    [InlineData("is not a type of weights. Use auto, fp32, bf16, fp16", null, "score", "-m", "pico/last", "--rows", "x", "-o",
        "x.json", "--precision", "int8")]
    [InlineData("--window takes a number from 2 on", null, "perplexity", "-m", "pico/last", "--text", "x.txt", "--window", "1")]
    [InlineData("--text takes plain text, and validation.jsonl holds token rows. Write --rows validation.jsonl", null, "perplexity",
        "-m", "pico/last", "--text", "validation.jsonl")]
    [InlineData("The suite is named twice", null, "reproduce", "pico", "-s", "nano")]
    [InlineData("-n takes a number from 1 on", null, "logits", "-m", "pico/last", "--rows", "x", "-o", "x.npy", "-n", "0")]
    [InlineData("--cell-timeout takes seconds above 0", null, "run", "x.ipynb", "--cell-timeout", "-3")]
    public async Task A_mistake_is_told_in_three_lines(string what, string? meant, params string[] arguments)
    {
        var result = await InProcess.RunAsync(arguments);
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("", result.Output);
        var lines = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(meant is null ? 2 : 3, lines.Length);
        Assert.Contains(what, lines[0], StringComparison.Ordinal);
        Assert.StartsWith("error: ", lines[0], StringComparison.Ordinal);
        if (meant is not null)
            Assert.Equal($"  did you mean: {meant}", lines[1]);
        Assert.StartsWith("  usage: llm360 ", lines[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData()]
    [InlineData("help")]
    [InlineData("help", "generate")]
    [InlineData("grid", "--help")]
    [InlineData("generate", "--temp", "--help")]
    public async Task Help_is_shown_where_it_is_asked_for(params string[] arguments)
    {
        var result = await InProcess.RunAsync(arguments);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("Usage:", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("64 positions", "Ask for at most 6", "generate", "-m", "pico/last", "--prompt", "Returns the", "--max-new-tokens",
        "100000")]
    [InlineData("longer than the model's 64 positions", "-k 32", "generate", "-m", "pico/last", "--rows", "ROWS", "-n", "2", "--json")]
    [InlineData("This result cannot be written as .csv", ".safetensors or .npy", "logits", "-m", "pico/last", "--rows", "ROWS", "-o",
        "x.csv")]
    [InlineData("This result cannot be written as .npy", ".json, .csv or .parquet", "score", "-m", "pico/last", "--rows", "ROWS", "-o",
        "x.npy")]
    [InlineData("This result cannot be written as .json", ".safetensors", "gradients", "-m", "pico/last", "--rows", "ROWS", "-o", "x.json")]
    [InlineData("no extension", ".json", "evaluate", "-m", "pico/last", "--tasks", "cloze", "-o", "x")]
    [InlineData("The output is a folder", "Name a file in it", "score", "-m", "pico/last", "--rows", "ROWS", "-o", "HOME")]
    [InlineData("has no checkpoint \"9\"", "Choose from ckpt_000 to ckpt_004", "tokenize", "-m", "pico/9", "a")]
    [InlineData("Unknown suite \"picco\"", "Did you mean \"pico\"", "reproduce", "-s", "picco")]
    [InlineData("chooses no checkpoints", "last", "grid", "memorization", "-s", "pico", "--checkpoints", "latest")]
    [InlineData("cannot restart from ckpt_003", "0 is the beginning", "train", "pico", "--restart", "-2", "-q")]
    [InlineData("\"ckpt_9\" is no checkpoint", "from 0 to 4", "train", "pico", "--restart", "ckpt_9")]
    [InlineData("The store holds no analysis named \"pico/none\"", "llm360", "export", "pico/none", "-o", "x.csv")]
    public async Task A_value_that_cannot_be_is_told_before_anything_is_printed(string what, string remedy, params string[] arguments)
    {
        var result = await InProcess.RunAsync([.. arguments.Select(a => a switch
        {
            "ROWS" => home.PathOf("suites", "pico", "train", "train_000.jsonl"),
            "HOME" => home.Home,
            _ => a.StartsWith('x') ? home.PathOf(a) : a,
        })]);
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        var lines = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.Contains(what, lines[0], StringComparison.Ordinal);
        Assert.Contains(remedy, lines[2], StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(home.Home, "x*"));
    }

    [Fact]
    public async Task Shells_are_given_completions()
    {
        var result = await InProcess.RunAsync("[suggest:2]", "gr");
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("gradients", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Suites_that_cannot_be_reproduced_are_not_offered()
    {
        var result = await InProcess.RunAsync("reproduce", "-s", "mine2");
        Assert.Contains("nano", result.Error, StringComparison.Ordinal);
        Assert.Contains("pico", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("amber", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_of_draws_are_said_to_have_no_effect_without_a_temperature()
    {
        string[] generate = ["generate", "-m", "pico/last", "--prompt", "Returns the", "--max-new-tokens", "3", "--top-k", "5"];
        var greedy = await InProcess.RunAsync(generate);
        Assert.Equal(0, greedy.ExitCode);
        Assert.Contains("--top-k has no effect: the temperature is 0", greedy.Error, StringComparison.Ordinal);
        var drawn = await InProcess.RunAsync([.. generate, "--temperature", "1"]);
        Assert.Equal((0, ""), (drawn.ExitCode, drawn.Error));
    }

    [Fact]
    public async Task A_grid_that_cannot_be_leaves_nothing_in_the_store()
    {
        var result = await InProcess.RunAsync("grid", "memorization", "-s", "pico", "-k", "200", "-l", "200");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("A sequence has 65 tokens; k + l = 400 are needed.", result.Error, StringComparison.Ordinal);
        var store = home.PathOf("results", "pico");
        Assert.DoesNotContain(Directory.Exists(store) ? Directory.GetFiles(store, "settings.json", SearchOption.AllDirectories) : [],
            f => File.ReadAllText(f).Contains("200", StringComparison.Ordinal));
    }
}
