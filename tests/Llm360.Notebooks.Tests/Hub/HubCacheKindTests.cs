// Links, pipes and folders in place of cache files: one error; nothing outside is touched.
using System.Diagnostics;

namespace Llm360.Notebooks.Tests;

public sealed class HubCacheKindTests : HubFixture
{
    private const string Victim = "of the user";

    private static readonly string[] Places =
    [
        "blobs/BLOB",
        "blobs/BLOB.partial",
        "refs/ckpt_007",
        ".llm360/refs.json",
        ".llm360/checked/blobs/BLOB",
        "trees/COMMIT.json",
        "snapshots/COMMIT/config.json",
        "../.locks/models--org--model/BLOB.lock",
    ];

    private static readonly string[] Kinds = ["link", "dangling link", "pipe", "folder"];

    public static TheoryData<string, string> Cases { get; } = [.. Kinds.SelectMany(_ => Places, (kind, place) => (place, kind))];

    internal static void MakePipe(string path)
    {
        using var made = Process.Start("mkfifo", [path]);
        made.WaitForExit();
        Assert.Equal(0, made.ExitCode);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task What_is_no_file_is_refused_and_never_followed(string place, string kind)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows asks for a privilege to make links.");
        await DownloadAsync();
        var victim = Cache["victim"];
        await File.WriteAllTextAsync(victim, Victim, Stop);
        var path = PathOf(place);
        // Remove results, so that the download uses this path again.
        if (place.EndsWith(".partial", StringComparison.Ordinal) || place.EndsWith(".lock", StringComparison.Ordinal))
            File.Delete(Blob(Weights));
        if (place == ".llm360/refs.json")
            File.Delete(Cache["hub", "models--org--model", "refs", "ckpt_007"]);
        File.Delete(path);
        if (kind == "pipe")
            MakePipe(path);
        else if (kind == "folder")
            Directory.CreateDirectory(path);
        else
            File.CreateSymbolicLink(path, kind == "link" ? victim : Cache["made"]);

        // A dangling link in a snapshot means that its blob is missing, so it is created again.
        var isGone = kind == "dangling link" && place.StartsWith("snapshots", StringComparison.Ordinal);
        var download = Task.Run(() => DownloadAsync(), Stop).WaitAsync(TimeSpan.FromSeconds(30), Stop);
        if (isGone)
            await download;
        else
            Assert.Equal(path, (await Assert.ThrowsAnyAsync<Llm360Exception>(() => download)).Where);
        Assert.Equal(Victim, await File.ReadAllTextAsync(victim, Stop));
        Assert.False(File.Exists(Cache["made"]));
        if (isGone)
            Assert.Equal(Config, await File.ReadAllBytesAsync(path, Stop));
        else
            Assert.Equal(kind.EndsWith("link", StringComparison.Ordinal), new FileInfo(path).LinkTarget is not null);
    }

    [Theory]
    [InlineData("snapshots")]
    [InlineData("snapshots/COMMIT")]
    [InlineData("blobs")]
    [InlineData("refs")]
    [InlineData("trees")]
    [InlineData(".llm360")]
    public async Task A_folder_that_is_a_link_is_refused(string place)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows asks for a privilege to make links.");
        await DownloadAsync();
        var path = PathOf(place);
        Directory.Move(path, Cache["moved"]);
        Directory.CreateSymbolicLink(path, Cache["moved"]);
        var error = await Assert.ThrowsAnyAsync<Llm360Exception>(() => DownloadAsync());
        Assert.Equal(path, error.Where);
        Assert.Contains("a link where a folder belongs", error.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hub")]
    [InlineData("hub/models--org--model")]
    public async Task The_cache_and_a_repository_may_be_links_to_another_disk(string place)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows asks for a privilege to make links.");
        var path = Cache[place.Split('/')];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Directory.CreateDirectory(Cache["disk"]);
        Directory.CreateSymbolicLink(path, Cache["disk"]);
        var folder = await DownloadAsync();
        Assert.Equal(Weights, await File.ReadAllBytesAsync(Path.Combine(folder, "deep", "in", "weights.bin"), Stop));
        Hub.Requests.Clear();
        await DownloadAsync(settings: Settings with { Offline = true });
        // An absolute link through the real folder instead of the symbolic link to it. Python
        // creates such links where it cannot create relative ones.
        var link = Path.Combine(folder, "config.json");
        var target = Path.GetFullPath(new FileInfo(link).LinkTarget!, Path.GetDirectoryName(link)!);
        target = target.Replace(path, Cache["disk"], StringComparison.Ordinal);
        File.Delete(link);
        File.CreateSymbolicLink(link, target);
        await DownloadAsync(settings: Settings with { Offline = true });
        Assert.Equal(target, new FileInfo(link).LinkTarget);
        Assert.Empty(Hub.Requests);
    }

    [Fact]
    public async Task A_download_removes_what_killed_ones_have_left()
    {
        await DownloadAsync();
        var machine = Environment.MachineName.Replace('.', '-');
        using var ended = Process.Start("dotnet", ["--version"]);
        await ended.WaitForExitAsync(Stop);
        string[] places = ["../CACHEDIR.TAG", "refs/ckpt_007", "trees/x.json", ".llm360/refs.json", ".llm360/checked/blobs/x"];
        List<string> left = [.. places.Select(p => $"{PathOf(p)}.{machine}.{ended.Id}.{Guid.NewGuid():N}.tmp")];
        var running = $"{PathOf(places[1])}.{machine}.{Environment.ProcessId}.{Guid.NewGuid():N}.tmp";
        foreach (var file in left.Append(running))
            await File.WriteAllTextAsync(file, "half", Stop);
        File.Delete(Blob(Weights));
        await DownloadAsync();
        Assert.All(left, file => Assert.False(File.Exists(file), file));
        Assert.True(File.Exists(running));
    }

    private string PathOf(string place) => Path.GetFullPath(Path.Combine(Cache["hub", "models--org--model"], place
        .Replace("COMMIT", Hub.Commit(Repository, "ckpt_007"), StringComparison.Ordinal)
        .Replace("BLOB", HubContent.Large(Weights).Etag, StringComparison.Ordinal)));
}
