// Terms shared by all commands: rows, checkpoints, precision, file format by extension.
using System.Text.Json.Nodes;
using TorchSharp;

namespace Llm360.Notebooks.EndToEnd;

[Collection(typeof(InProcessTests))]
public sealed class VocabularyTests(InProcess home)
{
    private string Rows => home.PathOf("suites", "pico", "train", "train_000.jsonl");

    [Theory]
    [InlineData("pico/last")]
    [InlineData("pico/-1")]
    [InlineData("pico/4")]
    [InlineData("pico/004")]
    [InlineData("pico/ckpt_004")]
    [InlineData("pico/ckpt_4")]
    public async Task A_checkpoint_has_many_names(string name)
    {
        var result = await InProcess.RunAsync("compare", name, "pico/4", "--json");
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("/ckpt_004/", (string)JsonNode.Parse(result.Output)!["path"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("last", 1)]
    [InlineData("-1", 1)]
    [InlineData("004", 1)]
    [InlineData("ckpt_004", 1)]
    [InlineData("every:2", 3)]
    [InlineData("0,-2", 2)]
    [InlineData("1-last", 4)]
    [InlineData("1--2", 3)]
    [InlineData("ckpt_001-ckpt_003,4", 4)]
    [InlineData("all", 5)]
    public void Checkpoints_are_chosen_by_names_numbers_and_ranges(string text, int count) =>
        Assert.Equal(count, Cli.Commands.Selection.Of(text, Suites.Open("pico").Checkpoints, c => c.RequireIndex(), "checkpoint").Count);

    [Theory]
    [InlineData("-1")]
    [InlineData("last")]
    public async Task A_place_from_the_end_is_a_value_and_no_option(string checkpoint)
    {
        var grid = await InProcess.RunAsync("grid", "memorization", "-s", "pico", "--checkpoints", checkpoint, "--chunks",
            "train_000,-1", "-k", "8", "-l", "8", "-n", "4", "-q");
        Assert.True(grid.ExitCode == 0, grid.Error);
        Assert.Equal(0, (await InProcess.RunAsync("check", "pico", checkpoint)).ExitCode);
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("fp32")]
    [InlineData("float32")]
    [InlineData("BF16")]
    [InlineData("bfloat16")]
    [InlineData("half")]
    [InlineData("float16")]
    public async Task Precision_has_the_names_of_the_paper_and_of_PyTorch(string name)
    {
        var result = await InProcess.RunAsync("score", "-m", "pico/last", "--rows", Rows, "-n", "2", "-k", "8", "-l", "8",
            "--precision", name, "-o", home.PathOf("precision.json"), "-q");
        Assert.True(result.ExitCode == 0, result.Error);
    }

    [Fact]
    public async Task Spellings_of_earlier_versions_are_understood()
    {
        var result = await InProcess.RunAsync("logits", "-m", "pico/last", "--tokens", Rows, "-n", "1", "--dtype", "fp32", "--output",
            home.PathOf("former.safetensors"), "-q");
        Assert.True(result.ExitCode == 0, result.Error);
    }

    [Fact]
    public async Task All_commands_that_read_rows_take_those_of_a_suite()
    {
        foreach (var arguments in new[]
        {
            new[] { "logits", "-o", home.PathOf("rows.safetensors") },
            ["gradients", "-o", home.PathOf("gradients.safetensors")],
            ["score", "-k", "8", "-l", "8", "-o", home.PathOf("rows.json")],
            ["perplexity", "--json"],
            ["generate", "-k", "8", "--max-new-tokens", "4", "--json"],
        })
        {
            var result = await InProcess.RunAsync([.. arguments, "-m", "pico/last", "--rows", Rows, "-n", "3", "-q"]);
            Assert.True(result.ExitCode == 0, $"{arguments[0]}: {result.Error}");
        }

        using var logits = StateDict.Open(home.PathOf("rows.safetensors"));
        Assert.Equal(3, logits.Entries.Count);
        Assert.Equal([64, 2048], logits.Entries["logits.0"].Shape);
    }

    [Fact]
    public async Task The_loss_of_rows_is_the_held_out_loss_of_the_analysis()
    {
        var result = await InProcess.RunAsync("perplexity", "-m", "pico/last", "--rows",
            home.PathOf("suites", "pico", "validation.jsonl"), "--json");
        Assert.True(result.ExitCode == 0, result.Error);
        var suite = Suites.Open("pico");
        var expected = (await suite.HeldOutLossAsync([suite.Checkpoint("last")])).Rows.Average(r => r.Loss);
        Assert.Equal(expected, (double)JsonNode.Parse(result.Output)!["loss"]!, 1e-9);
    }

    [Fact]
    public async Task The_extension_of_a_file_says_its_form()
    {
        foreach (var file in new[] { "scores.json", "scores.csv", "scores.parquet" })
            Assert.Equal(0, (await InProcess.RunAsync("score", "-m", "pico/last", "--rows", Rows, "-n", "5", "-k", "8", "-l", "8",
                "-o", home.PathOf(file), "-q")).ExitCode);
        var lines = File.ReadAllLines(home.PathOf("scores.csv"));
        Assert.Equal("row,source,match,score,extractible,first_mismatch,matches", lines[0]);
        Assert.Equal(6, lines.Length);
        var matches = JsonNode.Parse(File.ReadAllText(home.PathOf("scores.json")))!["match"]!.AsArray().Select(m => (int)m!);
        Assert.Equal(matches, lines.Skip(1).Select(l => int.Parse(l.Split(',')[2], System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal("PAR1"u8, File.ReadAllBytes(home.PathOf("scores.parquet")).AsSpan(0, 4));

        foreach (var file in new[] { "logits.npy", "logits.safetensors" })
            Assert.Equal(0, (await InProcess.RunAsync("logits", "-m", "pico/last", "--rows", Rows, "-n", "2", "-o", home.PathOf(file),
                "-q")).ExitCode);
        var npy = File.ReadAllBytes(home.PathOf("logits.npy"));
        var header = System.Text.Encoding.ASCII.GetString(npy, 10, npy[8] | (npy[9] << 8));
        Assert.StartsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 64, 2048, ), }", header, StringComparison.Ordinal);
        Assert.Equal(0, (10 + header.Length) % 64);
        using var scope = torch.NewDisposeScope();
        using var tensors = StateDict.Open(home.PathOf("logits.safetensors"));
        Assert.Equal(npy.AsSpan(10 + header.Length).ToArray(), torch.stack([tensors.View("logits.0"), tensors.View("logits.1")])
            .bytes.ToArray());
    }
}
