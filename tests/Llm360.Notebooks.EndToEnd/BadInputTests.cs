// Bad input gives one clear error of three lines and exit code 1, and leaves no partial files.
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.EndToEnd;

public sealed class BadInputTests : IDisposable
{
    private readonly Llm360Command llm360 = new();

    public void Dispose() => llm360.Dispose();

    [Fact]
    public async Task An_unknown_suite()
    {
        AssertError(await llm360.RunAsync("train", "nanno"), "Unknown suite \"nanno\"", "nano, pico");
        AssertError(await llm360.RunAsync("reproduce", "--suite", "nanno"), "Unknown suite \"nanno\"", "nano, pico");
    }

    [Fact]
    public async Task A_recipe_with_a_misspelt_key()
    {
        var recipe = Recipe(json => json["training"]!["batchSizes"] = 8);
        AssertError(await llm360.RunAsync("train", recipe), "batchSizes", "Did you mean \"batchSize\"?");
        Assert.False(Directory.Exists(llm360.PathOf("suites")));
    }

    [Fact]
    public async Task A_corpus_package_that_is_not_restored()
    {
        var recipe = Recipe(json =>
        {
            json["corpus"]!["sources"]![0]!["packages"]![0]!["version"] = "6.0.99";
            json.AsObject().Remove("expected");
        });
        AssertError(await llm360.RunAsync("train", recipe), "6.0.99", "dotnet restore");
    }

    [Fact]
    public async Task Weights_that_are_cut_short()
    {
        await llm360.AddPicoAsync();
        var weights = llm360.PathOf("suites", "pico", "ckpt_004", SuiteLayout.Weights);
        File.WriteAllBytes(weights, File.ReadAllBytes(weights)[..1000]);
        AssertError(await llm360.RunAsync("run", Notebook("00-tour.ipynb"), "-p", "suite=pico"), "not a whole safetensors file", weights);
        // The notebook is saved with the results up to the failing cell and its error.
        Assert.Contains("not a whole safetensors file", File.ReadAllText(llm360.PathOf("runs", "00-tour.ipynb")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("100000")]
    [InlineData("2147483647")]
    public async Task A_number_of_threads_that_no_machine_has(string threads) =>
        AssertError(await llm360.RunAsync("train", "pico", "--threads", threads), "is not a number of threads for this machine",
            "Give 1 to ");

    [Fact]
    public async Task A_notebook_that_is_not_one()
    {
        var path = llm360.PathOf("x.ipynb");
        File.WriteAllText(path, "{ \"cells\": [\n oops");
        AssertError(await llm360.RunAsync("run", path), "", path);
        AssertError(await llm360.RunAsync("run", llm360.PathOf("absent.ipynb")), "", "absent.ipynb");
        Assert.False(Directory.Exists(llm360.PathOf("runs")));
    }

    [Theory]
    [InlineData("sweet=pico", "sweet")]
    [InlineData("n=many", "many")]
    [InlineData("suite", "name=value")]
    public async Task A_parameter_that_is_unknown_or_does_not_fit(string parameter, string says) =>
        AssertError(await llm360.RunAsync("run", Notebook("00-tour.ipynb"), "-p", parameter), "", says);

    [Fact]
    public async Task A_cell_that_fails_is_named_with_its_line()
    {
        var path = llm360.PathOf("fails.ipynb");
        const string before = """["Console.WriteLine(\"before\");"]""";
        const string fails = """["var zero = 0;\n", "Console.WriteLine(1 / zero);"]""";
        File.WriteAllText(path, $$"""
            {"cells": [
              {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": null, "source": {{before}}},
              {"cell_type": "code", "id": "b", "metadata": {}, "outputs": [], "execution_count": null, "source": {{fails}}}],
             "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
            """);
        AssertError(await llm360.RunAsync("run", path), "DivideByZeroException", "code cell 2 (cell 2 of the file), line 2");
        Assert.Contains("before", File.ReadAllText(llm360.PathOf("runs", "fails.ipynb")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_that_is_full()
    {
        var disk = llm360.PathOf("suites");
        Directory.CreateDirectory(disk);
        Assert.SkipUnless(await Small.MountAsync(disk, "256k"), "needs the right to mount a small tmpfs");
        try
        {
            AssertError(await llm360.RunAsync("train", "pico"), "No space left", "Free disk space");
            Assert.Empty(llm360.Leftovers());
        }
        finally
        {
            await Small.UnmountAsync(disk);
        }

        // With free space again, the same command continues.
        Assert.Equal(0, (await llm360.RunAsync("train", "pico", "-q")).ExitCode);
    }

    private static void AssertError(CommandResult result, params string[] says)
    {
        Assert.Equal(1, result.ExitCode);
        var lines = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .SkipWhile(l => !l.StartsWith("error:", StringComparison.Ordinal))
            .ToList();
        Assert.True(lines.Count >= 3, result.Error);
        Assert.Contains(lines, l => l.StartsWith("  where: ", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("  what to do: ", StringComparison.Ordinal));
        Assert.DoesNotContain("   at Llm360", result.Error, StringComparison.Ordinal);
        foreach (var text in says)
            Assert.Contains(text, string.Join(' ', lines.Select(l => l.TrimEnd())), StringComparison.Ordinal);
    }

    private static string Notebook(string name) => Path.Combine(Workspace.Repository!, "notebooks", name);

    private string Recipe(Action<JsonNode> change)
    {
        var json = JsonNode.Parse(ManifestFile.ToJson(Suites.Manifest("pico")))!;
        json["name"] = "changed";
        change(json);
        var path = llm360.PathOf("changed.json");
        File.WriteAllText(path, json.ToJsonString());
        return path;
    }

    /// <summary>A file system with very little space.</summary>
    private static class Small
    {
        public static Task<bool> MountAsync(string folder, string size) =>
            RunAsync("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", folder);

        public static Task<bool> UnmountAsync(string folder) => RunAsync("umount", folder);

        private static async Task<bool> RunAsync(string command, params string[] arguments)
        {
            if (!OperatingSystem.IsLinux())
                return false;
            using var process = System.Diagnostics.Process.Start(
                new System.Diagnostics.ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            await process.WaitForExitAsync();
            return process.ExitCode == 0;
        }
    }
}
