// llm360 reproduce on the suite pico: from text to a report in a browser, and reruns after kills.
using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace Llm360.Notebooks.EndToEnd;

public sealed class ReproduceTests(Browser browser) : IClassFixture<Browser>
{
    [Fact]
    public async Task Reproduce_makes_a_report_whose_figures_all_show()
    {
        using var llm360 = new Llm360Command();
        var result = await llm360.RunAsync("reproduce", "--suite", "pico");
        Assert.True(result.ExitCode == 0, result.Error);
        var pages = Directory.GetFiles(llm360.PathOf("site", "pico", "notebooks"), "*.html")
            .Prepend(llm360.PathOf("site", "pico", "index.html"))
            .ToList();
        Assert.Equal(1 + Directory.GetFiles(Path.Combine(Workspace.Repository!, "notebooks"), "*.ipynb").Length, pages.Count);

        // The store is complete now, so the second run trains and scores nothing. It deletes the
        // partial files that a killed run leaves.
        var machine = Environment.MachineName.Replace('.', '-');
        foreach (var folder in new[] { "notebooks", Path.Combine("notebooks", "pico"), "site", Path.Combine("site", "pico", "assets") })
            File.WriteAllText(llm360.PathOf(folder, $"x.{machine}.{int.MaxValue}.{Guid.NewGuid():N}.tmp"), "half");
        var again = await llm360.RunAsync("reproduce", "--suite", "pico");
        Assert.True(again.ExitCode == 0, again.Error);
        Assert.DoesNotContain("train pico", again.Error, StringComparison.Ordinal);
        Assert.Contains("pico is as it was written", again.Output, StringComparison.Ordinal);
        Assert.Empty(llm360.Leftovers());
        var memorization = File.ReadAllText(llm360.PathOf("notebooks", "pico", "03-memorization.ipynb"));
        Assert.Matches("[1-9][0-9]* cells from the store, 0 computed", memorization);

        foreach (var executed in Directory.GetFiles(llm360.PathOf("notebooks", "pico")))
        {
            // Every figure has an SVG for viewers that run no scripts. The limit on the file's size
            // ensures that no figure contains plotly.js.
            var outputs = JsonNode.Parse(File.ReadAllText(executed))!["cells"]!.AsArray()
                .SelectMany(c => c!["outputs"]?.AsArray() ?? [])
                .Select(o => o!["data"])
                .OfType<JsonObject>()
                .ToList();
            var figures = outputs.Where(o => o.ContainsKey(MimeTypes.Plotly)).ToList();
            Assert.NotEmpty(figures);
            Assert.All(figures, f =>
            {
                var svg = string.Concat(f[MimeTypes.Svg]!.AsArray().Select(line => line!.ToString()));
                Assert.Equal("svg", XElement.Parse(svg).Name.LocalName);
            });
            Assert.InRange(new FileInfo(executed).Length, 1, 300_000);
        }

        // These notebooks compute scores, so their pages offer data files besides the training log.
        foreach (var notebook in new[] { "03-memorization", "04-memorization-in-depth", "07-evaluation" })
        {
            var data = Directory.GetFiles(llm360.PathOf("site", "pico", "data", notebook));
            Assert.Contains(data, f => Path.GetFileName(f) is not SuiteLayout.Metrics);
        }

        await using var window = await browser.OpenAsync();
        const string Drawn = "svg.main-svg .trace, svg.main-svg .heatmaplayer image";
        foreach (var path in pages)
        {
            var page = await window.ShowAsync(path);
            var selector = path.EndsWith("index.html", StringComparison.Ordinal) ? ".thumbnail" : ".figure";
            var figures = await page.Locator(selector).CountAsync();
            Assert.True(figures > 0, path);
            var countDrawn = $"Array.from(document.querySelectorAll('{selector}')).filter(f => f.querySelector('{Drawn}')).length";
            Assert.Equal(figures, await page.EvaluateAsync<int>(countDrawn));
        }

        Assert.Empty(window.Complaints);
        Assert.All(window.Requests, url => Assert.StartsWith("file://", url, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_report_of_another_suite_and_its_notebooks_stay()
    {
        using var llm360 = Few();
        await llm360.AddPicoAsync();
        // A user's recipe. Once its suite is trained, the command finds the suite by name.
        var recipe = llm360.PathOf("other.json");
        Directory.CreateDirectory(Path.GetDirectoryName(recipe)!);
        var pico = ManifestFile.ToJson(Suites.Manifest("pico"));
        File.WriteAllText(recipe, pico.Replace("\"name\": \"pico\"", "\"name\": \"other\"", StringComparison.Ordinal));
        Assert.Equal(0, (await llm360.RunAsync("reproduce", "--suite", "pico", "-q")).ExitCode);
        string[] kept = ["notebooks/pico", "site/pico"];
        var before = kept.Select(Snapshot).ToList();
        Assert.Equal(0, (await llm360.RunAsync("train", recipe, "-q")).ExitCode);
        var result = await llm360.RunAsync("reproduce", "other", "-q");
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal(before, kept.Select(Snapshot));
        var list = File.ReadAllText(llm360.PathOf("site", "index.html"));
        foreach (var suite in new[] { "pico", "other" })
        {
            Assert.Contains($"<a href=\"{suite}/index.html\">{suite}</a>", list, StringComparison.Ordinal);
            Assert.Contains($"The suite {suite}, a model of", list, StringComparison.Ordinal);
            var report = File.ReadAllText(llm360.PathOf("site", suite, "index.html"));
            Assert.Contains($"The suite {suite}, a model of", report, StringComparison.Ordinal);
        }

        Dictionary<string, string> Snapshot(string folder) =>
            Directory.GetFiles(llm360.PathOf(folder.Split('/')), "*", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
                .ToDictionary(f => f, f => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f))));
    }

    [Fact]
    public async Task Train_and_reproduce_killed_at_random_moments_need_no_more_than_a_rerun()
    {
        using var undisturbed = Few();
        var watch = Stopwatch.StartNew();
        Assert.Equal(0, (await undisturbed.RunAsync("train", "pico", "-q")).ExitCode);
        var train = watch.Elapsed;
        watch.Restart();
        Assert.Equal(0, (await undisturbed.RunAsync("reproduce", "--suite", "pico", "-q")).ExitCode);
        var reproduce = train + watch.Elapsed;

        // Each kill comes after 20% to 95% of the time of the undisturbed work, times a scale. The
        // scale shrinks by 30% if the work ends before the kill, as on a machine that has become
        // faster. Every second kill hits a rerun in the folder that the kill before it left.
        var random = new Random(20231211);
        var (hits, scale) = (0, 1.0);
        var llm360 = Few();
        try
        {
            for (var attempt = 0; hits < 6 && attempt < 12; attempt++)
            {
                var (command, time) = hits % 4 < 2
                    ? (new[] { "train", "pico", "-q" }, train)
                    : (["reproduce", "--suite", "pico", "-q"], reproduce);
                var result = await llm360.RunAsync(time * scale * (0.2 + (0.75 * random.NextDouble())), command);
                if (result.ExitCode != 0)
                    hits++;
                else
                    scale *= 0.7;
                if (result.ExitCode != 0 && hits % 2 == 1)
                    continue;
                await AssertWholeAsync(llm360, undisturbed);
                llm360.Dispose();
                llm360 = Few();
            }
        }
        finally
        {
            llm360.Dispose();
        }

        Assert.True(hits >= 4, $"only {hits} kills came before the work was done");
    }

    /// <summary>A command whose working directory has only three of the notebooks. The first test
    /// of this class runs all notebooks.</summary>
    private static Llm360Command Few()
    {
        var llm360 = new Llm360Command();
        llm360.WorkingDirectory = llm360.PathOf("course");
        var to = Directory.CreateDirectory(Path.Combine(llm360.WorkingDirectory, "notebooks")).FullName;
        foreach (var name in new[] { "00-tour.ipynb", "03-memorization.ipynb", "07-evaluation.ipynb" })
            File.Copy(Path.Combine(Workspace.Repository!, "notebooks", name), Path.Combine(to, name));
        return llm360;
    }

    private static async Task AssertWholeAsync(Llm360Command killed, Llm360Command undisturbed)
    {
        var result = await killed.RunAsync("reproduce", "--suite", "pico");
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.True(File.Exists(killed.PathOf("site", "index.html")) && File.Exists(killed.PathOf("site", "pico", "index.html")));
        Assert.Empty(killed.Leftovers());
        var suite = Suite.OpenFolder(undisturbed.PathOf("suites", "pico"));
        // Two files differ between runs: the training log has the speed of each step, and the list
        // of files has the log's hash.
        var files = Directory.EnumerateFiles(suite.Folder, "*", SearchOption.AllDirectories);
        foreach (var file in files.Where(f => Path.GetFileName(f) is not (SuiteLayout.Metrics or SuiteLayout.Files)))
        {
            var other = killed.PathOf("suites", "pico", Path.GetRelativePath(suite.Folder, file));
            Assert.True(File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(other)), file);
        }
    }
}
