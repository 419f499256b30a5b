// A fake Hugging Face Hub on the loopback interface that can simulate network faults.
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Llm360.Notebooks.Tests;

/// <summary>The content of a file. It is generated on request, so it can be larger than the
/// disk.</summary>
/// <param name="Length">The length in bytes.</param>
/// <param name="Etag">SHA-256 of a large file, git's SHA-1 of a small one.</param>
/// <param name="IsLarge">Whether the second server serves it, as for LFS files.</param>
/// <param name="Fill">Fills a buffer with the bytes from an offset on.</param>
internal sealed record HubContent(long Length, string Etag, bool IsLarge, Action<long, byte[]> Fill)
{
    public static HubContent Large(byte[] bytes) =>
        new(bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)), true, Cyclic(bytes));

    public static HubContent Small(byte[] bytes)
    {
        byte[] blob = [.. Encoding.ASCII.GetBytes($"blob {bytes.Length}\0"), .. bytes];
        var hash = CryptographicOperations.HashData(HashAlgorithmName.SHA1, blob);
        return new(bytes.Length, Convert.ToHexStringLower(hash), false, Cyclic(bytes));
    }

    /// <summary>A file that repeats the same bytes up to the given length.</summary>
    public static HubContent Endless(byte[] bytes, long length) =>
        new(length, Convert.ToHexStringLower(SHA256.HashData([.. bytes, .. BitConverter.GetBytes(length)])), true, Cyclic(bytes));

    private static Action<long, byte[]> Cyclic(byte[] bytes) => (from, part) =>
    {
        for (var done = 0; done < part.Length;)
        {
            var at = (int)((from + done) % bytes.Length);
            var length = Math.Min(part.Length - done, bytes.Length - at);
            bytes.AsSpan(at, length).CopyTo(part.AsSpan(done));
            done += length;
        }
    };
}

/// <summary>One received request.</summary>
/// <param name="Method">GET, or HEAD from Python.</param>
/// <param name="Path">The path of the URL.</param>
/// <param name="IsStore">Whether the second server received it.</param>
/// <param name="Token">The bearer token; null without one.</param>
/// <param name="From">The first byte of the range; null without one.</param>
internal sealed record HubRequest(string Method, string Path, bool IsStore, string? Token, long? From);

/// <summary>Serves repositories as the Hub does: commits, paged listings, small files directly, and
/// large files by redirect to a second server.</summary>
internal sealed class ImitationHub : IAsyncDisposable
{
    private const int PageLength = 2;
    private readonly Dictionary<(string Repository, string Commit), SortedDictionary<string, HubContent>> trees = [];
    private readonly Dictionary<(string Repository, string Revision), string> commits = [];
    private readonly WebApplication app;
    private Uri store = null!;
    private long sent;

