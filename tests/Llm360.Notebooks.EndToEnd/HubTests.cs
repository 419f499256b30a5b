// The command on Amber's names, with an imitation of the Hub: grids in shards, scores, kills, figures.
using System.Diagnostics;
using System.Text.Json.Nodes;
using Llm360.Notebooks.EndToEnd.Jupyter;
using Llm360.Notebooks.Tests.Hub;

namespace Llm360.Notebooks.EndToEnd;

public sealed class HubTests : IAsyncLifetime
{
    private static readonly string[] Grid = ["grid", "memorization", "--suite", "amber", "--checkpoints", "143,359", "--chunks", "143,355", "-n", "40", "--device", "cpu"];
    private readonly Llm360Command llm360 = new();
    private ImitationHub hub = null!;

    public async ValueTask InitializeAsync()
    {
        hub = (await ImitationHub.StartAsync(TestContext.Current.CancellationToken)).AddCheckpoints().AddChunk(143).AddChunk(355);
        llm360.Variables["HF_ENDPOINT"] = hub.Endpoint.ToString();
        llm360.Variables["HF_HOME"] = llm360.PathOf("home");
        llm360.Variables["HF_HUB_OFFLINE"] = llm360.Variables["HF_TOKEN"] = "";
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        llm360.Dispose();
    }

