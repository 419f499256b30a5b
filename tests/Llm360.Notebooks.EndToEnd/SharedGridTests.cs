// llm360 grid in several processes at once, and on a disk that runs full.
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Llm360.Notebooks.EndToEnd;

public sealed partial class SharedGridTests
{
    private const int Cells = 20;

    private static readonly string[] Command =
        ["grid", "memorization", "--suite", "pico", "-k", "16", "-l", "16", "-n", "16", "--token-metrics", "--device", "cpu"];

    [Fact]
    public async Task Processes_at_once_share_the_cells_without_shards()
    {
        using var llm360 = new Llm360Command();
        await llm360.AddPicoAsync();
        var results = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => llm360.RunAsync(Command)));
        Assert.All(results, r => Assert.True(r.ExitCode == 0, r.Error));
        var numbers = results.Select(r => Done().Match(r.Output)).ToList();
        Assert.Equal(Cells, numbers.Sum(n => int.Parse(n.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)));
        // Each process has waited for the cells of the others.
        Assert.All(numbers, n => Assert.Equal(Cells, int.Parse(n.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)
            + int.Parse(n.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Empty(Directory.EnumerateFiles(llm360.Home, "*.lease", SearchOption.AllDirectories));
        Assert.Empty(llm360.Leftovers());
    }

    [Fact]
    public async Task On_a_full_disk_what_is_stored_stays_and_the_rest_is_computed_when_there_is_room()
    {
        using var llm360 = new Llm360Command();
        await llm360.AddPicoAsync();
        var results = Directory.CreateDirectory(llm360.PathOf("results")).FullName;
        Assert.SkipUnless(OperatingSystem.IsLinux() && await TryAsync("mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", results),
            "needs root, who may mount a small disk");
        try
        {
            var full = await llm360.RunAsync(Command);
            Assert.Equal(1, full.ExitCode);
            Assert.Contains("No space left on device", full.Error, StringComparison.Ordinal);
            Assert.Contains("Free disk space", full.Error, StringComparison.Ordinal);
            var kept = Written(results);
            Assert.InRange(kept.Count, 1, Cells - 1);
            Assert.Empty(llm360.Leftovers());
            Assert.Empty(Directory.EnumerateFiles(results, "*.lease", SearchOption.AllDirectories));
            Assert.True(await TryAsync("mount", "-o", "remount,size=16m", results));
            var rest = await llm360.RunAsync(Command);
            Assert.True(rest.ExitCode == 0, rest.Error);
            Assert.Contains($"{Cells - kept.Count} computed, {kept.Count} from the store", rest.Output, StringComparison.Ordinal);
            var now = Written(results);
            Assert.All(kept, k => Assert.Equal(k.Value, now[k.Key]));
            Assert.Equal(Cells, now.Count);
            Assert.Empty(Directory.EnumerateFiles(results, "*.failed", SearchOption.AllDirectories));
        }
        finally
        {
            await TryAsync("umount", results);
        }
    }

    private static Dictionary<string, DateTime> Written(string results) =>
        Directory.EnumerateFiles(results, "*.parquet", SearchOption.AllDirectories).ToDictionary(f => f, File.GetLastWriteTimeUtc);

    private static async Task<bool> TryAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode == 0;
    }

    [GeneratedRegex(@"(\d+) computed, (\d+) from the store")]
    private static partial Regex Done();
}
