// Memorization of a suite on the Hub works as that of a suite on disk.
using System.Globalization;
using System.Text;

namespace Llm360.Notebooks.Tests;

[Collection(nameof(HubEnvironment))]
public sealed class HubGridTests : IAsyncLifetime
{
    private const int Rows = 40;
    private readonly HubEnvironment environment = new();
    private readonly TemporaryFolder folder = new();
    private readonly Suite suite;
    private ImitationHub hub = null!;

    public HubGridTests()
    {
        var amber = Suites.Open("amber");
        suite = Suite.OnHub(amber.Manifest with { Name = $"amber-{Guid.NewGuid():N}" }, folder["suite"]);
    }

    private IReadOnlyList<Checkpoint> Checkpoints => [suite.Checkpoint("143"), suite.Checkpoint("359")];

    private IReadOnlyList<Chunk> Chunks => [suite.Chunk(143), suite.Chunk(355)];

    public async ValueTask InitializeAsync()
    {
        hub = (await ImitationHub.StartAsync(TestContext.Current.CancellationToken)).AddCheckpoints().AddChunk(143).AddChunk(355);
        environment["HF_ENDPOINT"] = hub.Endpoint.ToString();
        environment["HF_HOME"] = folder["home"];
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        environment.Dispose();
        if (Directory.Exists(Path.Combine(Workspace.ResultsFolder, suite.Name)))
            Directory.Delete(Path.Combine(Workspace.ResultsFolder, suite.Name), recursive: true);
        folder.Dispose();
    }

    [Fact]
    public async Task The_scores_are_the_golden_ones()
    {
        var reports = new List<string>();
        var watch = new Immediate(r =>
        {
            lock (reports)
                reports.Add(r.Task);
        });
        var options = new GridOptions { Device = Device.Cpu, Progress = watch };
        var scores = await suite.Memorization(new(SequencesPerChunk: Rows)).ScoreAsync(Checkpoints, Chunks, options);
        foreach (var (cell, golden) in scores.Cells.Zip((string[])["000", "000", "001", "001"]))
        {
            var expected = Fixtures.Json("memorization", $"expected_{golden}.json")["match"]!.AsArray().Take(Rows).Select(m => (int)m!);
            Assert.Equal(expected, cell.Rows.Select(r => r.Match));
        }

        // Only the beginning of each 20.8 GB chunk is fetched, and of the repository only the
        // checkpoints.
        Assert.InRange(hub.Sent, 0, 2 * (HubStream.FirstPiece + 10_000_000));
        Assert.DoesNotContain(hub.Requests, r => r.Path.EndsWith("README.md", StringComparison.Ordinal));
        Assert.Contains("fetch rows", reports);
        Assert.Contains($"score {suite.Name}", reports);
    }

