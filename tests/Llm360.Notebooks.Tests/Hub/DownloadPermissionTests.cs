// Limits on downloads without permission; a suite on disk needs neither permission nor the Hub.

namespace Llm360.Notebooks.Tests;

[Collection(nameof(HubEnvironment))]
public sealed class DownloadPermissionTests : HubFixture
{
    private const long CheckpointLength = 27_000_000_000;
    private readonly HubEnvironment environment = new();

    public override async ValueTask DisposeAsync()
    {
        environment.Dispose();
        await base.DisposeAsync();
    }

    [Theory]
    [InlineData("30GB", 30_000_000_000)]
    [InlineData(" 1.7 tb", 1_700_000_000_000)]
    [InlineData("500 kB", 500_000)]
    [InlineData("12", 12)]
    [InlineData("0B", 0)]
    [InlineData("All", long.MaxValue)]
    public void A_size_is_read(string text, long bytes) => Assert.Equal(bytes, Downloads.Parse(text, ""));

    [Theory]
    [InlineData("")]
    [InlineData("much")]
    [InlineData("-1GB")]
    [InlineData("1e99")]
    [InlineData("9999999PB")]
    [InlineData("1 GiB")]
    public void What_is_no_size_is_one_error(string text)
    {
        var error = Assert.ThrowsAny<Llm360Exception>(() => Downloads.Parse(text, "here"));
        Assert.Contains("30GB", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_is_allowed_is_refused_before_the_first_byte()
    {
        var tooLittle = Settings with { DownloadLimit = Weights.Length };
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => DownloadAsync(settings: tooLittle));
        Assert.Contains("org/model@ckpt_007 needs 3 MB", error.What, StringComparison.Ordinal);
        Assert.Contains("--yes", error.Remedy, StringComparison.Ordinal);
        Assert.Contains("Downloads.Allow(\"3.1 MB\")", error.Remedy, StringComparison.Ordinal);
        Assert.Equal(0, Hub.Sent);
        await DownloadAsync(settings: Settings with { DownloadLimit = Weights.Length + Config.Length });
        // Files in the cache are not fetched again.
        await DownloadAsync(settings: Settings with { DownloadLimit = 0 });
    }

    [Fact]
    public async Task What_has_arrived_needs_no_permission_again()
    {
        using var client = new HubClient(Settings);
        await using (var stream = await OpenAsync(client, "deep/in/weights.bin"))
            Read(stream, 1);
        await DownloadAsync(settings: Settings with { DownloadLimit = Weights.Length + Config.Length - HubStream.FirstPiece });
    }

    [Fact]
    public async Task The_calls_of_one_operation_count_together()
    {
        Hub.Add(Repository, "other", "second.bin", HubContent.Large(Bytes(2_000_000)));
        var settings = Settings with { DownloadLimit = 4_000_000 };
        using var client = new HubClient(settings);
        using (Downloads.Begin())
        {
            await DownloadAsync(client, Stop);
            var second = await client.ResolveAsync(Revision with { Revision = "other" }, Stop);
            var files = await second.ListAsync(Stop);
            var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => second.DownloadAsync(files, cancellation: Stop));
            Assert.Contains("after 3 MB", error.What, StringComparison.Ordinal);
        }

        using var another = Downloads.Begin();
        var allowed = await client.ResolveAsync(Revision with { Revision = "other" }, Stop);
        await allowed.DownloadAsync(await allowed.ListAsync(Stop), cancellation: Stop);
    }

    [Fact]
    public async Task Reading_on_and_on_is_stopped_at_the_limit()
    {
        Hub.Add(Repository, "ckpt_007", "train.jsonl", HubContent.Endless(Bytes(1000), 20_800_000_000));
        using var client = new HubClient(Settings with { DownloadLimit = 5_000_000 });
        await using var stream = await OpenAsync(client, "train.jsonl");
        var error = Assert.ThrowsAny<Llm360Exception>(() => Read(stream, 100_000_000));
        Assert.Contains("train.jsonl needs", error.What, StringComparison.Ordinal);
        Assert.InRange(Hub.Sent, HubStream.FirstPiece, 5_000_000);
    }