    [Fact]
    public async Task Shards_run_at_once_fill_the_grid_and_fetch_each_file_once()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 2).Select(i => llm360.RunAsync([.. Grid, "--shard", $"{i}/2"])));
        Assert.All(results, r => Assert.True(r.ExitCode == 0, r.Error));
        Assert.Equal(
            ["checkpoint=ckpt_143/chunk=143.parquet", "checkpoint=ckpt_143/chunk=355.parquet", "checkpoint=ckpt_359/chunk=143.parquet", "checkpoint=ckpt_359/chunk=355.parquet"],
            Cells().Select(c => string.Join('/', c.Split(Path.DirectorySeparatorChar)[^2..])).Order());
        Assert.Equal(hub.Requests.Where(r => r.IsStore).Select(r => r.Path).Distinct().Count(), hub.Requests.Count(r => r.IsStore));
        hub.Requests.Clear();
        var again = await llm360.RunAsync(Grid);
        Assert.Contains("0 computed, 4 from the store", again.Output + again.Error, StringComparison.Ordinal);
        Assert.Empty(hub.Requests);
    }

    [Fact]
    public async Task Killed_during_a_download_it_goes_on_with_what_has_arrived()
    {
        // The first answer with weights comes to a halt half-way.
        var halted = new TaskCompletionSource();
        hub.CutAfter = r => r.IsStore && r.From is 0 && !halted.Task.IsCompleted ? 300_000 : null;
        hub.Instead = async (request, context) =>
        {
            if (request is not { IsStore: true, From: > 0 } || halted.Task.IsCompleted)
                return false;
            halted.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        var killed = await llm360.RunAsync(stop => halted.Task.WaitAsync(stop), Grid);
        Assert.NotEqual(0, killed.ExitCode);
        var partial = Directory.EnumerateFiles(llm360.PathOf("home"), "*.partial", SearchOption.AllDirectories).Select(f => (Etag: Path.GetFileNameWithoutExtension(f), new FileInfo(f).Length)).ToList();
        Assert.NotEmpty(partial);
        (hub.Instead, hub.CutAfter) = (null, null);
        hub.Requests.Clear();
        var result = await llm360.RunAsync(Grid);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal(4, Cells().Count);
        foreach (var (etag, length) in partial)
            Assert.Equal(length, hub.Requests.First(r => r.Path.EndsWith(etag, StringComparison.Ordinal)).From);
        Assert.Empty(llm360.Leftovers());
    }

    [Theory]
    [InlineData("amber/143", "000")]
    [InlineData("LLM360/Amber@main", "001")]
    public async Task Scores_of_a_checkpoint_on_the_Hub_are_the_golden_ones(string model, string golden)
    {
        var output = llm360.PathOf("result.json");
        var result = await llm360.RunAsync("score", "-m", model, "--rows", ImitationAmber.Fixture("rows.jsonl"), "-o", output);
        Assert.True(result.ExitCode == 0, result.Error);
        var (written, expected) = (JsonNode.Parse(File.ReadAllText(output))!, JsonNode.Parse(File.ReadAllText(ImitationAmber.Fixture($"expected_{golden}.json")))!);
        Assert.Equal(expected["match"]!.ToJsonString(), written["match"]!.ToJsonString());
    }

    [Theory]
    [InlineData("03-memorization", "0 cells from the store, 720 computed", "every=216", "n=4", "precision=fp32")]
    [InlineData("04-memorization-in-depth", "0 cells from the store, 6 computed", "checkpoints=2", "everyChunk=120", "n=8")]
    public async Task The_notebooks_on_memorization_run_on_Amber_with_nothing_but_its_name_changed(string name, string says, params string[] parameters)
    {
        hub.AddAll();
        var result = await llm360.RunAsync(["run", Path.Combine(Suites.Workspace.Repository!, "notebooks", $"{name}.ipynb"), "-p", "suite=amber", "-p", "device=cpu", .. parameters.SelectMany(p => new[] { "-p", p }), "-o", llm360.PathOf("amber.ipynb")]);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains(says, File.ReadAllText(llm360.PathOf("amber.ipynb")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Python_and_this_kit_share_a_cache()
    {
        var peers = Python.Peers("transformers");
        var rows = new[] { "--rows", ImitationAmber.Fixture("rows.jsonl"), "-o", llm360.PathOf("result.json") };
        // A tokenizer alone is no broken cache.
        Assert.Equal(0, (await llm360.RunAsync("tokenize", "-m", "amber/143", "hello")).ExitCode);
        Assert.Equal("[]", await PythonAsync("import huggingface_hub; print(huggingface_hub.scan_cache_dir().warnings)", "1"));
        // What this kit fetched, Python finds and loads.
        Assert.Equal(0, (await llm360.RunAsync(["score", "-m", "LLM360/Amber@main", .. rows])).ExitCode);
        Assert.Equal("174528", await PythonAsync("from transformers import AutoModelForCausalLM as M; print(sum(p.numel() for p in M.from_pretrained('LLM360/Amber').parameters()))", "1"));
        // What Python fetched, this kit finds.
        await PythonAsync("import huggingface_hub; print(huggingface_hub.snapshot_download('LLM360/Amber', revision='ckpt_143'))", "0");
        hub.Requests.Clear();
        llm360.Variables["HF_HUB_OFFLINE"] = "1";
        var result = await llm360.RunAsync(["score", "-m", "amber/143", .. rows]);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Empty(hub.Requests);

        async Task<string> PythonAsync(string code, string offline)
        {
            var start = new ProcessStartInfo(peers.Program, ["-c", code])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["HF_HOME"] = llm360.PathOf("home"), ["HF_ENDPOINT"] = hub.Endpoint.ToString().TrimEnd('/'), ["HF_HUB_OFFLINE"] = offline, ["HF_TOKEN"] = "" },
            };
            using var python = Process.Start(start)!;
            var (output, error) = (python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), python.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
            await python.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(python.ExitCode == 0, await error);
            return (await output).Trim();
        }
    }

    [Fact]
    public async Task A_Hub_that_is_not_there_is_one_error()
    {
        llm360.Variables["HF_HUB_OFFLINE"] = "1";
        var result = await llm360.RunAsync(Grid);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("HF_HUB_OFFLINE is set", result.Error, StringComparison.Ordinal);
        Assert.Contains("what to do", result.Error, StringComparison.Ordinal);
        Assert.Empty(Cells());
        Assert.Empty(hub.Requests);
    }

    private List<string> Cells() => Directory.Exists(llm360.PathOf("results")) ? [.. Directory.EnumerateFiles(llm360.PathOf("results", "amber"), "*.parquet", SearchOption.AllDirectories)] : [];
}