    [Fact]
    public async Task What_is_in_the_store_needs_neither_network_nor_cache()
    {
        await ScoreAsync();
        hub.Requests.Clear();
        Assert.Equal("4 cells from the store, 0 computed", (await ScoreAsync()).Origin);
        Directory.Delete(folder["home"], recursive: true);
        environment["HF_HUB_OFFLINE"] = "1";
        Assert.Equal("4 cells from the store, 0 computed", (await ScoreAsync()).Origin);
        Assert.Empty(hub.Requests);
        // Online, only the commits are requested, and no file.
        environment["HF_HUB_OFFLINE"] = "0";
        Assert.Equal("4 cells from the store, 0 computed", (await ScoreAsync()).Origin);
        Assert.Equal(
            ["api/datasets/LLM360/AmberDatasets/refs", "api/models/LLM360/Amber/refs"],
            hub.Requests.Where(r => r.Path.EndsWith("/refs", StringComparison.Ordinal)).Select(r => r.Path).Order());
        Assert.All(hub.Requests, r => Assert.StartsWith("api/", r.Path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_Hub_that_is_not_there_is_asked_once_and_what_is_stored_believed()
    {
        await ScoreAsync();
        Directory.Delete(folder["home"], recursive: true);
        hub.Requests.Clear();
        hub.Instead = (_, context) =>
        {
            context.Abort();
            return Task.FromResult(true);
        };
        Assert.Equal("4 cells from the store, 0 computed", (await ScoreAsync()).Origin);
        Assert.Single(hub.Requests.Select(r => r.Path).Distinct());
    }

    [Fact]
    public async Task Results_of_other_rows_are_computed_anew()
    {
        await ScoreAsync();
        // A new commit of the data with the same chunk 143 and a changed chunk 355.
        Directory.Delete(folder["home", "hub", "datasets--LLM360--AmberDatasets"], recursive: true);
        hub.Add(ImitationAmber.Data, HubLocation.Main, "train/train_355.jsonl",
            HubContent.Large(Encoding.UTF8.GetBytes(string.Join('\n', ImitationAmber.Rows.Reverse()))));
        var store = suite.Memorization(new(SequencesPerChunk: Rows)).Store;
        Assert.All(Checkpoints,
            c => Assert.True(store.Contains(c, new ChunkItem(Chunks[0])) && !store.Contains(c, new ChunkItem(Chunks[1]))));
        var expected = Fixtures.Json("memorization", "expected_000.json")["match"]!.AsArray().Reverse().Take(Rows).Select(m => (int)m!);
        var scores = await ScoreAsync();
        Assert.Equal("2 cells from the store, 2 computed, 2 of them in place of stale cells", scores.Origin);
        Assert.Equal(expected, scores.Cells[1].Rows.Select(r => r.Match));
        // A local file replaces chunk 143.
        Directory.CreateDirectory(folder["suite", "train"]);
        File.WriteAllLines(folder["suite", "train", "train_143.jsonl"], ImitationAmber.Rows.Skip(100));
        Assert.Equal("2 cells from the store, 2 computed, 2 of them in place of stale cells", (await ScoreAsync()).Origin);
        File.WriteAllText(folder["suite", "train", "train_143.jsonl"], "");
        Assert.Contains("no rows", (await Assert.ThrowsAsync<Llm360Exception>(ScoreAsync)).What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7", "143", "has no revision ckpt_007")]
    [InlineData("359", "7", "has no file train/train_007.jsonl")]
    public async Task What_is_missing_shows_before_anything_is_fetched(string checkpoint, string chunk, string says)
    {
        Checkpoint[] checkpoints = [suite.Checkpoint("143"), suite.Checkpoint(checkpoint)];
        Chunk[] chunks = [suite.Chunk(143), suite.Chunk(int.Parse(chunk, CultureInfo.InvariantCulture))];
        var options = new GridOptions { Device = Device.Cpu };
        var analysis = suite.Memorization(new(SequencesPerChunk: Rows));
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => analysis.ScoreAsync(checkpoints, chunks, options));
        Assert.Contains(says, error.What, StringComparison.Ordinal);
        Assert.DoesNotContain(hub.Requests, r => r.Path.Contains("/resolve/", StringComparison.Ordinal));
        var rest = await analysis.ScoreAsync(checkpoints, chunks, options with { SkipMissing = true });
        Assert.Equal(2, rest.Cells.Count);
        Assert.Contains(says, Assert.Single(rest.Skipped).What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("empty")]
    [InlineData("gone")]
    [InlineData("flipped")]
    [InlineData("flipped, and without a listing")]
    public async Task A_content_that_is_broken_in_the_cache_is_fetched_again(string how)
    {
        var fetched = await suite.Checkpoint("143").FetchAsync();
        var blob = File.ResolveLinkTarget(Path.Combine(fetched, "model.safetensors"), returnFinalTarget: true)!.FullName;
        var whole = await File.ReadAllBytesAsync(blob, TestContext.Current.CancellationToken);
        if (how.Contains("listing", StringComparison.Ordinal))
            Directory.Delete(folder["home", "hub", "models--LLM360--Amber", "trees"], recursive: true);
        if (how == "gone")
            File.Delete(blob);
        else if (how.StartsWith("flipped", StringComparison.Ordinal))
            HubFixture.Flip(blob);
        else
            await File.WriteAllBytesAsync(blob, how == "cut" ? whole[..1000] : [], TestContext.Current.CancellationToken);
        using var model = await suite.Checkpoint("143").LoadAsync(Device.Cpu);
        Assert.Equal(whole, await File.ReadAllBytesAsync(blob, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_content_that_is_damaged_in_the_cache_is_one_error_offline(bool listed)
    {
        var fetched = await suite.Checkpoint("143").FetchAsync();
        if (!listed)
            Directory.Delete(folder["home", "hub", "models--LLM360--Amber", "trees"], recursive: true);
        HubFixture.Flip(File.ResolveLinkTarget(Path.Combine(fetched, "model.safetensors"), returnFinalTarget: true)!.FullName);
        environment["HF_HUB_OFFLINE"] = "1";
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => suite.Checkpoint("143").FetchAsync());
        Assert.Contains("is damaged: its hash is", error.What, StringComparison.Ordinal);
        Assert.Contains("blobs", error.Where, StringComparison.Ordinal);
        Assert.True(File.Exists(error.Where));
    }

    [Fact]
    public async Task A_listing_without_files_is_asked_for_again()
    {
        await suite.Checkpoint("143").FetchAsync();
        _ = suite.Checkpoint("143").Tokenizer();
        Directory.Delete(folder["home", "hub", "models--LLM360--Amber", "snapshots"], recursive: true);
        foreach (var tree in Directory.EnumerateFiles(folder["home", "hub", "models--LLM360--Amber", "trees"]))
            await File.WriteAllTextAsync(tree, "{\"format_version\": 1, \"files\": {}}", TestContext.Current.CancellationToken);
        Assert.Equal(2048, suite.Checkpoint("143").Tokenizer().VocabularySize);
        await suite.Checkpoint("143").FetchAsync();
    }

    [Fact]
    public async Task A_local_folder_that_is_not_whole_is_named_and_lends_the_Hubs_tokenizer()
    {
        Directory.CreateDirectory(folder["suite", "ckpt_143"]);
        File.Copy(Path.Combine(ImitationAmber.Fixture("ckpt_000"), "config.json"), folder["suite", "ckpt_143", "config.json"]);
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => suite.Checkpoint("143").FetchAsync());
        Assert.Equal(folder["suite", "ckpt_143"], error.Where);
        Assert.Contains("LLM360/Amber@ckpt_143", error.Remedy, StringComparison.Ordinal);
        Assert.Equal(2048, suite.Checkpoint("143").Tokenizer().VocabularySize);
    }

    [Fact]
    public async Task A_tokenizer_of_a_cache_without_listings_is_found_offline()
    {
        _ = suite.Tokenizer();
        await suite.Checkpoint("143").FetchAsync();
        Directory.Delete(folder["home", "hub", "models--LLM360--Amber", "trees"], recursive: true);
        environment["HF_HUB_OFFLINE"] = "1";
        Assert.Equal(2048, suite.Checkpoint("143").Tokenizer().VocabularySize);
    }

    [Fact]
    public async Task Results_of_another_commit_are_computed_anew()
    {
        await ScoreAsync();
        Directory.Delete(folder["home"], recursive: true);
        var moved = "0123456789012345678901234567890123456789";
        await File.WriteAllTextAsync(
            Directory.CreateDirectory(folder["home", "hub", "models--LLM360--Amber", "refs"]).FullName + "/ckpt_143",
            moved,
            TestContext.Current.CancellationToken);
        var store = suite.Memorization(new(SequencesPerChunk: Rows)).Store;
        Assert.False(store.Contains(Checkpoints[0], new ChunkItem(Chunks[0])));
        Assert.True(store.Contains(Checkpoints[1], new ChunkItem(Chunks[0])));
    }

    [Fact]
    public async Task What_was_fetched_serves_without_the_network()
    {
        await ScoreAsync();
        environment["HF_HUB_OFFLINE"] = "1";
        hub.Requests.Clear();
        // No cells with these lengths are in the store.
        var scores =
            await suite.Memorization(new(16, 16, Rows, TokenMetrics: true)).ScoreAsync(Checkpoints, Chunks, new() { Device = Device.Cpu });
        Assert.Equal(4, scores.Cells.Count(c => !c.FromStore));
        Assert.Empty(hub.Requests);
    }

    [Fact]
    public async Task A_checkpoint_comes_without_what_a_model_does_not_need()
    {
        using var model = await suite.Checkpoints[^1].LoadAsync(Device.Cpu);
        var snapshot =
            Path.Combine(folder["home"], "hub", "models--LLM360--Amber", "snapshots", hub.Commit(ImitationAmber.Models, HubLocation.Main));
        Assert.Equal(
            ["config.json", "model.safetensors", "tokenizer.model"],
            Directory.EnumerateFiles(snapshot).Select(Path.GetFileName).Order());
        Assert.Equal(snapshot, await suite.Checkpoints[^1].FetchAsync());
    }

    [Fact]
    public async Task A_tokenizer_comes_alone_and_from_main_where_a_revision_has_none()
    {
        Assert.Equal(2048, suite.Checkpoint("143").Tokenizer().VocabularySize);
        Assert.DoesNotContain(hub.Requests, r =>
            r.Path.Contains("model.safetensors", StringComparison.Ordinal) || r.Path.Contains("config.json", StringComparison.Ordinal));
        environment["HF_HUB_OFFLINE"] = "1";
        Assert.Equal(2048, suite.Tokenizer().VocabularySize);
        Assert.Equal(2048, suite.Checkpoint("143").Tokenizer().VocabularySize);
        // The weights of the other checkpoint are not in the cache.
        Assert.Contains("HF_HUB_OFFLINE",
            (await Assert.ThrowsAnyAsync<Llm360Exception>(() => suite.Checkpoint("143").FetchAsync())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sharded-safetensors", "model-00001-of-00003.safetensors")]
    [InlineData("sharded-bin", "pytorch_model-00001-of-00003.bin")]
    public async Task Shards_come_with_their_index_and_are_found_missing(string weights, string shard)
    {
        const string model = "org/sharded";
        hub.AddFolder(model, HubLocation.Main, Fixtures.Path("weights", weights))
            .Add(model, HubLocation.Main, "config.json", HubContent.Small("{}"u8.ToArray()));
        var checkpoint = Suites.FindCheckpoint($"{model}@main");
        var fetched = await checkpoint.FetchAsync();
        Assert.Equal(
            Directory.EnumerateFiles(Fixtures.Path("weights", weights)).Select(Path.GetFileName).Append("config.json").Order(),
            Directory.EnumerateFiles(fetched).Select(Path.GetFileName).Order());
        File.Delete(Path.Combine(fetched, shard));
        hub.Requests.Clear();
        await checkpoint.FetchAsync();
        Assert.True(File.Exists(Path.Combine(fetched, shard)));
        // The blob was still in the cache.
        Assert.DoesNotContain(hub.Requests, r => r.IsStore);
    }

    [Fact]
    public async Task A_revision_without_a_model_is_one_error()
    {
        hub.Add("org/data", HubLocation.Main, "README.md", HubContent.Small("x"u8.ToArray()));
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => Suites.FindCheckpoint("org/data@main").FetchAsync());
        Assert.Contains("has no config.json", error.What, StringComparison.Ordinal);
        Assert.Contains("README.md", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Duplicates_are_not_counted_over_terabytes_by_mistake()
    {
        var scores = await ScoreAsync();
        hub.Requests.Clear();
        var duplicates = await scores.DuplicatesAsync();
        Assert.Empty(duplicates.Rows);
        Assert.Contains("360 of them are on the Hub only", duplicates.NotCounted, StringComparison.Ordinal);
        var byDuplicates = Notebooks.Figures.ScoreByDuplicates(duplicates);
        var classes = Notebooks.Figures.RecallClasses(duplicates.Classify());
        foreach (var figure in new[] { byDuplicates, classes })
            Assert.Contains("360 of them are on the Hub only", figure.Finding, StringComparison.Ordinal);
        Assert.Empty(hub.Requests);
    }

    [Fact]
    public async Task The_tables_say_what_is_true_of_Amber_itself()
    {
        var scores = await ScoreAsync();
        Assert.All(Tables.MemorizationSummary(scores).Rows, r => Assert.StartsWith("the same model", r[^1], StringComparison.Ordinal));
        Assert.StartsWith("No canary has been read", Notebooks.Figures.CanariesByRepetition(scores).Title, StringComparison.Ordinal);
        Assert.Contains(suite.ToTable().Rows, r => r[1] == "LLM360/Amber, datasets/LLM360/AmberDatasets");
    }

    [Fact]
    public void The_error_of_a_line_has_its_place_on_the_Hub()
    {
        hub.Add(ImitationAmber.Data, HubLocation.Main, "train/train_007.jsonl",
            HubContent.Large("{\"token_ids\": [1]}\n{\"token_ids\": [1\n"u8.ToArray()));
        var error = Assert.ThrowsAny<Llm360Exception>(() => ChunkReader.Read(suite.Chunk(7)).ToList());
        Assert.StartsWith("datasets/LLM360/AmberDatasets@main/train/train_007.jsonl, in the cache " + folder["home", "hub"], error.Where,
            StringComparison.Ordinal);
        Assert.EndsWith(", line 2", error.Where, StringComparison.Ordinal);
        var cached = error.Where.Split("in the cache ")[1][..^", line 2".Length];
        Assert.True(File.Exists(cached), cached);
    }

    private Task<MemorizationScores> ScoreAsync() =>
        suite.Memorization(new(SequencesPerChunk: Rows)).ScoreAsync(Checkpoints, Chunks, new() { Device = Device.Cpu });
}