    private ImitationHub()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.Listen(IPAddress.Loopback, 0);
            server.Listen(IPAddress.Loopback, 0);
        });
        app = builder.Build();
        app.Run(AnswerAsync);
    }

    /// <summary>The URL of the first server.</summary>
    public Uri Endpoint { get; private set; } = null!;

    /// <summary>The received requests, in order.</summary>
    public ConcurrentQueue<HubRequest> Requests { get; } = [];

    /// <summary>The number of bytes of files sent.</summary>
    public long Sent => Interlocked.Read(ref sent);

    /// <summary>Handles a request instead of the Hub if it returns true.</summary>
    public Func<HubRequest, HttpContext, Task<bool>>? Instead { get; set; }

    /// <summary>The number of bytes after which an answer is cut off; null for never.</summary>
    public Func<HubRequest, long?>? CutAfter { get; set; }

    /// <summary>Whether the bytes of an answer are damaged.</summary>
    public Func<HubRequest, bool>? Damages { get; set; }

    public static async Task<ImitationHub> StartAsync(CancellationToken cancellation)
    {
        var hub = new ImitationHub();
        await hub.app.StartAsync(cancellation);
        (hub.Endpoint, hub.store) = hub.app.Urls.Select(u => new Uri(u)).ToList() is [var first, var second]
            ? (first, second)
            : throw new InvalidOperationException();
        return hub;
    }

    /// <summary>Adds a file to a revision. <paramref name="repository"/> begins with
    /// <c>datasets/</c> for a data set.</summary>
    public ImitationHub Add(string repository, string revision, string path, HubContent content)
    {
        var commit = commits[(repository, revision)] = Convert.ToHexStringLower(
            CryptographicOperations.HashData(HashAlgorithmName.SHA1, Encoding.UTF8.GetBytes($"{repository}@{revision}")));
        if (!trees.TryGetValue((repository, commit), out var tree))
            trees[(repository, commit)] = tree = new SortedDictionary<string, HubContent>(StringComparer.Ordinal);
        tree[path] = content;
        return this;
    }

    /// <summary>Adds a folder's files to a revision: JSON files as small files, all others as large
    /// files.</summary>
    public ImitationHub AddFolder(string repository, string revision, string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            var bytes = File.ReadAllBytes(file);
            Add(repository, revision, Path.GetFileName(file),
                Path.GetExtension(file) == ".json" ? HubContent.Small(bytes) : HubContent.Large(bytes));
        }

        return this;
    }

    public string Commit(string repository, string revision) => commits[(repository, revision)];

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var (path, isStore) = (context.Request.Path.Value!.TrimStart('/'), context.Connection.LocalPort == store.Port);
        var request = new HubRequest(
            context.Request.Method,
            path,
            isStore,
            context.Request.Headers.Authorization.ToString() is { Length: > 0 } token ? token : null,
            context.Request.GetTypedHeaders().Range?.Ranges.Single().From);
        Requests.Enqueue(request);
        if (Instead is not null && await Instead(request, context))
            return;
        var parts = path.Split('/');
        if (isStore)
        {
            await SendAsync(request, context, trees.Values.SelectMany(t => t.Values).First(c => c.Etag == parts[^1]), "\"of the store\"");
        }
        else if (parts is ["api", var kind, var owner, var name, "revision", var revision])
        {
            if (commits.TryGetValue((Repository(kind, owner, name), Uri.UnescapeDataString(revision)), out var commit))
                await context.Response.WriteAsJsonAsync(new { id = $"{owner}/{name}", sha = commit });
            else
                Refuse(context, HttpStatusCode.NotFound, "RevisionNotFound");
        }
        else if (parts is ["api", var kindOfRefs, var refsOwner, var refsName, "refs"])
        {
            var branches = commits.Where(c => c.Key.Repository == Repository(kindOfRefs, refsOwner, refsName))
                .Select(c => new { name = c.Key.Revision, @ref = $"refs/heads/{c.Key.Revision}", targetCommit = c.Value })
                .ToList();
            if (branches.Count > 0)
                await context.Response.WriteAsJsonAsync(new { branches, tags = Array.Empty<object>(), converts = Array.Empty<object>() });
            else
                Refuse(context, HttpStatusCode.NotFound, "RepoNotFound");
        }
        else if (parts is ["api", var kindOfTree, var treeOwner, var treeName, "tree", var of])
        {
            await ListAsync(context, trees[(Repository(kindOfTree, treeOwner, treeName), of)]);
        }
        else if (path.Split("/resolve/") is [var repository, var rest] && rest.Split('/', 2) is [var at, var file])
        {
            await ResolveAsync(request, context, repository, at, file);
        }
        else
        {
            Refuse(context, HttpStatusCode.NotFound, "RepoNotFound");
        }
    }

    private static string Repository(string kind, string owner, string name) => $"{(kind == "datasets" ? "datasets/" : "")}{owner}/{name}";

    private static void Refuse(HttpContext context, HttpStatusCode status, string code)
    {
        context.Response.StatusCode = (int)status;
        context.Response.Headers["X-Error-Code"] = code;
    }

    private async Task ListAsync(HttpContext context, SortedDictionary<string, HubContent> tree)
    {
        var first = int.Parse(context.Request.Query["cursor"].FirstOrDefault() ?? "0", CultureInfo.InvariantCulture);
        if (first + PageLength < tree.Count)
            context.Response.Headers.Link =
                $"<{new Uri(Endpoint, $"{context.Request.Path}?recursive=true&cursor={first + PageLength}")}>; rel=\"next\"";
        var names = tree.Keys.Where(k => k.Contains('/', StringComparison.Ordinal)).Select(k => k.Split('/')[0]).Distinct();
        var folders = first == 0 ? names.Select(f => (object)new { type = "directory", oid = "", path = f, size = 0 }) : [];
        var files = tree.Skip(first).Take(PageLength).Select(f => Entry(f.Key, f.Value));
        await context.Response.WriteAsJsonAsync(folders.Concat(files).ToList());

        static object Entry(string path, HubContent content) => content.IsLarge
            ? new
            {
                type = "file",
                oid = "0123456789012345678901234567890123456789",
                path,
                size = content.Length,
                lfs = new { oid = content.Etag, size = content.Length, pointerSize = 135 },
                xetHash = content.Etag,
            }
            : new { type = "file", oid = content.Etag, path, size = content.Length };
    }

    private async Task ResolveAsync(HubRequest request, HttpContext context, string repository, string commit, string path)
    {
        if (!trees.TryGetValue((repository, commit), out var tree) || !tree.TryGetValue(path, out var content))
        {
            Refuse(context, HttpStatusCode.NotFound, "EntryNotFound");
            return;
        }

        context.Response.Headers["X-Repo-Commit"] = commit;
        if (!content.IsLarge)
        {
            await SendAsync(request, context, content, $"W/\"{content.Etag}\"");
            return;
        }

        context.Response.Headers["X-Linked-Etag"] = $"\"{content.Etag}\"";
        context.Response.Headers["X-Linked-Size"] = content.Length.ToString(CultureInfo.InvariantCulture);
        context.Response.StatusCode = (int)HttpStatusCode.Found;
        context.Response.Headers.Location = new Uri(store, $"large/{content.Etag}?signature=1").ToString();
    }

    private async Task SendAsync(HubRequest request, HttpContext context, HubContent content, string etag)
    {
        var range = context.Request.GetTypedHeaders().Range?.Ranges.Single();
        var from = range?.From ?? 0;
        var to = Math.Min(range?.To ?? long.MaxValue, content.Length - 1);
        context.Response.Headers.ETag = etag;
        if (from > to && content.Length > 0)
        {
            context.Response.StatusCode = (int)HttpStatusCode.RequestedRangeNotSatisfiable;
            return;
        }

        if (range is not null)
        {
            context.Response.StatusCode = (int)HttpStatusCode.PartialContent;
            context.Response.GetTypedHeaders().ContentRange =
                new Microsoft.Net.Http.Headers.ContentRangeHeaderValue(from, to, content.Length);
        }

        context.Response.ContentLength = to - from + 1;
        if (request.Method == "HEAD")
            return;
        var cut = CutAfter?.Invoke(request);
        for (var at = from; at <= to;)
        {
            var part = new byte[Math.Min(1 << 16, Math.Min(to + 1 - at, cut ?? long.MaxValue))];
            content.Fill(at, part);
            if (Damages?.Invoke(request) == true)
                part[0] ^= 1;
            // Counted before sending, because the client may finish before a later line would run.
            Interlocked.Add(ref sent, part.Length);
            await context.Response.Body.WriteAsync(part, context.RequestAborted);
            at += part.Length;
            cut -= part.Length;
            if (cut <= 0)
            {
                await context.Response.Body.FlushAsync(context.RequestAborted);
                context.Abort();
                return;
            }
        }
    }
}
