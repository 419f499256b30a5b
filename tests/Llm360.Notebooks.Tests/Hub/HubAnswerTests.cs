// Refusals of the Hub, invalid answers, and answers with paths outside the cache.
using System.Net;
using Microsoft.AspNetCore.Http;

namespace Llm360.Notebooks.Tests;

public sealed class HubAnswerTests : HubFixture
{
    [Theory]
    [InlineData(404, "not known")]
    [InlineData(200, "{}")]
    [InlineData(200, "{\"branches\": [{\"name\": null}], \"tags\": []}")]
    [InlineData(200, "<html>")]
    public async Task A_mirror_that_does_not_tell_all_revisions_tells_the_one(int status, string answer)
    {
        Hub.Instead = async (request, context) =>
        {
            if (!request.Path.EndsWith("/refs", StringComparison.Ordinal))
                return false;
            context.Response.StatusCode = status;
            await context.Response.WriteAsync(answer, Stop);
            return true;
        };
        Assert.EndsWith(Hub.Commit(Repository, "ckpt_007"), await DownloadAsync(), StringComparison.Ordinal);
        var asked = Hub.Requests.Count;
        await DownloadAsync();
        Assert.Equal(asked, Hub.Requests.Count);
    }

    [Fact]
    public async Task A_page_for_people_is_told_from_an_answer()
    {
        Hub.Instead = async (_, context) =>
        {
            await context.Response.WriteAsync("<!doctype html><p>Sign in", Stop);
            return true;
        };
        using var client = new HubClient(Settings);
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => client.ResolveAsync(Revision, Stop));
        Assert.Contains("sign in", error.What, StringComparison.Ordinal);
        Assert.Contains(Hub.Endpoint.ToString(), error.Where, StringComparison.Ordinal);
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
        Hub.Instead = (_, context) =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers["X-Error-Code"] = code;
            return Task.FromResult(true);
        };
        using var client = new HubClient(Settings);
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => ListAsync(client));
        Assert.Contains(what, error.What, StringComparison.Ordinal);
        Assert.Contains(remedy, error.Remedy, StringComparison.Ordinal);
        Assert.Equal(Hub.Requests.DistinctBy(r => r.Path).Count(), Hub.Requests.Count);
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
        Hub.Instead = async (request, context) =>
        {
            if (!request.Path.Contains("/tree/", StringComparison.Ordinal))
                return false;
            await context.Response.WriteAsJsonAsync(new[] { new { type = "file", path = name, size = 3, oid = "abc" } }, Stop);
            return true;
        };
        using var client = new HubClient(Settings);
        Assert.Contains("cannot be used", (await Assert.ThrowsAnyAsync<Llm360Exception>(() => ListAsync(client))).What,
            StringComparison.Ordinal);
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
        Assert.Empty(Hub.Requests);
    }

    [Theory]
    [InlineData("sha", "../../evil")]
    [InlineData("sha", "ABC")]
    [InlineData("other", "x")]
    public async Task A_commit_that_is_none_is_refused(string key, string value)
    {
        Hub.Instead = async (_, context) =>
        {
            await context.Response.WriteAsJsonAsync(new Dictionary<string, string> { [key] = value }, Stop);
            return true;
        };
        using var client = new HubClient(Settings);
        Assert.Contains("cannot be used", (await Assert.ThrowsAnyAsync<Llm360Exception>(() => client.ResolveAsync(Revision, Stop))).What,
            StringComparison.Ordinal);
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
        Hub.Instead = async (request, context) =>
        {
            if (request.Path.Contains("/tree/", StringComparison.Ordinal))
                await context.Response.WriteAsync($"[{{\"type\": \"file\", \"path\": \"a\", {rest}}}]", Stop);
            return request.Path.Contains("/tree/", StringComparison.Ordinal);
        };
        Assert.Contains("cannot be used", (await Assert.ThrowsAnyAsync<Llm360Exception>(() => DownloadAsync())).What,
            StringComparison.Ordinal);
        Assert.False(Directory.Exists(Cache["hub", "models--org--model", "trees"]));
    }

    [Fact]
    public async Task Redirects_in_a_circle_end()
    {
        Hub.Instead = (request, context) =>
        {
            context.Response.StatusCode = (int)HttpStatusCode.Found;
            context.Response.Headers.Location = "/" + request.Path;
            return Task.FromResult(true);
        };
        using var client = new HubClient(Settings);
        await Assert.ThrowsAnyAsync<Llm360Exception>(() => client.ResolveAsync(Revision, Stop));
    }

    [Theory]
    [InlineData("<https://huggingface.example/api/models/org/model/tree/x?recursive=true&cursor=2>; rel=\"next\"", 3)]
    [InlineData("</prev?cursor=0>; rel=\"prev\", <?recursive=true&cursor=2>; rel=\"next\"", 3)]
    [InlineData("</prev?cursor=0>; rel=\"prev\"", 0)]
    [InlineData("rel=\"next\"", 0)]
    [InlineData("<nowhere>; rel=\"next\"", 0)]
    public async Task A_link_to_the_next_page_is_followed_or_an_error(string link, int files)
    {
        Hub.Instead = (request, context) =>
        {
            if (request.Path.Contains("/tree/", StringComparison.Ordinal)
                && !context.Request.QueryString.Value!.Contains("cursor", StringComparison.Ordinal))
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
            Assert.Contains("next page", (await Assert.ThrowsAnyAsync<Llm360Exception>(() => ListAsync(client))).What,
                StringComparison.Ordinal);
        Assert.All(Hub.Requests, r => Assert.False(r.IsStore));
    }

    [Fact]
    public async Task A_listing_whose_next_page_is_itself_ends()
    {
        Hub.Instead = (request, context) =>
        {
            if (request.Path.Contains("/tree/", StringComparison.Ordinal))
            {
                context.Response.OnStarting(() =>
                {
                    context.Response.Headers.Link = "<?recursive=true&cursor=2>; rel=\"next\"";
                    return Task.CompletedTask;
                });
            }

            return Task.FromResult(false);
        };
        using var client = new HubClient(Settings);
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => ListAsync(client).WaitAsync(TimeSpan.FromMinutes(1), Stop));
        Assert.Contains("pages repeat", error.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"type\": \"file\", \"path\": \"\\ud800\", \"size\": 3, \"oid\": \"abc\"}", "surrogate")]
    [InlineData("{\"\\udfff\": 1}", "surrogate")]
    [InlineData("{\"type\": 3}", "$[0].type is not a text but 3")]
    [InlineData("null", "$[0] is not an object but null")]
    [InlineData("{\"type\": \"file\", \"type\": \"file\"}", "\"type\" is there twice")]
    public async Task An_answer_of_odd_JSON_is_one_error(string item, string what)
    {
        Hub.Instead = async (request, context) =>
        {
            if (request.Path.Contains("/tree/", StringComparison.Ordinal))
                await context.Response.WriteAsync($"[{item}]", Stop);
            return request.Path.Contains("/tree/", StringComparison.Ordinal);
        };
        using var client = new HubClient(Settings);
        Assert.Contains(what, (await Assert.ThrowsAsync<Llm360Exception>(() => ListAsync(client))).What, StringComparison.Ordinal);
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
        Assert.False(File.Exists(Cache["hub", "evil"]));
    }

    [Fact]
    public async Task An_expired_token_is_thought_of()
    {
        Hub.Instead = (_, context) =>
        {
            context.Response.StatusCode = (int)HttpStatusCode.Unauthorized;
            return Task.FromResult(true);
        };
        using var client = new HubClient(Settings);
        Assert.Contains("expired", (await Assert.ThrowsAnyAsync<Llm360Exception>(() => client.ResolveAsync(Revision, Stop))).Remedy,
            StringComparison.Ordinal);
    }
}
