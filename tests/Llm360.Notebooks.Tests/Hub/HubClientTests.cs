// The Hub's client against an imitation of the Hub: the cache's layout, going on, what goes wrong.
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Llm360.Notebooks.Hub;
using Llm360.Notebooks.Suites;
using Microsoft.AspNetCore.Http;

namespace Llm360.Notebooks.Tests.Hub;

public sealed class HubClientTests : IAsyncLifetime
{
    private const string Repository = "org/model";
    private static readonly HubLocation Revision = new(Repository, "ckpt_007");
    private readonly byte[] weights = Bytes(3_000_000);
    private readonly byte[] config = Encoding.UTF8.GetBytes("{\"a\": 1}");
    private readonly TemporaryFolder cache = new();
    private ImitationHub hub = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private HubSettings Settings => new(hub.Endpoint, cache["hub"], "secret") { RetryDelay = TimeSpan.FromMilliseconds(1), Timeout = TimeSpan.FromSeconds(5) };

    private string Blob(byte[] content) => cache["hub", "models--org--model", "blobs", HubContent.Large(content).Etag];

    public async ValueTask InitializeAsync() =>
        hub = (await ImitationHub.StartAsync()).Add(Repository, "ckpt_007", "config.json", HubContent.Small(config)).Add(Repository, "ckpt_007", "deep/in/weights.bin", HubContent.Large(weights)).Add(Repository, "ckpt_007", "empty.txt", HubContent.Small([]));

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        cache.Dispose();
    }

    [Fact]
    public async Task A_revision_lies_in_the_cache_as_Python_lays_it()
    {
        var folder = await DownloadAsync();
        var commit = hub.Commit(Repository, "ckpt_007");
        Assert.Equal(cache["hub", "models--org--model", "snapshots", commit], folder);
        Assert.Equal(commit, await File.ReadAllTextAsync(cache["hub", "models--org--model", "refs", "ckpt_007"], Stop));
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(folder, "deep", "in", "weights.bin"), Stop));
        Assert.Equal(config, await File.ReadAllBytesAsync(Path.Combine(folder, "config.json"), Stop));
        Assert.Empty(await File.ReadAllBytesAsync(Path.Combine(folder, "empty.txt"), Stop));
        Assert.Equal($"../../../../blobs/{HubContent.Large(weights).Etag}", new FileInfo(Path.Combine(folder, "deep", "in", "weights.bin")).LinkTarget);
        Assert.Equal($"../../blobs/{HubContent.Small(config).Etag}", new FileInfo(Path.Combine(folder, "config.json")).LinkTarget);
        Assert.True(File.Exists(cache["hub", "CACHEDIR.TAG"]));
        Assert.True(File.Exists(cache["hub", ".locks", "models--org--model", HubContent.Large(weights).Etag + ".lock"]));
        Assert.Empty(Directory.EnumerateFiles(cache.Path, "*.partial", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task What_is_in_the_cache_is_not_asked_for()
    {
        await DownloadAsync();
        var asked = hub.Requests.Count;
        using var client = new HubClient(Settings with { Offline = true });
        var revision = await client.ResolveAsync(Revision, Stop);
        Assert.Equal(client.Snapshot(Revision), await revision.DownloadAsync(await revision.ListAsync(Stop), cancellation: Stop));
        await using var stream = await revision.OpenAsync("deep/in/weights.bin", Stop);
        Assert.Equal(weights, Read(stream, weights.Length));
        Assert.Equal(asked, hub.Requests.Count);
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => client.ResolveAsync(Revision with { Revision = "other" }, Stop));
        Assert.Contains("HF_HUB_OFFLINE", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_token_goes_to_the_Hub_alone()
    {
        await DownloadAsync();
        Assert.All(hub.Requests, r => Assert.Equal(r.IsStore ? null : "Bearer secret", r.Token));
        Assert.Contains(hub.Requests, r => r.IsStore);
        Assert.DoesNotContain("secret", Settings.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_connection_goes_on_where_it_broke()
    {
        hub.CutAfter = r => r.IsStore ? 200_000 : null;
        var folder = await DownloadAsync();
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(folder, "deep", "in", "weights.bin"), Stop));
        // What was under way when a connection broke may be lost with it.
        var starts = hub.Requests.Where(r => r.IsStore).Select(r => r.From!.Value).ToList();
        Assert.InRange(starts.Count, 15, 30);
        Assert.Equal(starts.Distinct().Order(), starts);
    }

    [Fact]
    public async Task Another_process_goes_on_with_what_has_arrived()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        hub.CutAfter = r =>
        {
            if (r is { IsStore: true, From: > 1_000_000 })
                stop.Cancel();
            return r.IsStore ? 600_000 : null;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => DownloadAsync(stop.Token));
        var arrived = new FileInfo(Blob(weights) + ".partial").Length;
        Assert.InRange(arrived, 1_000_000, 2_000_000);
        hub.Requests.Clear();
        hub.CutAfter = null;
        var folder = await DownloadAsync();
        Assert.Equal(arrived, Assert.Single(hub.Requests, r => r.IsStore).From);
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(folder, "deep", "in", "weights.bin"), Stop));
    }

    [Fact]
    public async Task Clients_that_want_the_same_at_once_fetch_it_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => DownloadAsync()));
        Assert.Equal(weights.Length + config.Length, hub.Sent);
    }

    [Fact]
    public async Task Damaged_once_it_is_fetched_again()
    {
        hub.Damages = r => r.IsStore && hub.Requests.Count(x => x.IsStore) == 1;
        var folder = await DownloadAsync();
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(folder, "deep", "in", "weights.bin"), Stop));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Damaged_always_it_is_an_error_and_nothing_is_kept(bool large)
    {
        hub.Damages = r => r.IsStore == large;
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => DownloadAsync());
        Assert.Contains("damaged", error.What, StringComparison.Ordinal);
        Assert.Contains(large ? "deep/in/weights.bin" : "config.json", error.Where, StringComparison.Ordinal);
        var blob = large ? Blob(weights) : cache["hub", "models--org--model", "blobs", HubContent.Small(config).Etag];
        Assert.False(File.Exists(blob) || File.Exists(blob + ".partial"));
    }

    [Fact]
    public async Task A_server_without_ranges_sends_all_again()
    {
        hub.CutAfter = r => r.IsStore && r.From is 0 ? 100_000 : null;
        hub.Instead = async (request, context) =>
        {
            if (request is not { IsStore: true, From: > 0 })
                return false;
            await context.Response.Body.WriteAsync(weights, Stop);
            return true;
        };
        var folder = await DownloadAsync();
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(folder, "deep", "in", "weights.bin"), Stop));
    }

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.RequestTimeout)]
    [InlineData(HttpStatusCode.BadGateway)]
    public async Task A_busy_Hub_is_asked_again(HttpStatusCode status)
    {
        var refused = 0;
        hub.Instead = (_, context) =>
        {
            if (Interlocked.Increment(ref refused) > 3)
                return Task.FromResult(false);
            context.Response.StatusCode = (int)status;
            return Task.FromResult(true);
        };
        using var client = new HubClient(Settings);
        Assert.Equal(hub.Commit(Repository, "ckpt_007"), (await client.ResolveAsync(Revision, Stop)).Commit);
        Assert.Equal(4, hub.Requests.Count);
    }

    [Fact]
    public async Task The_Hubs_own_delay_is_kept()
    {
        var times = new List<DateTime>();
        hub.Instead = (_, context) =>
        {
            times.Add(DateTime.UtcNow);
            if (times.Count > 1)
                return Task.FromResult(false);
            context.Response.StatusCode = (int)HttpStatusCode.TooManyRequests;
            context.Response.Headers.RetryAfter = "1";
            return Task.FromResult(true);
        };
        using var client = new HubClient(Settings);
        await client.ResolveAsync(Revision, Stop);
        Assert.InRange((times[1] - times[0]).TotalSeconds, 0.9, double.MaxValue);
    }

    [Fact]
    public async Task Who_asks_for_an_hours_patience_is_not_asked_again()
    {
        hub.Instead = (_, context) =>
        {
            context.Response.StatusCode = (int)HttpStatusCode.TooManyRequests;
            context.Response.Headers.RetryAfter = "3600";
            return Task.FromResult(true);
        };
        using var client = new HubClient(Settings);
        Assert.Contains("wait 60 minutes", (await Assert.ThrowsAnyAsync<Llm360Exception>(() => client.ResolveAsync(Revision, Stop))).What, StringComparison.Ordinal);
        Assert.Equal(hub.Requests.DistinctBy(r => r.Path).Count(), hub.Requests.Count);
    }

    [Fact]
    public async Task The_Hubs_count_of_requests_is_waited_for()
    {
        var times = new List<DateTime>();
        hub.Instead = (_, context) =>
        {
            times.Add(DateTime.UtcNow);
            if (times.Count > 1)
                return Task.FromResult(false);
            context.Response.StatusCode = (int)HttpStatusCode.TooManyRequests;
            context.Response.Headers["RateLimit"] = "\"api\";r=0;t=1";
            return Task.FromResult(true);
        };
        using var client = new HubClient(Settings);
        await client.ResolveAsync(Revision, Stop);
        Assert.InRange((times[1] - times[0]).TotalSeconds, 0.9, double.MaxValue);
    }

    [Fact]
    public async Task One_question_answers_for_all_revisions_and_leaves_no_reference_without_files()
    {
        for (var i = 0; i < 360; i++)
            hub.Add("org/suite", $"ckpt_{i:000}", "config.json", HubContent.Small(config));
        using var client = new HubClient(Settings);
        for (var i = 0; i < 360; i++)
            Assert.Equal(hub.Commit("org/suite", $"ckpt_{i:000}"), (await client.ResolveAsync(new HubLocation("org/suite", $"ckpt_{i:000}"), Stop)).Commit);
        Assert.Equal("api/models/org/suite/refs", Assert.Single(hub.Requests).Path);
        Assert.False(Directory.Exists(cache["hub", "models--org--suite", "refs"]));
        var revision = await client.ResolveAsync(new HubLocation("org/suite", "ckpt_003"), Stop);
        await revision.DownloadAsync(await revision.ListAsync(Stop), cancellation: Stop);
        Assert.Equal(["ckpt_003"], Directory.EnumerateFiles(cache["hub", "models--org--suite", "refs"]).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(404, "not known")]
    [InlineData(200, "{}")]
    [InlineData(200, "{\"branches\": [{\"name\": null}], \"tags\": []}")]
    [InlineData(200, "<html>")]
    public async Task A_mirror_that_does_not_tell_all_revisions_tells_the_one(int status, string answer)
    {
        hub.Instead = async (request, context) =>
        {
            if (!request.Path.EndsWith("/refs", StringComparison.Ordinal))
                return false;
            context.Response.StatusCode = status;
            await context.Response.WriteAsync(answer, Stop);
            return true;
        };
        Assert.EndsWith(hub.Commit(Repository, "ckpt_007"), await DownloadAsync(), StringComparison.Ordinal);
        var asked = hub.Requests.Count;
        await DownloadAsync();
        Assert.Equal(asked, hub.Requests.Count);
    }

    [Fact]
    public async Task Waiting_shows()
    {
        var reports = new List<WorkProgress>();
        using var surroundings = Work.Begin(new Immediate(r =>
        {
            lock (reports)
                reports.Add(r);
        }), Stop);
        var refused = 0;
        hub.Instead = (_, context) =>
        {
            if (Interlocked.Increment(ref refused) > 2)
                return Task.FromResult(false);
            context.Response.StatusCode = (int)HttpStatusCode.BadGateway;
            return Task.FromResult(true);
        };
        using (var client = new HubClient(Settings))
            await client.ResolveAsync(Revision, Stop);
        Assert.Equal(["1 of 4: 502", "2 of 4: 502"], reports.Where(r => r.Task == "ask the Hub again").Select(r => $"{r.Done} of {r.Total}: {r.Detail![^3..]}"));
        // Another process holds the content.
        Directory.CreateDirectory(cache["hub", ".locks", "models--org--model"]);
        using (new FileStream(cache["hub", ".locks", "models--org--model", HubContent.Large(weights).Etag + ".lock"], FileMode.Create, FileAccess.ReadWrite, FileShare.None))
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            var download = DownloadAsync(stop.Token);
            while (true)
            {
                await Task.Delay(50, Stop);
                lock (reports)
                {
                    if (reports.Any(r => r.Task.StartsWith("another process fetches org/model@ckpt_007/deep/in/weights.bin", StringComparison.Ordinal)))
                        break;
                }
            }

            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => download);
        }
    }

    [Fact]
    public async Task A_page_for_people_is_told_from_an_answer()
    {
        hub.Instead = async (_, context) =>
        {
            await context.Response.WriteAsync("<!doctype html><p>Sign in", Stop);
            return true;
        };
        using var client = new HubClient(Settings);
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => client.ResolveAsync(Revision, Stop));
        Assert.Contains("sign in", error.What, StringComparison.Ordinal);
        Assert.Contains(hub.Endpoint.ToString(), error.Where, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Hub_that_stays_silent_is_one_error()
    {
        hub.Instead = async (_, context) =>
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        using var client = new HubClient(Settings with { Timeout = TimeSpan.FromMilliseconds(100) });
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => client.ResolveAsync(Revision, Stop));
        Assert.Contains("cannot be reached: no answer in", error.What, StringComparison.Ordinal);
        Assert.Equal(5, hub.Requests.Count);
    }

    [Fact]
    public async Task An_answer_that_stops_coming_is_one_error_and_kept()
    {
        hub.Instead = async (request, context) =>
        {
            if (!request.IsStore)
                return false;
            context.Response.StatusCode = (int)HttpStatusCode.PartialContent;
            context.Response.GetTypedHeaders().ContentRange = new(request.From!.Value, weights.Length - 1, weights.Length);
            context.Response.ContentLength = weights.Length - request.From;
            if (request.From == 0)
                await context.Response.Body.WriteAsync(weights.AsMemory(0, 1000), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => DownloadAsync(settings: Settings with { Timeout = TimeSpan.FromMilliseconds(200) }));
        Assert.Contains("nothing came for", error.What, StringComparison.Ordinal);
        Assert.Equal(weights[..1000], await File.ReadAllBytesAsync(Blob(weights) + ".partial", Stop));
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

    [Theory]
    [InlineData(404, "RevisionNotFound", "has no revision ckpt_007", "branches")]
    [InlineData(404, "RepoNotFound", "does not exist, or is not open", "HF_TOKEN")]
    [InlineData(401, "", "the token does not open it", "HF_TOKEN")]
    [InlineData(403, "GatedRepo", "asks for consent", "org/model")]
    [InlineData(404, "", "does not have it", "org/model")]
    [InlineData(400, "", "answers 400", "Try again")]
    public async Task What_the_Hub_refuses_is_told(int status, string code, string what, string remedy)
    {
        hub.Instead = (_, context) =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers["X-Error-Code"] = code;
            return Task.FromResult(true);
        };
        using var client = new HubClient(Settings);
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => ListAsync(client));
        Assert.Contains(what, error.What, StringComparison.Ordinal);
        Assert.Contains(remedy, error.Remedy, StringComparison.Ordinal);
        Assert.Equal(hub.Requests.DistinctBy(r => r.Path).Count(), hub.Requests.Count);
    }

    [Fact]
    public async Task A_missing_file_is_named()
    {
        using var client = new HubClient(Settings);
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => OpenAsync(client, "train/none.jsonl"));
        Assert.Contains("has no file train/none.jsonl", error.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../../evil")]
    [InlineData("a/../../evil")]
    [InlineData("/evil")]
    [InlineData("a\\..\\evil")]
    [InlineData("C:evil")]
    [InlineData("")]
    public async Task A_name_that_leads_out_of_the_cache_is_refused(string name)
    {
        hub.Instead = async (request, context) =>
        {
            if (!request.Path.Contains("/tree/", StringComparison.Ordinal))
                return false;
            await context.Response.WriteAsJsonAsync(new[] { new { type = "file", path = name, size = 3, oid = "abc" } }, Stop);
            return true;
        };
        using var client = new HubClient(Settings);
        Assert.Contains("cannot be used", (await Assert.ThrowsAnyAsync<Llm360Exception>(() => ListAsync(client))).What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("org/model", "../../x", "")]
    [InlineData("org/..", "main", "")]
    [InlineData("../model", "main", "")]
    [InlineData("model", "main", "")]
    [InlineData("org/model", "main", "a/../b")]
    public async Task A_place_that_is_none_is_refused(string repository, string revision, string path)
    {
        using var client = new HubClient(Settings);
        await Assert.ThrowsAnyAsync<Llm360Exception>(() => client.ResolveAsync(new HubLocation(repository, revision, path), Stop));
        Assert.Empty(hub.Requests);
    }

    [Theory]
    [InlineData("sha", "../../evil")]
    [InlineData("sha", "ABC")]
    [InlineData("other", "x")]
    public async Task A_commit_that_is_none_is_refused(string key, string value)
    {
        hub.Instead = async (_, context) =>
        {
            await context.Response.WriteAsJsonAsync(new Dictionary<string, string> { [key] = value }, Stop);
            return true;
        };
        using var client = new HubClient(Settings);
        Assert.Contains("cannot be used", (await Assert.ThrowsAnyAsync<Llm360Exception>(() => client.ResolveAsync(Revision, Stop))).What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"oid\": \"../../../evil\", \"size\": 3")]
    [InlineData("\"oid\": \"\", \"size\": 3")]
    [InlineData("\"oid\": \"abc\", \"size\": -3")]
    [InlineData("\"oid\": \"abc\", \"size\": \"many\"")]
    [InlineData("\"oid\": \"abc\", \"size\": 3, \"lfs\": {\"oid\": \"../x\"}")]
    [InlineData("\"size\": 3")]
    [InlineData("\"size\": 3, \"oid\": null")]
    [InlineData("\"size\": 3, \"oid\": \"abc\"}, {\"type\": \"file\", \"path\": \"a\", \"size\": 3, \"oid\": \"abd\"")]
    [InlineData("\"size\": 9223372036854775807, \"oid\": \"abc\"")]
    public async Task A_listing_that_makes_no_sense_is_refused(string rest)
    {
        hub.Instead = async (request, context) =>
        {
            if (request.Path.Contains("/tree/", StringComparison.Ordinal))
                await context.Response.WriteAsync($"[{{\"type\": \"file\", \"path\": \"a\", {rest}}}]", Stop);
            return request.Path.Contains("/tree/", StringComparison.Ordinal);
        };
        Assert.Contains("cannot be used", (await Assert.ThrowsAnyAsync<Llm360Exception>(() => DownloadAsync())).What, StringComparison.Ordinal);
        Assert.False(Directory.Exists(cache["hub", "models--org--model", "trees"]));
    }

    [Fact]
    public async Task A_listing_is_asked_for_once_and_shared_with_Python()
    {
        using var client = new HubClient(Settings);
        var listed = await ListAsync(client);
        var json = JsonNode.Parse(await File.ReadAllTextAsync(cache["hub", "models--org--model", "trees", hub.Commit(Repository, "ckpt_007") + ".json"], Stop))!;
        Assert.Equal(1, (int)json["format_version"]!);
        Assert.Equal(["config.json", "deep/in/weights.bin", "empty.txt"], json["files"]!.AsObject().Select(f => f.Key));
        Assert.Equal(["size", "blob_id", "lfs_sha256", "lfs_size", "xet_hash"], json["files"]!["deep/in/weights.bin"]!.AsObject().Select(f => f.Key));
        Assert.Equal(HubContent.Large(weights).Etag, (string?)json["files"]!["deep/in/weights.bin"]!["lfs_sha256"]);
        Assert.Equal(["size", "blob_id"], json["files"]!["config.json"]!.AsObject().Select(f => f.Key));
        var asked = hub.Requests.Count;
        Assert.Equal(listed, await ListAsync(client));
        Assert.Equal(asked, hub.Requests.Count);
    }

    [Fact]
    public async Task A_renamed_repository_is_followed()
    {
        hub.Instead = (request, context) =>
        {
            if (request.IsStore || !request.Path.Contains("old/name", StringComparison.Ordinal))
                return Task.FromResult(false);
            context.Response.StatusCode = (int)HttpStatusCode.TemporaryRedirect;
            context.Response.Headers.Location = "/" + request.Path.Replace("old/name", Repository, StringComparison.Ordinal) + context.Request.QueryString;
            return Task.FromResult(true);
        };
        using var client = new HubClient(Settings);
        var old = Revision with { Repository = "old/name" };
        var revision = await client.ResolveAsync(old, Stop);
        var folder = await revision.DownloadAsync(await revision.ListAsync(Stop), cancellation: Stop);
        Assert.Contains("models--old--name", folder, StringComparison.Ordinal);
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(folder, "deep", "in", "weights.bin"), Stop));
    }

    [Fact]
    public async Task Redirects_in_a_circle_end()
    {
        hub.Instead = (request, context) =>
        {
            context.Response.StatusCode = (int)HttpStatusCode.Found;
            context.Response.Headers.Location = "/" + request.Path;
            return Task.FromResult(true);
        };
        using var client = new HubClient(Settings);
        await Assert.ThrowsAnyAsync<Llm360Exception>(() => client.ResolveAsync(Revision, Stop));
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
        Assert.DoesNotContain(hub.Requests, r => r.IsStore);
    }

    [Fact]
    public async Task What_has_arrived_needs_no_room_again()
    {
        var free = new DriveInfo(cache.Path).AvailableFreeSpace;
        var large = HubContent.Endless(Bytes(1000), free + 1_000_000_000);
        hub.Add(Repository, "ckpt_007", "large.bin", large);
        var partial = cache["hub", "models--org--model", "blobs", large.Etag + ".partial"];
        Directory.CreateDirectory(Path.GetDirectoryName(partial)!);
        using (var file = File.Create(partial))
            file.SetLength(large.Length - 100_000); // A hole: it takes no room.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        hub.CutAfter = r =>
        {
            if (r.IsStore)
                stop.Cancel();
            return null;
        };
        using var client = new HubClient(Settings);
        var revision = await client.ResolveAsync(Revision, Stop);
        var entry = (await revision.ListAsync(Stop)).Single(f => f.Path == "large.bin");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => revision.DownloadAsync([entry], cancellation: stop.Token));
        Assert.Equal(large.Length - 100_000, Assert.Single(hub.Requests, r => r.IsStore).From);
    }

    [Fact]
    public async Task A_content_that_is_there_is_linked_without_a_request()
    {
        var folder = await DownloadAsync();
        File.Delete(Path.Combine(folder, "deep", "in", "weights.bin"));
        var asked = hub.Requests.Count;
        await DownloadAsync();
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(folder, "deep", "in", "weights.bin"), Stop));
        Assert.Equal(asked, hub.Requests.Count);
    }

    [Fact]
    public async Task Where_links_are_not_allowed_the_files_themselves_are_found()
    {
        var folder = await DownloadAsync();
        foreach (var file in new[] { "config.json", "empty.txt", Path.Combine("deep", "in", "weights.bin") }.Select(f => Path.Combine(folder, f)))
        {
            var blob = File.ResolveLinkTarget(file, returnFinalTarget: true)!.FullName;
            File.Delete(file);
            File.Move(blob, file);
        }

        var asked = hub.Requests.Count;
        using var client = new HubClient(Settings);
        await DownloadAsync(client, Stop);
        await using (var stream = await OpenAsync(client, "deep/in/weights.bin"))
            Assert.Equal(weights, Read(stream, weights.Length));
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(folder, "deep", "in", "weights.bin"), Stop));
        Assert.Equal(asked, hub.Requests.Count);
    }

    [Fact]
    public async Task A_listing_that_breaks_off_is_asked_for_again_and_one_that_stalls_is_an_error()
    {
        var answers = 0;
        hub.Instead = async (request, context) =>
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
        Directory.Delete(cache["hub"], recursive: true);
        hub.Instead = async (request, context) =>
        {
            await context.Response.WriteAsync("{", Stop);
            await context.Response.Body.FlushAsync(Stop);
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        using var impatient = new HubClient(Settings with { Timeout = TimeSpan.FromMilliseconds(200) });
        Assert.Contains("nothing came for", (await Assert.ThrowsAsync<HubUnreachableException>(() => impatient.ResolveAsync(Revision, Stop))).What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<https://huggingface.example/api/models/org/model/tree/x?recursive=true&cursor=2>; rel=\"next\"", 3)]
    [InlineData("</prev?cursor=0>; rel=\"prev\", <?recursive=true&cursor=2>; rel=\"next\"", 3)]
    [InlineData("</prev?cursor=0>; rel=\"prev\"", 0)]
    [InlineData("rel=\"next\"", 0)]
    [InlineData("<nowhere>; rel=\"next\"", 0)]
    public async Task A_link_to_the_next_page_is_followed_or_an_error(string link, int files)
    {
        hub.Instead = (request, context) =>
        {
            if (request.Path.Contains("/tree/", StringComparison.Ordinal) && !context.Request.QueryString.Value!.Contains("cursor", StringComparison.Ordinal))
            {
                context.Response.OnStarting(() =>
                {
                    context.Response.Headers.Link = link;
                    return Task.CompletedTask;
                });
            }

            return Task.FromResult(false);
        };
        using var client = new HubClient(Settings);
        if (files > 0)
            Assert.Equal(files, (await ListAsync(client)).Count);
        else
            Assert.Contains("next page", (await Assert.ThrowsAnyAsync<Llm360Exception>(() => ListAsync(client))).What, StringComparison.Ordinal);
        Assert.All(hub.Requests, r => Assert.False(r.IsStore));
    }

    [Fact]
    public async Task A_revision_stays_the_commit_it_was_found_to_be()
    {
        using var client = new HubClient(Settings);
        var revision = await client.ResolveAsync(Revision, Stop);
        var files = await revision.ListAsync(Stop);
        // As Python does when it looks again and the branch has moved.
        Directory.CreateDirectory(cache["hub", "models--org--model", "refs"]);
        await File.WriteAllTextAsync(cache["hub", "models--org--model", "refs", "ckpt_007"], new string('b', 40), Stop);
        Assert.EndsWith(revision.Commit, await revision.DownloadAsync(files, cancellation: Stop), StringComparison.Ordinal);
        Assert.Equal([revision.Commit], Directory.EnumerateDirectories(cache["hub", "models--org--model", "snapshots"]).Select(Path.GetFileName));
        Assert.Equal(new string('b', 40), (await client.ResolveAsync(Revision, Stop)).Commit);
    }

    [Theory]
    [InlineData(200, null)]
    [InlineData(206, "bytes 0-19/20")]
    [InlineData(206, "bytes 5-24/3000000")]
    public async Task What_is_not_the_file_does_not_come_into_the_cache(int status, string? range)
    {
        var page = Encoding.UTF8.GetBytes("<html>sign in</html>");
        hub.Instead = async (request, context) =>
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
            Assert.Contains("The answer", Assert.ThrowsAny<Llm360Exception>(() => stream.Read(new byte[10])).What, StringComparison.Ordinal);
        hub.Instead = null;
        await using var again = await OpenAsync(client, "deep/in/weights.bin");
        Assert.Equal(weights[..20], Read(again, 20));
    }

    [Theory]
    [InlineData("../../../evil", "a", 3)]
    [InlineData("abc", "../../evil", 3)]
    [InlineData("abc", "a", -1)]
    [InlineData("abc", "a", long.MaxValue)]
    public async Task An_entry_of_ones_own_that_makes_no_sense_is_refused(string etag, string path, long size)
    {
        using var client = new HubClient(Settings);
        var revision = await client.ResolveAsync(Revision, Stop);
        await Assert.ThrowsAnyAsync<Llm360Exception>(() => revision.DownloadAsync([new HubEntry(path, size, etag)], cancellation: Stop));
        Assert.False(File.Exists(cache["hub", "evil"]));
    }

    [Fact]
    public async Task A_cache_that_cannot_be_used_is_one_error()
    {
        // A file stands where the folder should be.
        Directory.CreateDirectory(cache["hub", "models--org--model"]);
        await File.WriteAllTextAsync(cache["hub", "models--org--model", "blobs"], "", Stop);
        Assert.Contains("HF_HUB_CACHE", (await Assert.ThrowsAnyAsync<Llm360Exception>(() => DownloadAsync())).Remedy, StringComparison.Ordinal);
        await File.WriteAllTextAsync(cache["file"], "", Stop);
        Assert.Contains(cache["file"], (await Assert.ThrowsAnyAsync<Llm360Exception>(() => DownloadAsync(settings: Settings with { CacheFolder = cache["file"] }))).Where, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".llm360/refs.json", "nonsense")]
    [InlineData(".llm360/refs.json", "{\"ckpt_007\": 7}")]
    [InlineData("trees/COMMIT.json", "nonsense")]
    [InlineData("trees/COMMIT.json", "{\"format_version\": 1, \"files\": {\"a\": null}}")]
    [InlineData("trees/COMMIT.json", "{\"format_version\": 7}")]
    public async Task What_is_broken_in_the_cache_is_asked_for_again(string file, string content)
    {
        using var client = new HubClient(Settings);
        var listed = await ListAsync(client);
        var path = cache["hub", "models--org--model", Path.Combine(file.Replace("COMMIT", hub.Commit(Repository, "ckpt_007"), StringComparison.Ordinal).Split('/'))];
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
        await File.WriteAllTextAsync(cache["hub", "models--org--model", "trees", hub.Commit(Repository, "ckpt_007") + ".json"], "{\"format_version\": 1, \"files\": {\"../../evil\": {\"size\": 1, \"blob_id\": \"abc\"}}}", Stop);
        await Assert.ThrowsAnyAsync<Llm360Exception>(() => ListAsync(client));
    }

    [Fact]
    public async Task An_expired_token_is_thought_of()
    {
        hub.Instead = (_, context) =>
        {
            context.Response.StatusCode = (int)HttpStatusCode.Unauthorized;
            return Task.FromResult(true);
        };
        using var client = new HubClient(Settings);
        Assert.Contains("expired", (await Assert.ThrowsAnyAsync<Llm360Exception>(() => client.ResolveAsync(Revision, Stop))).Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Readers_of_one_file_at_once_share_what_is_fetched()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            using var client = new HubClient(Settings);
            await using var stream = await OpenAsync(client, "deep/in/weights.bin");
            Assert.Equal(weights, Read(stream, weights.Length));
        })));
        Assert.Equal(weights.Length, hub.Sent);
    }

    [Fact]
    public async Task The_beginning_of_a_file_larger_than_the_disk_costs_no_more_than_that()
    {
        var rows = Bytes(12_000);
        hub.Add(Repository, "ckpt_007", "train.jsonl", HubContent.Endless(rows, 20_800_000_000_000));
        const string file = "train.jsonl";
        using (var client = new HubClient(Settings))
        {
            await using var stream = await OpenAsync(client, file);
            Assert.Equal(rows, Read(stream, rows.Length));
            Assert.Equal(rows, Read(stream, rows.Length));
            Assert.Equal(HubStream.FirstPiece, hub.Sent);
        }

        // It stays: another client needs no network for it, and fetches only what is further on.
        using var offline = new HubClient(Settings with { Offline = true });
        await using var again = await OpenAsync(offline, file);
        Assert.Equal(HubStream.FirstPiece, Read(again, HubStream.FirstPiece).Length);
        Assert.Contains("HF_HUB_OFFLINE", Assert.ThrowsAny<Llm360Exception>(() => again.Read(new byte[1])).Message, StringComparison.Ordinal);
        using var third = new HubClient(Settings);
        await using var further = await OpenAsync(third, file);
        Assert.Equal(HubStream.FirstPiece + 1, Read(further, HubStream.FirstPiece + 1).Length);
        Assert.Equal([0L, HubStream.FirstPiece], hub.Requests.Where(r => r.IsStore).Select(r => r.From!.Value));
    }

    [Fact]
    public async Task A_file_read_to_its_end_is_whole_and_checked()
    {
        using var client = new HubClient(Settings);
        const string file = "deep/in/weights.bin";
        await using (var stream = await OpenAsync(client, file))
        {
            Assert.Equal(weights, Read(stream, weights.Length));
            Assert.Equal(0, stream.Read(new byte[10]));
        }

        Assert.True(File.Exists(Blob(weights)));
        (await OpenAsync(client, file)).Dispose();
        Assert.Equal(weights, await File.ReadAllBytesAsync(Path.Combine(client.Snapshot(Revision)!, "deep", "in", "weights.bin"), Stop));
    }

    [Fact]
    public async Task Progress_counts_what_is_there_and_ends_full()
    {
        var reports = new List<WorkProgress>();
        hub.CutAfter = r => r.IsStore ? 1_000_000 : null;
        using var client = new HubClient(Settings);
        await DownloadAsync(client, Stop, new Immediate(reports.Add));
        Assert.All(reports, r => Assert.InRange(r.Done, 0, r.Total + 1e-9));
        Assert.Equal((weights.Length + config.Length) / 1e6, reports.Max(r => r.Done), 1e-9);
        Assert.Equal("MB", reports[0].Unit);
    }

    private async Task<string> DownloadAsync(CancellationToken? stop = null, HubSettings? settings = null)
    {
        using var client = new HubClient(settings ?? Settings);
        return await DownloadAsync(client, stop ?? Stop);
    }

    private static async Task<string> DownloadAsync(HubClient client, CancellationToken stop, IProgress<WorkProgress>? progress = null)
    {
        var revision = await client.ResolveAsync(Revision, Stop);
        return await revision.DownloadAsync(await revision.ListAsync(Stop), progress, stop);
    }

    private static async Task<IReadOnlyList<HubEntry>> ListAsync(HubClient client) => await (await client.ResolveAsync(Revision, Stop)).ListAsync(Stop);

    private static async Task<Stream> OpenAsync(HubClient client, string path) => await (await client.ResolveAsync(Revision, Stop)).OpenAsync(path, Stop);

    private static byte[] Read(Stream stream, int count)
    {
        var bytes = new byte[count];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }
}
