// A busy, slow, silent or unreachable Hub: waits, retries and progress reports.
using System.Net;
using Microsoft.AspNetCore.Http;

namespace Llm360.Notebooks.Tests;

public sealed class HubPatienceTests : HubFixture
{
    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.RequestTimeout)]
    [InlineData(HttpStatusCode.BadGateway)]
    public async Task A_busy_Hub_is_asked_again(HttpStatusCode status)
    {
        var refused = 0;
        Hub.Instead = (_, context) =>
        {
            if (Interlocked.Increment(ref refused) > 3)
                return Task.FromResult(false);
            context.Response.StatusCode = (int)status;
            return Task.FromResult(true);
        };
        using var client = new HubClient(Settings);
        Assert.Equal(Hub.Commit(Repository, "ckpt_007"), (await client.ResolveAsync(Revision, Stop)).Commit);
        Assert.Equal(4, Hub.Requests.Count);
    }

    [Theory]
    [InlineData("Retry-After", "1")]
    [InlineData("RateLimit", "\"api\";r=0;t=1")]
    public async Task The_delay_that_the_Hub_asks_for_is_kept(string header, string value)
    {
        var times = new List<DateTime>();
        Hub.Instead = (_, context) =>
        {
            times.Add(DateTime.UtcNow);
            if (times.Count > 1)
                return Task.FromResult(false);
            context.Response.StatusCode = (int)HttpStatusCode.TooManyRequests;
            context.Response.Headers[header] = value;
            return Task.FromResult(true);
        };
        using var client = new HubClient(Settings);
        await client.ResolveAsync(Revision, Stop);
        Assert.InRange((times[1] - times[0]).TotalSeconds, 0.9, double.MaxValue);
    }

    [Fact]
    public async Task Who_asks_for_an_hours_patience_is_not_asked_again()
    {
        Hub.Instead = (_, context) =>
        {
            context.Response.StatusCode = (int)HttpStatusCode.TooManyRequests;
            context.Response.Headers.RetryAfter = "3600";
            return Task.FromResult(true);
        };
        using var client = new HubClient(Settings);
        Assert.Contains("wait 60 minutes", (await Assert.ThrowsAnyAsync<Llm360Exception>(() => client.ResolveAsync(Revision, Stop))).What,
            StringComparison.Ordinal);
        Assert.Equal(Hub.Requests.DistinctBy(r => r.Path).Count(), Hub.Requests.Count);
    }

    [Fact]
    public async Task Waiting_shows()
    {
        var reports = new List<WorkProgress>();
        using var surroundings = AmbientWork.Begin(new Immediate(r =>
        {
            lock (reports)
                reports.Add(r);
        }), Stop);
        var refused = 0;
        Hub.Instead = (_, context) =>
        {
            if (Interlocked.Increment(ref refused) > 2)
                return Task.FromResult(false);
            context.Response.StatusCode = (int)HttpStatusCode.BadGateway;
            return Task.FromResult(true);
        };
        using (var client = new HubClient(Settings))
            await client.ResolveAsync(Revision, Stop);
        Assert.Equal(
            ["1 of 4: 502", "2 of 4: 502"],
            reports.Where(r => r.Task == "ask the Hub again").Select(r => $"{r.Done} of {r.Total}: {r.Detail![^3..]}"));
        // Another process holds the lock of the blob.
        Directory.CreateDirectory(Cache["hub", ".locks", "models--org--model"]);
        var path = Cache["hub", ".locks", "models--org--model", HubContent.Large(Weights).Etag + ".lock"];
        using (new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            var download = DownloadAsync(stop.Token);
            while (true)
            {
                await Task.Delay(50, Stop);
                lock (reports)
                {
                    const string report = "another process fetches org/model@ckpt_007/deep/in/weights.bin";
                    if (reports.Any(r => r.Task.StartsWith(report, StringComparison.Ordinal)))
                        break;
                }
            }

            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => download);
        }
    }

    [Fact]
    public async Task A_Hub_that_stays_silent_is_one_error()
    {
        Hub.Instead = async (_, context) =>
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        using var client = new HubClient(Settings with { Timeout = TimeSpan.FromMilliseconds(500) });
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => client.ResolveAsync(Revision, Stop));
        Assert.Contains("cannot be reached: no answer in", error.What, StringComparison.Ordinal);
        Assert.Equal(5, Hub.Requests.Count);
    }

    [Fact]
    public async Task No_Hub_at_all_is_one_error()
    {
        using var client = new HubClient(Settings with { Endpoint = new Uri("http://127.0.0.1:9/") });
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => client.ResolveAsync(Revision, Stop));
        Assert.Contains("cannot be reached", error.What, StringComparison.Ordinal);
        Assert.Contains("org/model@ckpt_007", error.Where, StringComparison.Ordinal);
        Assert.Contains("HF_ENDPOINT", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listing_that_breaks_off_is_asked_for_again_and_one_that_stalls_is_an_error()
    {
        var answers = 0;
        Hub.Instead = async (request, context) =>
        {
            if (!request.Path.Contains("/tree/", StringComparison.Ordinal) || Interlocked.Increment(ref answers) > 1)
                return false;
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("[", Stop);
            await context.Response.Body.FlushAsync(Stop);
            context.Abort();
            return true;
        };
        using (var client = new HubClient(Settings))
            Assert.Equal(3, (await ListAsync(client)).Count);
        Directory.Delete(Cache["hub"], recursive: true);
        Hub.Instead = async (request, context) =>
        {
            await context.Response.WriteAsync("{", Stop);
            await context.Response.Body.FlushAsync(Stop);
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        using var impatient = new HubClient(Settings with { Timeout = TimeSpan.FromMilliseconds(200) });
        Assert.Contains("nothing came for",
            (await Assert.ThrowsAsync<HubUnreachableException>(() => impatient.ResolveAsync(Revision, Stop))).What,
            StringComparison.Ordinal);
    }
}
