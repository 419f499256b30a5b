// One repository on a fake Hub and a separate cache, for tests of the client.
using System.Text;

namespace Llm360.Notebooks.Tests;

public abstract class HubFixture : IAsyncLifetime
{
    protected const string Repository = "org/model";

    protected static HubLocation Revision { get; } = new(Repository, "ckpt_007");

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    protected byte[] Weights { get; } = Bytes(3_000_000);

    protected byte[] Config { get; } = Encoding.UTF8.GetBytes("{\"a\": 1}");

    private protected ImitationHub Hub { get; private set; } = null!;

    private protected TemporaryFolder Cache { get; } = new();

    private protected HubSettings Settings => new(Hub.Endpoint, Cache["hub"], "secret")
    {
        RetryDelay = TimeSpan.FromMilliseconds(1),
        Timeout = TimeSpan.FromSeconds(5),
    };

    public async ValueTask InitializeAsync() =>
        Hub = (await ImitationHub.StartAsync(TestContext.Current.CancellationToken))
            .Add(Repository, "ckpt_007", "config.json", HubContent.Small(Config))
            .Add(Repository, "ckpt_007", "deep/in/weights.bin", HubContent.Large(Weights))
            .Add(Repository, "ckpt_007", "empty.txt", HubContent.Small([]));

    public virtual async ValueTask DisposeAsync()
    {
        await Hub.DisposeAsync();
        Cache.Dispose();
        GC.SuppressFinalize(this);
    }

    protected string Blob(byte[] content) => Cache["hub", "models--org--model", "blobs", HubContent.Large(content).Etag];

    private protected async Task<string> DownloadAsync(CancellationToken? stop = null, HubSettings? settings = null)
    {
        using var client = new HubClient(settings ?? Settings);
        return await DownloadAsync(client, stop ?? Stop);
    }

    private protected static async Task<string> DownloadAsync(HubClient client, CancellationToken stop,
        IProgress<WorkProgress>? progress = null)
    {
        var revision = await client.ResolveAsync(Revision, Stop);
        return await revision.DownloadAsync(await revision.ListAsync(Stop), progress, stop);
    }

    private protected static async Task<IReadOnlyList<HubEntry>> ListAsync(HubClient client) =>
        await (await client.ResolveAsync(Revision, Stop)).ListAsync(Stop);

    private protected static async Task<Stream> OpenAsync(HubClient client, string path) =>
        await (await client.ResolveAsync(Revision, Stop)).OpenAsync(path, Stop);

    protected static byte[] Read(Stream stream, int count)
    {
        var bytes = new byte[count];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Flips one bit of a file. Sets the file's time, because two writes can have the same
    /// timestamp.</summary>
    internal static void Flip(string file, bool keepTime = false)
    {
        var time = File.GetLastWriteTimeUtc(file);
        using (var stream = File.Open(file, FileMode.Open))
        {
            stream.Position = stream.Length / 2;
            var bit = stream.ReadByte() ^ 1;
            stream.Position--;
            stream.WriteByte((byte)bit);
        }

        File.SetLastWriteTimeUtc(file, keepTime ? time : time.AddSeconds(1));
    }

    protected static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }
}
