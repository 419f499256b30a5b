// Downloads over a faulty network: broken connections are resumed, damaged data is detected.
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Llm360.Notebooks.Tests;

public sealed class HubDownloadTests : HubFixture
{
    [Fact]
    public async Task A_broken_connection_goes_on_where_it_broke()
    {
        Hub.CutAfter = r => r.IsStore ? 200_000 : null;
        var folder = await DownloadAsync();
        Assert.Equal(Weights, await File.ReadAllBytesAsync(Path.Combine(folder, "deep", "in", "weights.bin"), Stop));
        // Bytes in flight may be lost when a connection breaks, so the number of requests varies.
        var starts = Hub.Requests.Where(r => r.IsStore).Select(r => r.From!.Value).ToList();
        Assert.InRange(starts.Count, 15, 30);
        Assert.Equal(starts.Distinct().Order(), starts);
    }

    [Fact]
    public async Task Another_process_goes_on_with_what_has_arrived()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Hub.CutAfter = r =>
        {
            if (r is { IsStore: true, From: > 1_000_000 })
                stop.Cancel();
            return r.IsStore ? 600_000 : null;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => DownloadAsync(stop.Token));
        var arrived = new FileInfo(Blob(Weights) + ".partial").Length;
        Assert.InRange(arrived, 1_000_000, 2_000_000);
        Hub.Requests.Clear();
        Hub.CutAfter = null;
        var folder = await DownloadAsync();
        Assert.Equal(arrived, Assert.Single(Hub.Requests, r => r.IsStore).From);
        Assert.Equal(Weights, await File.ReadAllBytesAsync(Path.Combine(folder, "deep", "in", "weights.bin"), Stop));
    }

    [Fact]
    public async Task Clients_that_want_the_same_at_once_fetch_it_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => DownloadAsync()));
        Assert.Equal(Weights.Length + Config.Length, Hub.Sent);
    }

    [Fact]
    public async Task Damaged_once_it_is_fetched_again()
    {
        Hub.Damages = r => r.IsStore && Hub.Requests.Count(x => x.IsStore) == 1;
        var folder = await DownloadAsync();
        Assert.Equal(Weights, await File.ReadAllBytesAsync(Path.Combine(folder, "deep", "in", "weights.bin"), Stop));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Damaged_always_it_is_an_error_and_nothing_is_kept(bool large)
    {
        Hub.Damages = r => r.IsStore == large;
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => DownloadAsync());
        Assert.Contains("damaged", error.What, StringComparison.Ordinal);
        Assert.Contains(large ? "deep/in/weights.bin" : "config.json", error.Where, StringComparison.Ordinal);
        var blob = large ? Blob(Weights) : Cache["hub", "models--org--model", "blobs", HubContent.Small(Config).Etag];
        Assert.False(File.Exists(blob) || File.Exists(blob + ".partial"));
    }

    [Fact]
    public async Task A_server_without_ranges_sends_all_again()
    {
        Hub.CutAfter = r => r.IsStore && r.From is 0 ? 100_000 : null;
        Hub.Instead = async (request, context) =>
        {
            if (request is not { IsStore: true, From: > 0 })
                return false;
            await context.Response.Body.WriteAsync(Weights, Stop);
            return true;
        };
        var folder = await DownloadAsync();
        Assert.Equal(Weights, await File.ReadAllBytesAsync(Path.Combine(folder, "deep", "in", "weights.bin"), Stop));
    }

    [Fact]
    public async Task An_answer_that_stops_coming_is_one_error_and_kept()
    {
        Hub.Instead = async (request, context) =>
        {
            if (!request.IsStore)
                return false;
            context.Response.StatusCode = (int)HttpStatusCode.PartialContent;
            context.Response.GetTypedHeaders().ContentRange = new(request.From!.Value, Weights.Length - 1, Weights.Length);
            context.Response.ContentLength = Weights.Length - request.From;
            if (request.From == 0)
                await context.Response.Body.WriteAsync(Weights.AsMemory(0, 1000), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(
            () => DownloadAsync(settings: Settings with { Timeout = TimeSpan.FromMilliseconds(200) }));
        Assert.Contains("nothing came for", error.What, StringComparison.Ordinal);
        Assert.Equal(Weights[..1000], await File.ReadAllBytesAsync(Blob(Weights) + ".partial", Stop));
    }

    [Theory]
    [InlineData(200, null)]
    [InlineData(206, "bytes 0-19/20")]
    [InlineData(206, "bytes 5-24/3000000")]
    public async Task What_is_not_the_file_does_not_come_into_the_cache(int status, string? range)
    {
        var page = Encoding.UTF8.GetBytes("<html>sign in</html>");
        Hub.Instead = async (request, context) =>
        {
            if (!request.IsStore)
                return false;
            context.Response.StatusCode = status;
            context.Response.Headers.ContentRange = range;
            context.Response.ContentLength = page.Length;
            await context.Response.Body.WriteAsync(page, Stop);
            return true;
        };
        using var client = new HubClient(Settings);
        await using (var stream = await OpenAsync(client, "deep/in/weights.bin"))
            Assert.Contains("The answer", Assert.ThrowsAny<Llm360Exception>(() => stream.Read(new byte[10])).What,
                StringComparison.Ordinal);
        Hub.Instead = null;
        await using var again = await OpenAsync(client, "deep/in/weights.bin");
        Assert.Equal(Weights[..20], Read(again, 20));
    }

    [Fact]
    public async Task Progress_counts_what_is_there_and_ends_full()
    {
        var reports = new List<WorkProgress>();
        Hub.CutAfter = r => r.IsStore ? 1_000_000 : null;
        using var client = new HubClient(Settings);
        await DownloadAsync(client, Stop, new Immediate(reports.Add));
        Assert.All(reports, r => Assert.InRange(r.Done, 0, r.Total + 1e-9));
        Assert.Equal((Weights.Length + Config.Length) / 1e6, reports.Max(r => r.Done), 1e-9);
        Assert.Equal("MB", reports[0].Unit);
    }

    [Fact]
    public async Task The_beginning_of_a_file_larger_than_the_disk_costs_no_more_than_that()
    {
        var rows = Bytes(12_000);
        Hub.Add(Repository, "ckpt_007", "train.jsonl", HubContent.Endless(rows, 20_800_000_000_000));
        const string file = "train.jsonl";
        using (var client = new HubClient(Settings))
        {
            await using var stream = await OpenAsync(client, file);
            Assert.Equal(rows, Read(stream, rows.Length));
            Assert.Equal(rows, Read(stream, rows.Length));
            Assert.Equal(HubStream.FirstPiece, Hub.Sent);
        }

        // The piece stays in the cache. Another client reads it offline and fetches only later
        // bytes.
        using var offline = new HubClient(Settings with { Offline = true });
        await using var again = await OpenAsync(offline, file);
        Assert.Equal(HubStream.FirstPiece, Read(again, HubStream.FirstPiece).Length);
        Assert.Contains("HF_HUB_OFFLINE", Assert.ThrowsAny<Llm360Exception>(() => again.Read(new byte[1])).Message,
            StringComparison.Ordinal);
        using var third = new HubClient(Settings);
        await using var further = await OpenAsync(third, file);
        Assert.Equal(HubStream.FirstPiece + 1, Read(further, HubStream.FirstPiece + 1).Length);
        Assert.Equal([0L, HubStream.FirstPiece], Hub.Requests.Where(r => r.IsStore).Select(r => r.From!.Value));
    }

    [Fact]
    public async Task A_file_read_to_its_end_is_whole_and_checked()
    {
        using var client = new HubClient(Settings);
        const string file = "deep/in/weights.bin";
        await using (var stream = await OpenAsync(client, file))
        {
            Assert.Equal(Weights, Read(stream, Weights.Length));
            Assert.Equal(0, stream.Read(new byte[10]));
        }

        Assert.True(File.Exists(Blob(Weights)));
        (await OpenAsync(client, file)).Dispose();
        Assert.Equal(Weights, await File.ReadAllBytesAsync(Path.Combine(client.Snapshot(Revision)!, "deep", "in", "weights.bin"), Stop));
    }

    [Fact]
    public async Task Readers_of_one_file_at_once_share_what_is_fetched()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            using var client = new HubClient(Settings);
            await using var stream = await OpenAsync(client, "deep/in/weights.bin");
            Assert.Equal(Weights, Read(stream, Weights.Length));
        })));
        Assert.Equal(Weights.Length, Hub.Sent);
    }

    [Fact]
    public async Task A_renamed_repository_is_followed()
    {
        Hub.Instead = (request, context) =>
        {
            if (request.IsStore || !request.Path.Contains("old/name", StringComparison.Ordinal))
                return Task.FromResult(false);
            context.Response.StatusCode = (int)HttpStatusCode.TemporaryRedirect;
            context.Response.Headers.Location =
                "/" + request.Path.Replace("old/name", Repository, StringComparison.Ordinal) + context.Request.QueryString;
            return Task.FromResult(true);
        };
        using var client = new HubClient(Settings);
        var old = Revision with { Repository = "old/name" };
        var revision = await client.ResolveAsync(old, Stop);
        var folder = await revision.DownloadAsync(await revision.ListAsync(Stop), cancellation: Stop);
        Assert.Contains("models--old--name", folder, StringComparison.Ordinal);
        Assert.Equal(Weights, await File.ReadAllBytesAsync(Path.Combine(folder, "deep", "in", "weights.bin"), Stop));
    }

    [Fact]
    public async Task The_token_goes_to_the_Hub_alone()
    {
        await DownloadAsync();
        Assert.All(Hub.Requests, r => Assert.Equal(r.IsStore ? null : "Bearer secret", r.Token));
        Assert.Contains(Hub.Requests, r => r.IsStore);
        Assert.DoesNotContain("secret", Settings.ToString(), StringComparison.Ordinal);
    }
}
