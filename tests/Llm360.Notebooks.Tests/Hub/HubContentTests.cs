// Cached blobs are used only if their hash matches their name; the hash is computed once.

namespace Llm360.Notebooks.Tests;

public sealed class HubContentTests : HubFixture
{
    private string Notes => Cache["hub", "models--org--model", ".llm360", "checked", "blobs"];

    private string SmallBlob => Cache["hub", "models--org--model", "blobs", HubContent.Small(Config).Etag];

    [Theory]
    [InlineData("deep/in/weights.bin")]
    [InlineData("config.json")]
    public async Task A_content_of_the_right_length_and_another_hash_is_replaced(string file)
    {
        var folder = await DownloadAsync();
        Flip(file == "config.json" ? SmallBlob : Blob(Weights));
        await DownloadAsync();
        Assert.Equal(file == "config.json" ? Config : Weights, await File.ReadAllBytesAsync(Path.Combine(folder, file), Stop));
    }

    [Fact]
    public async Task A_content_of_another_hash_is_not_read_in_pieces_either()
    {
        await DownloadAsync();
        Flip(Blob(Weights));
        using var client = new HubClient(Settings);
        await using var stream = await OpenAsync(client, "deep/in/weights.bin");
        Assert.Equal(Weights, Read(stream, Weights.Length));
    }

    [Fact]
    public async Task What_Python_fetched_is_hashed_when_it_is_first_used()
    {
        await DownloadAsync();
        Directory.Delete(Cache["hub", "models--org--model", ".llm360"], recursive: true); // Python writes no such folder.
        Flip(Blob(Weights));
        var folder = await DownloadAsync();
        Assert.Equal(Weights, await File.ReadAllBytesAsync(Path.Combine(folder, "deep", "in", "weights.bin"), Stop));
    }

    [Fact]
    public async Task Offline_it_is_one_error_and_nothing_is_deleted()
    {
        await DownloadAsync();
        Flip(Blob(Weights));
        var damaged = await File.ReadAllBytesAsync(Blob(Weights), Stop);
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => DownloadAsync(settings: Settings with { Offline = true }));
        Assert.Contains($"not {HubContent.Large(Weights).Etag}", error.What, StringComparison.Ordinal);
        Assert.Contains("HF_HUB_OFFLINE is set", error.What, StringComparison.Ordinal);
        Assert.Equal(Blob(Weights), error.Where);
        Assert.Equal(damaged, await File.ReadAllBytesAsync(Blob(Weights), Stop));
    }

    [Fact]
    public async Task A_content_is_hashed_once_and_again_when_it_has_changed()
    {
        var folder = await DownloadAsync();
        Directory.Delete(Cache["hub", "models--org--model", ".llm360"], recursive: true);
        Assert.NotEmpty(await HashedAsync());
        Assert.Empty(await HashedAsync());
        File.SetLastWriteTimeUtc(Blob(Weights), DateTime.UnixEpoch);
        Assert.Equal(["deep/in/weights.bin"], await HashedAsync());
        Assert.Empty(await HashedAsync());

        // Another file with the same time and length.
        await File.WriteAllBytesAsync(Cache["other"], Weights, Stop);
        File.SetLastWriteTimeUtc(Cache["other"], DateTime.UnixEpoch);
        File.Move(Cache["other"], Blob(Weights), overwrite: true);
        Assert.Equal(["deep/in/weights.bin"], await HashedAsync());
        Assert.True(File.Exists(Path.Combine(folder, "config.json")));
    }

    [Fact]
    public async Task The_audit_reads_all_and_finds_what_the_clock_does_not_show()
    {
        await DownloadAsync();
        File.SetLastWriteTimeUtc(Blob(Weights), DateTime.UnixEpoch); // A time that .NET can restore exactly.
        Assert.Empty((await VerifyAsync()).Faults);
        Flip(Blob(Weights), keepTime: true);
        Assert.Empty(await HashedAsync());
        var verdict = await VerifyAsync();
        Assert.Equal(Blob(Weights), Assert.Single(verdict.Faults).Path);
        Assert.Equal((2, 0), (verdict.Checked, verdict.Unchecked));
        Assert.False(File.Exists(Path.Combine(Notes, Path.GetFileName(Blob(Weights)))));

        // The damaged blob is no longer used.
        var folder = await DownloadAsync();
        Assert.Equal(Weights, await File.ReadAllBytesAsync(Path.Combine(folder, "deep", "in", "weights.bin"), Stop));
        Assert.Empty((await VerifyAsync()).Faults);
    }

    [Fact]
    public async Task A_name_that_is_no_hash_is_believed_and_said_to_be_unchecked()
    {
        Hub.Add("org/mirror", "main", "a.bin", HubContent.Large([1, 2, 3]) with { Etag = "3-of-a-mirror" });
        using var client = new HubClient(Settings);
        var revision = await client.ResolveAsync(new HubLocation("org/mirror"), Stop);
        var folder = await revision.DownloadAsync(await revision.ListAsync(Stop), cancellation: Stop);
        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(Path.Combine(folder, "a.bin"), Stop));
        var verdict = await CacheAudit.VerifyAsync(Assert.Single(CacheAudit.Repositories(Cache["hub"], "org/mirror")), null, Stop);
        Assert.Equal((0, 1, 0), (verdict.Checked, verdict.Unchecked, verdict.Faults.Count));
    }

    [Fact]
    public async Task The_audit_names_links_and_pipes_and_does_not_open_them()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no named pipes among files.");
        await DownloadAsync();
        var pipe = Cache["hub", "models--org--model", "blobs", "pipe"];
        HubCacheKindTests.MakePipe(pipe);
        var link = Cache["hub", "models--org--model", "refs", "link"];
        File.CreateSymbolicLink(link, "/etc/hostname");
        var outward = Cache["hub", "models--org--model", "snapshots", Hub.Commit(Repository, "ckpt_007"), "outward"];
        File.CreateSymbolicLink(outward, "/etc/passwd");
        var verdict = await VerifyAsync().WaitAsync(TimeSpan.FromSeconds(30), Stop);
        Assert.Equal([pipe, link, outward], verdict.Faults.Select(f => f.Path));
        Assert.Equal(3, verdict.Checked);
    }

    [Fact]
    public async Task The_sizes_are_told()
    {
        await DownloadAsync();
        var measured = CacheAudit.Measure(Assert.Single(CacheAudit.Repositories(Cache["hub"])));
        Assert.Equal((Repository, 1, 3), (measured.Repository, measured.Revisions, measured.Contents));
        Assert.Equal((Weights.Length + Config.Length, 0L), (measured.Bytes, measured.UnfinishedBytes));
        var error = Assert.ThrowsAny<Llm360Exception>(() => CacheAudit.Repositories(Cache["hub"], "org/none"));
        Assert.Contains("org/model", error.Remedy, StringComparison.Ordinal);
    }

    private Task<CacheVerdict> VerifyAsync() =>
        CacheAudit.VerifyAsync(Assert.Single(CacheAudit.Repositories(Cache["hub"], Repository)), null, Stop);

    /// <summary>The files that a download hashes, without empty ones.</summary>
    private async Task<IReadOnlyList<string>> HashedAsync()
    {
        var hashed = new HashSet<string>();
        using var client = new HubClient(Settings with { Offline = true });
        await DownloadAsync(client, Stop, new Immediate(r =>
        {
            lock (hashed)
            {
                if (r.Task.StartsWith("check", StringComparison.Ordinal))
                    hashed.Add(r.Detail!);
            }
        }));
        return [.. hashed.Order(StringComparer.Ordinal)];
    }
}
