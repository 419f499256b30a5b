// llm360 attribute and llm360 grid attribution, as a user runs them.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.EndToEnd;

public sealed class AttributeCommandTests : IDisposable
{
    private readonly Llm360Command llm360 = new();

    public void Dispose() => llm360.Dispose();

    [Fact]
    public async Task A_person_asks_with_a_text()
    {
        await llm360.AddPicoAsync();
        string[] ask = ["attribute", "-s", "pico", "--query", "Returns an observable sequence", "--top", "3", "--set", "size=4",
            "--device", "cpu"];
        var json = await llm360.RunAsync([.. ask, "--method", "logra", "--json", "-q"]);
        Assert.True(json.ExitCode == 0, json.Error);
        var node = JsonNode.Parse(json.Output)!;
        Assert.Equal(("logra.preconditioned", "Returns an observable sequence"), ((string)node["method"]!, (string)node["query"]!));
        Assert.Equal([1, 2, 3], node["rows"]!.AsArray().Select(r => (int)r!["rank"]!));
        var table = await llm360.RunAsync([.. ask, "--method", "bm25", "--checkpoints", "2,4"]);
        Assert.True(table.ExitCode == 0, table.Error);
        Assert.Contains("[[", table.Output, StringComparison.Ordinal);
        Assert.Contains("at ckpt_002, AUC of seen above unseen rows", table.Output, StringComparison.Ordinal);
        var csv = await llm360.RunAsync([.. ask, "--method", "gradcos", "--csv", "-q", "--chunks", "0-1"]);
        Assert.Equal(4, csv.Output.Trim().Split('\n').Length);
        Assert.Equal(0, (await llm360.RunAsync(
            "grid", "attribution", "-s", "pico", "--method", "ekfac", "--checkpoints", "4", "-q")).ExitCode);
        var nothing = await llm360.RunAsync("grid", "attribution", "-s", "pico", "--method", "tracin");
        Assert.Contains("keeps nothing", nothing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_killed_at_random_moments_goes_on_to_the_same_bytes()
    {
        string[] command = ["grid", "attribution", "--suite", "pico", "--method", "logra", "--device", "cpu", "--threads", "1", "-q"];
        using var undisturbed = new Llm360Command();
        foreach (var of in new[] { llm360, undisturbed })
            await of.AddPicoAsync();
        Assert.Equal(0, (await undisturbed.RunAsync(command)).ExitCode);
        var random = new Random(20240813);
        var cut = 0;
        for (var kill = 0; kill < 6; kill++)
        {
            var cells = Cells(llm360).Count + random.Next(1, 3);
            var result = await llm360.RunAsync(
                async stop =>
                {
                    while (Cells(llm360).Count < cells)
                        await Task.Delay(1, stop);
                    await Task.Delay(random.Next(0, 10), stop);
                },
                command);
            cut += result.ExitCode == 0 ? 0 : 1;
        }

        Assert.True(cut >= 3, $"only {cut} of 6 kills came before the work was done");
        Assert.Equal(0, (await llm360.RunAsync(command)).ExitCode);
        Assert.Empty(llm360.Leftovers());
        var expected = Cells(undisturbed);
        Assert.Equal(5 * 4, expected.Count);
        foreach (var (cell, path) in Cells(llm360))
            Assert.True(File.ReadAllBytes(expected[cell]).AsSpan().SequenceEqual(File.ReadAllBytes(path)), cell);

        static Dictionary<string, string> Cells(Llm360Command of) => !Directory.Exists(of.PathOf("results")) ? []
            : Directory.EnumerateFiles(of.PathOf("results"), "*.safetensors", SearchOption.AllDirectories)
                .ToDictionary(path => Path.GetRelativePath(of.PathOf("results"), path));
    }
}