    [Fact]
    public async Task A_sweep_tells_its_whole_size_before_the_first_byte()
    {
        var checkpoints = Large(60);
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => Tables.ContinuationsAsync(checkpoints, "Gets or sets the"));
        Assert.StartsWith("60 checkpoints of org/large need about 1.6 TB from the Hugging Face Hub", error.What, StringComparison.Ordinal);
        Assert.Contains("LLM360_MAX_DOWNLOAD=\"1.7 TB\"", error.Remedy, StringComparison.Ordinal);
        Assert.DoesNotContain(Hub.Requests, r => r.Path.Contains("/resolve/", StringComparison.Ordinal));

        // Slightly less than needed: all listings are read, and their sum is exact.
        environment[Downloads.Variable] = "1.619TB";
        error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => checkpoints.RequireAsync(Stop));
        Assert.Contains("need 1.6 TB from", error.What, StringComparison.Ordinal);
        environment[Downloads.Variable] = "1.7TB";
        await checkpoints.RequireAsync(Stop);
        environment[Downloads.Variable] = "all";
        await checkpoints.RequireAsync(Stop);
    }

    [Fact]
    public async Task One_checkpoint_is_refused_before_its_small_files_come()
    {
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => Large(1)[0].FetchAsync());
        Assert.StartsWith("org/large@ckpt_000 needs 27 GB", error.What, StringComparison.Ordinal);
        Assert.DoesNotContain(Hub.Requests, r => r.Path.Contains("/resolve/", StringComparison.Ordinal));
    }

    [Fact]
    public void A_chunk_to_be_read_to_its_end_is_refused_as_a_whole()
    {
        UseHub();
        Hub.Add("datasets/org/rows", HubLocation.Main, "train.jsonl", HubContent.Endless("[1]\n"u8.ToArray(), 20_800_000_000));
        var chunk = new Chunk("train_000", 0, Cache["none"], new HubLocation("org/rows", HubLocation.Main, "train.jsonl", IsDataset: true));
        var error = Assert.ThrowsAny<Llm360Exception>(() => ChunkReader.Read(chunk).First());
        Assert.Contains("needs 20.8 GB", error.What, StringComparison.Ordinal);
        Assert.Equal(0, Hub.Sent);
        Assert.Equal([1], Assert.Single(ChunkReader.Read(chunk, limit: 1)).TokenIds);
    }

    [Fact]
    public async Task What_is_on_disk_does_not_depend_on_the_Hubs_variables()
    {
        environment["HF_ENDPOINT"] = "ftp://x";
        environment["HF_TOKEN"] = "two words";
        environment[Downloads.Variable] = "much";
        var checkpoint = new Checkpoint("ckpt_000", 0, 0, ImitationAmber.Fixture("ckpt_000"));
        await new[] { checkpoint }.RequireAsync(Stop);
        await ChunkReader.RequireAsync([new Chunk("rows", 0, ImitationAmber.Fixture("rows.jsonl"))], Stop);
        Assert.Equal(checkpoint.Folder, await checkpoint.FetchAsync());
        await foreach (var (_, model) in new[] { checkpoint }.SweepAsync(Device.Cpu))
            Assert.NotNull(model);
        using var client = new HubClient();
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => client.ResolveAsync(Revision, Stop));
        Assert.Contains("ftp://x", error.What, StringComparison.Ordinal);
    }

    private void UseHub()
    {
        environment["HF_ENDPOINT"] = Hub.Endpoint.ToString();
        environment["HF_HOME"] = Cache.Path;
    }

    private List<Checkpoint> Large(int count)
    {
        UseHub();
        var config = HubContent.Small(File.ReadAllBytes(Path.Combine(ImitationAmber.Fixture("ckpt_000"), "config.json")));
        var checkpoints = new List<Checkpoint>();
        for (var i = 0; i < count; i++)
        {
            var name = $"ckpt_{i:000}";
            checkpoints.Add(new Checkpoint(name, i, i, Cache["none", name], new HubLocation("org/large", name)));
            Hub.Add("org/large", name, "config.json", config);
            Hub.Add("org/large", name, "model.safetensors", HubContent.Endless([1], CheckpointLength + i));
        }

        return checkpoints;
    }
}
