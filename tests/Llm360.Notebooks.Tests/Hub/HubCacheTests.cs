// The Hub's cache on disk: Python's layout, existing files, broken files.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Tests;

public sealed class HubCacheTests : HubFixture
{
    [Fact]
    public async Task A_revision_lies_in_the_cache_as_Python_lays_it()
    {
        var folder = await DownloadAsync();
        var commit = Hub.Commit(Repository, "ckpt_007");
        Assert.Equal(Cache["hub", "models--org--model", "snapshots", commit], folder);
        Assert.Equal(commit, await File.ReadAllTextAsync(Cache["hub", "models--org--model", "refs", "ckpt_007"], Stop));
        Assert.Equal(Weights, await File.ReadAllBytesAsync(Path.Combine(folder, "deep", "in", "weights.bin"), Stop));
        Assert.Equal(Config, await File.ReadAllBytesAsync(Path.Combine(folder, "config.json"), Stop));
        Assert.Empty(await File.ReadAllBytesAsync(Path.Combine(folder, "empty.txt"), Stop));
        Assert.Equal(
            $"../../../../blobs/{HubContent.Large(Weights).Etag}",
            new FileInfo(Path.Combine(folder, "deep", "in", "weights.bin")).LinkTarget);
        Assert.Equal($"../../blobs/{HubContent.Small(Config).Etag}", new FileInfo(Path.Combine(folder, "config.json")).LinkTarget);
        Assert.True(File.Exists(Cache["hub", "CACHEDIR.TAG"]));
        Assert.True(File.Exists(Cache["hub", ".locks", "models--org--model", HubContent.Large(Weights).Etag + ".lock"]));
        Assert.Empty(Directory.EnumerateFiles(Cache.Path, "*.partial", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task What_is_in_the_cache_is_not_asked_for()
    {
        await DownloadAsync();
        var asked = Hub.Requests.Count;
        using var client = new HubClient(Settings with { Offline = true });
        var revision = await client.ResolveAsync(Revision, Stop);
        Assert.Equal(client.Snapshot(Revision), await revision.DownloadAsync(await revision.ListAsync(Stop), cancellation: Stop));
        await using var stream = await revision.OpenAsync("deep/in/weights.bin", Stop);
        Assert.Equal(Weights, Read(stream, Weights.Length));
        Assert.Equal(asked, Hub.Requests.Count);
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => client.ResolveAsync(Revision with { Revision = "other" }, Stop));
        Assert.Contains("HF_HUB_OFFLINE", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listing_is_asked_for_once_and_shared_with_Python()
    {
        using var client = new HubClient(Settings);
        var listed = await ListAsync(client);
        var json = JsonNode.Parse(
            await File.ReadAllTextAsync(Cache["hub", "models--org--model", "trees", Hub.Commit(Repository, "ckpt_007") + ".json"], Stop))!;
        Assert.Equal(1, (int)json["format_version"]!);
        Assert.Equal(["config.json", "deep/in/weights.bin", "empty.txt"], json["files"]!.AsObject().Select(f => f.Key));
        Assert.Equal(
            ["size", "blob_id", "lfs_sha256", "lfs_size", "xet_hash"],
            json["files"]!["deep/in/weights.bin"]!.AsObject().Select(f => f.Key));
        Assert.Equal(HubContent.Large(Weights).Etag, (string?)json["files"]!["deep/in/weights.bin"]!["lfs_sha256"]);
        Assert.Equal(["size", "blob_id"], json["files"]!["config.json"]!.AsObject().Select(f => f.Key));
        var asked = Hub.Requests.Count;
        Assert.Equal(listed, await ListAsync(client));
        Assert.Equal(asked, Hub.Requests.Count);
    }

    [Fact]
    public async Task One_question_answers_for_all_revisions_and_leaves_no_reference_without_files()
    {
        for (var i = 0; i < 360; i++)
            Hub.Add("org/suite", $"ckpt_{i:000}", "config.json", HubContent.Small(Config));
        using var client = new HubClient(Settings);
        for (var i = 0; i < 360; i++)
            Assert.Equal(
                Hub.Commit("org/suite", $"ckpt_{i:000}"),
                (await client.ResolveAsync(new HubLocation("org/suite", $"ckpt_{i:000}"), Stop)).Commit);
        Assert.Equal("api/models/org/suite/refs", Assert.Single(Hub.Requests).Path);
        Assert.False(Directory.Exists(Cache["hub", "models--org--suite", "refs"]));
        var revision = await client.ResolveAsync(new HubLocation("org/suite", "ckpt_003"), Stop);
        await revision.DownloadAsync(await revision.ListAsync(Stop), cancellation: Stop);
        Assert.Equal(["ckpt_003"], Directory.EnumerateFiles(Cache["hub", "models--org--suite", "refs"]).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_revision_stays_the_commit_it_was_found_to_be()
    {
        using var client = new HubClient(Settings);
        var revision = await client.ResolveAsync(Revision, Stop);
        var files = await revision.ListAsync(Stop);
        // Python writes this when the branch has moved.
        Directory.CreateDirectory(Cache["hub", "models--org--model", "refs"]);
        await File.WriteAllTextAsync(Cache["hub", "models--org--model", "refs", "ckpt_007"], new string('b', 40), Stop);
        Assert.EndsWith(revision.Commit, await revision.DownloadAsync(files, cancellation: Stop), StringComparison.Ordinal);
        Assert.Equal([revision.Commit],
            Directory.EnumerateDirectories(Cache["hub", "models--org--model", "snapshots"]).Select(Path.GetFileName));
        Assert.Equal(new string('b', 40), (await client.ResolveAsync(Revision, Stop)).Commit);
    }

    [Fact]
    public async Task A_content_that_is_there_is_linked_without_a_request()
    {
        var folder = await DownloadAsync();
        File.Delete(Path.Combine(folder, "deep", "in", "weights.bin"));
        var asked = Hub.Requests.Count;
        await DownloadAsync();
        Assert.Equal(Weights, await File.ReadAllBytesAsync(Path.Combine(folder, "deep", "in", "weights.bin"), Stop));
        Assert.Equal(asked, Hub.Requests.Count);
    }

    [Fact]
    public async Task Where_links_are_not_allowed_the_files_themselves_are_found()
    {
        var folder = await DownloadAsync();
        foreach (var name in new[] { "config.json", "empty.txt", Path.Combine("deep", "in", "weights.bin") })
        {
            var file = Path.Combine(folder, name);
            var blob = File.ResolveLinkTarget(file, returnFinalTarget: true)!.FullName;
            File.Delete(file);
            File.Move(blob, file);
        }

        var asked = Hub.Requests.Count;
        using var client = new HubClient(Settings);
        await DownloadAsync(client, Stop);
        await using (var stream = await OpenAsync(client, "deep/in/weights.bin"))
            Assert.Equal(Weights, Read(stream, Weights.Length));
        Assert.Equal(Weights, await File.ReadAllBytesAsync(Path.Combine(folder, "deep", "in", "weights.bin"), Stop));
        Assert.Equal(asked, Hub.Requests.Count);
    }

    [Fact]
    public async Task Too_little_room_is_told_before_the_download()
    {
        using var client = new HubClient(Settings);
        var revision = await client.ResolveAsync(Revision, Stop);
        var huge = new HubEntry("huge.bin", 1L << 50, "abc");
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => revision.DownloadAsync([huge], cancellation: Stop));
        Assert.Contains("the disk has room for", error.What, StringComparison.Ordinal);
        Assert.Contains("HF_HUB_CACHE", error.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain(Hub.Requests, r => r.IsStore);
    }

    [Fact]
    public async Task What_has_arrived_needs_no_room_again()
    {
        var free = new DriveInfo(Cache.Path).AvailableFreeSpace;
        var large = HubContent.Endless(Bytes(1000), free + 1_000_000_000);
        Hub.Add(Repository, "ckpt_007", "large.bin", large);
        var partial = Cache["hub", "models--org--model", "blobs", large.Etag + ".partial"];
        Directory.CreateDirectory(Path.GetDirectoryName(partial)!);
        using (var file = File.Create(partial))
            file.SetLength(large.Length - 100_000); // A sparse hole, which takes no disk space.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Hub.CutAfter = r =>
        {
            if (r.IsStore)
                stop.Cancel();
            return null;
        };
        using var client = new HubClient(Settings);
        var revision = await client.ResolveAsync(Revision, Stop);
        var entry = (await revision.ListAsync(Stop)).Single(f => f.Path == "large.bin");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => revision.DownloadAsync([entry], cancellation: stop.Token));
        Assert.Equal(large.Length - 100_000, Assert.Single(Hub.Requests, r => r.IsStore).From);
    }

    [Fact]
    public async Task A_cache_that_cannot_be_used_is_one_error()
    {
        // There is a file in place of the folder.
        Directory.CreateDirectory(Cache["hub", "models--org--model"]);
        await File.WriteAllTextAsync(Cache["hub", "models--org--model", "blobs"], "", Stop);
        Assert.Contains("HF_HUB_CACHE", (await Assert.ThrowsAnyAsync<Llm360Exception>(() => DownloadAsync())).Remedy,
            StringComparison.Ordinal);
        await File.WriteAllTextAsync(Cache["file"], "", Stop);
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(
            () => DownloadAsync(settings: Settings with { CacheFolder = Cache["file"] }));
        Assert.Contains(Cache["file"], error.Where, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".llm360/refs.json", "nonsense")]
    [InlineData(".llm360/refs.json", "{\"ckpt_007\": 7}")]
    [InlineData(".llm360/refs.json", "{\"main\": \"x\", \"main\": \"y\"}")]
    [InlineData("trees/COMMIT.json", "nonsense")]
    [InlineData("trees/COMMIT.json", "{\"format_version\": 1, \"files\": {\"a\": null}}")]
    [InlineData("trees/COMMIT.json", "{\"format_version\": 7}")]
    public async Task What_is_broken_in_the_cache_is_asked_for_again(string file, string content)
    {
        using var client = new HubClient(Settings);
        var listed = await ListAsync(client);
        var relative = file.Replace("COMMIT", Hub.Commit(Repository, "ckpt_007"), StringComparison.Ordinal);
        var path = Cache["hub", "models--org--model", Path.Combine(relative.Split('/'))];
        var good = await File.ReadAllTextAsync(path, Stop);
        await File.WriteAllTextAsync(path, content, Stop);
        Assert.Equal(listed, await ListAsync(client));
        Assert.Equal(good, await File.ReadAllTextAsync(path, Stop));
    }

    [Fact]
    public async Task A_listing_in_the_cache_that_leads_out_of_it_is_refused()
    {
        using var client = new HubClient(Settings);
        await ListAsync(client);
        await File.WriteAllTextAsync(Cache["hub", "models--org--model", "trees", Hub.Commit(Repository, "ckpt_007") + ".json"],
            "{\"format_version\": 1, \"files\": {\"../../evil\": {\"size\": 1, \"blob_id\": \"abc\"}}}", Stop);
        await Assert.ThrowsAnyAsync<Llm360Exception>(() => ListAsync(client));
    }
}
