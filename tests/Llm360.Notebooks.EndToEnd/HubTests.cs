// The command with Amber's names and a fake Hub: sharded grids, kills, scores, notebooks, cache.
using System.Diagnostics;
using System.Text.Json.Nodes;
using Llm360.Notebooks.EndToEnd.Jupyter;
using Llm360.Notebooks.Tests;

namespace Llm360.Notebooks.EndToEnd;

public sealed class HubTests : IAsyncLifetime
{
    private static readonly string[] Grid =
    [
        "grid", "memorization", "--suite", "amber", "--checkpoints", "143,359", "--chunks", "143,355", "-n", "40", "--device", "cpu",
    ];

    private static readonly string Tour = Notebook("00-tour");
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
            [
                "checkpoint=ckpt_143/chunk=143.parquet",
                "checkpoint=ckpt_143/chunk=355.parquet",
                "checkpoint=ckpt_359/chunk=143.parquet",
                "checkpoint=ckpt_359/chunk=355.parquet",
            ],
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
        // The fake Hub cuts off downloads of large files after 300,000 bytes. The first request
        // that resumes a download gets no answer, and the command is killed while it waits.
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
        var partial = Directory.EnumerateFiles(llm360.PathOf("home"), "*.partial", SearchOption.AllDirectories)
            .Select(f => (Etag: Path.GetFileNameWithoutExtension(f), new FileInfo(f).Length))
            .ToList();
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
        var written = JsonNode.Parse(File.ReadAllText(output))!;
        var expected = JsonNode.Parse(File.ReadAllText(ImitationAmber.Fixture($"expected_{golden}.json")))!;
        Assert.Equal(expected["match"]!.ToJsonString(), written["match"]!.ToJsonString());
    }

    [Theory]
    [InlineData("03-memorization", "0 cells from the store, 360 computed", "every=216", "n=4", "precision=fp32")]
    [InlineData("04-memorization-in-depth", "0 cells from the store, 6 computed", "every=216", "everyChunk=120", "n=8")]
    public async Task The_notebooks_on_memorization_run_on_Amber_with_nothing_but_its_name_changed(
        string name, string says, params string[] parameters)
    {
        hub.AddAll();
        var given = parameters.Prepend("device=cpu").Prepend("suite=amber").SelectMany(p => new[] { "-p", p });
        var result = await llm360.RunAsync(["run", Notebook(name), .. given, "-o", llm360.PathOf("amber.ipynb")]);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains(says, File.ReadAllText(llm360.PathOf("amber.ipynb")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("00-tour", "tiny", "the first 8 sequences of each chunk", "The training log of tiny is not published as a file")]
    [InlineData("00-tour", "bare", "The training data of bare is not published as rows",
        "The training log of bare is not published as a file")]
    [InlineData("01-the-suite", "amber", "RefinedWeb is the largest source", "Documents are counted when a suite is built here",
        "Canaries are planted in suites that are trained here", "as its config.json on the Hub has it")]
    [InlineData("01-the-suite", "bare", "Its training data is not published as rows", "No training log: nothing to draw")]
    [InlineData("07-evaluation", "bare", "No task was evaluated: nothing to draw", "end above chance in Amber (published)")]
    [InlineData("02-training-dynamics", "bare", "No training log: nothing to draw")]
    [InlineData("05-attribution", "tiny", "No canary has been read in tiny", "graddot", "Unseen rows among the first 20")]
    public async Task The_other_notebooks_show_what_a_suite_on_the_Hub_has_and_say_what_it_has_not(
        string name, string suite, params string[] says)
    {
        if (suite == "amber")
            hub.AddAll();
        else
            suite = await PublishPicoAsync(suite);
        string[] few = ["-p", "device=cpu", "-p", "n=8", "-p", "checkpoints=2"];
        string[] parameters = name switch
        {
            "00-tour" or "05-attribution" => few,
            _ => [],
        };
        var output = llm360.PathOf("executed.ipynb");
        var result = await llm360.RunAsync(["run", Notebook(name), "-p", $"suite={suite}", .. parameters, "-o", output]);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.All(says, text => Assert.Contains(text, File.ReadAllText(output), StringComparison.Ordinal));
    }

    /// <summary>Adds pico's checkpoints and rows to the fake Hub and writes a manifest for them.
    /// pico's tokenizer fits its vocabulary. The manifest has chunks unless its name is "bare".
    /// Returns the path of the manifest.</summary>
    private async Task<string> PublishPicoAsync(string name)
    {
        await llm360.AddPicoAsync();
        for (var i = 0; i <= 4; i++)
            hub.AddFolder("tester/pico", $"ckpt_{i:000}", llm360.PathOf("suites", "pico", $"ckpt_{i:000}"));
        for (var i = 0; i < 4; i++)
        {
            var file = $"train_{i:000}.jsonl";
            var rows = File.ReadAllBytes(llm360.PathOf("suites", "pico", "train", file));
            hub.Add("datasets/tester/rows", HubLocation.Main, file, HubContent.Large(rows));
        }

        var chunks = name == "bare"
            ? ""
            : ""","chunks":{"repository":"tester/rows","name":"train_{0:000}","path":"train_{0:000}.jsonl","count":4}""";
        var manifest = llm360.PathOf($"{name}.json");
        File.WriteAllText(
            manifest,
            $$"""{"name":"{{name}}","description":"Pico on the Hub.","parameters":1,"trainedTokens":1"""
            + ""","checkpoints":{"repository":"tester/pico","series":[{"name":"ckpt_{0:000}","from":0,"to":4}]}"""
            + chunks
            + "}");
        return manifest;
    }

    [Fact]
    public async Task Python_and_this_kit_share_a_cache()
    {
        var peers = Python.Peers("transformers");
        var rows = new[] { "--rows", ImitationAmber.Fixture("rows.jsonl"), "-o", llm360.PathOf("result.json") };
        // A cache with only a tokenizer is valid: Python reports no warnings.
        Assert.Equal(0, (await llm360.RunAsync("tokenize", "-m", "amber/143", "hello")).ExitCode);
        Assert.Equal("[]", await PythonAsync("import huggingface_hub; print(huggingface_hub.scan_cache_dir().warnings)", "1"));
        // Python finds and loads the files that this kit fetched.
        Assert.Equal(0, (await llm360.RunAsync(["score", "-m", "LLM360/Amber@main", .. rows])).ExitCode);
        const string CountParameters = "from transformers import AutoModelForCausalLM as M; "
            + "print(sum(p.numel() for p in M.from_pretrained('LLM360/Amber').parameters()))";
        Assert.Equal("174528", await PythonAsync(CountParameters, "1"));
        // This kit finds the files that Python fetched.
        const string Fetch = "import huggingface_hub; print(huggingface_hub.snapshot_download('LLM360/Amber', revision='ckpt_143'))";
        await PythonAsync(Fetch, "0");
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
                Environment =
                {
                    ["HF_HOME"] = llm360.PathOf("home"),
                    ["HF_ENDPOINT"] = hub.Endpoint.ToString().TrimEnd('/'),
                    ["HF_HUB_OFFLINE"] = offline,
                    ["HF_TOKEN"] = "",
                },
            };
            using var python = Process.Start(start)!;
            var cancellation = TestContext.Current.CancellationToken;
            var output = python.StandardOutput.ReadToEndAsync(cancellation);
            var error = python.StandardError.ReadToEndAsync(cancellation);
            await python.WaitForExitAsync(cancellation);
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

    [Fact]
    public async Task The_tour_on_Amber_tells_what_it_would_fetch_and_fetches_nothing()
    {
        hub.AddAll();
        for (var i = 0; i < 360; i++)
        {
            var revision = i == 359 ? "main" : $"ckpt_{i:000}";
            hub.Add(ImitationAmber.Models, revision, "model.safetensors", HubContent.Endless([1], 27_000_000_000 + i));
        }

        var result = await llm360.RunAsync("run", Tour, "-p", "suite=amber", "-p", "device=cpu");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("7 checkpoints of LLM360/Amber need about 189 GB", result.Error, StringComparison.Ordinal);
        Assert.Contains("--yes", result.Error, StringComparison.Ordinal);
        var parameter = await llm360.RunAsync("run", Tour, "-p", "suite=amber", "-p", "device=cpu", "-p", "maxDownload=100GB");
        Assert.Contains("at most 100 GB are fetched", parameter.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(hub.Requests, r => r.Path.Contains("/resolve/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Permission_is_given_by_a_variable_or_an_option()
    {
        llm360.Variables["LLM360_MAX_DOWNLOAD"] = "1kB";
        string[] score = ["score", "-m", "amber/143", "--rows", ImitationAmber.Fixture("rows.jsonl"), "-o", llm360.PathOf("result.json")];
        var refused = await llm360.RunAsync(score);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("without permission at most 1 kB", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, hub.Sent);
        var allowed = await llm360.RunAsync([.. score, "--yes"]);
        Assert.True(allowed.ExitCode == 0, allowed.Error);
    }

    [Fact]
    public async Task A_suite_on_disk_does_not_depend_on_the_Hubs_variables()
    {
        await llm360.AddPicoAsync();
        llm360.Variables["HF_ENDPOINT"] = "ftp://x";
        llm360.Variables["HF_TOKEN"] = "two words";
        var grid = await llm360.RunAsync("grid", "memorization", "-s", "pico", "--checkpoints", "4", "-n", "4", "--device", "cpu");
        Assert.True(grid.ExitCode == 0, grid.Error);
        var tour = await llm360.RunAsync("run", Tour, "-p", "suite=pico", "-p", "n=4", "-p", "device=cpu");
        Assert.True(tour.ExitCode == 0, tour.Error);
        Assert.Contains("ftp://x", (await llm360.RunAsync("tokenize", "-m", "amber/143", "hello")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_cache_is_listed_and_verified()
    {
        Assert.Equal(0, (await llm360.RunAsync("tokenize", "-m", "amber/359", "hello")).ExitCode);
        var list = await llm360.RunAsync("cache", "list");
        Assert.Contains("LLM360/Amber", list.Output, StringComparison.Ordinal);
        var sound = await llm360.RunAsync("cache", "verify", "LLM360/Amber");
        Assert.True(sound.ExitCode == 0, sound.Output + sound.Error);
        var blob = Directory.EnumerateFiles(llm360.PathOf("home", "hub", "models--LLM360--Amber", "blobs")).First();
        await File.AppendAllTextAsync(blob, "x", TestContext.Current.CancellationToken);
        var damaged = await llm360.RunAsync("cache", "verify");
        Assert.Equal(1, damaged.ExitCode);
        Assert.Contains(blob, damaged.Output, StringComparison.Ordinal);
    }

    private static string Notebook(string name) => Path.Combine(Workspace.Repository!, "notebooks", $"{name}.ipynb");

    private List<string> Cells() => Directory.Exists(llm360.PathOf("results"))
        ? [.. Directory.EnumerateFiles(llm360.PathOf("results", "amber"), "*.parquet", SearchOption.AllDirectories)]
        : [];
}
