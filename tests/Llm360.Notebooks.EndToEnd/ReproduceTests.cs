// The main job on the pico suite: the whole way from text to a report in a browser, and killed on the way.
using Llm360.Notebooks.Suites;

namespace Llm360.Notebooks.EndToEnd;

public sealed class ReproduceTests(Browser browser) : IClassFixture<Browser>
{
    [Fact]
    public async Task Reproduce_makes_a_report_whose_figures_all_show()
    {
        using var llm360 = new Llm360Command();
        var result = await llm360.RunAsync("reproduce", "--suite", "pico");
        Assert.True(result.ExitCode == 0, result.Error);
        var pages = Directory.GetFiles(llm360.PathOf("site", "notebooks"), "*.html").Prepend(llm360.PathOf("site", "index.html")).ToList();
        Assert.Equal(1 + Directory.GetFiles(Path.Combine(Workspace.Repository!, "notebooks"), "*.ipynb").Length, pages.Count);

        // Everything is in the store now: nothing is trained or scored again.
        var again = await llm360.RunAsync("reproduce", "--suite", "pico");
        Assert.True(again.ExitCode == 0, again.Error);
        Assert.DoesNotContain("train pico", again.Error, StringComparison.Ordinal);
        Assert.Matches("[1-9][0-9]* cells from the store, 0 computed", File.ReadAllText(llm360.PathOf("notebooks", "03-memorization.ipynb")));

        await using var window = await browser.OpenAsync();
        foreach (var path in pages)
        {
            var page = await window.ShowAsync(path);
            var selector = path.EndsWith("index.html", StringComparison.Ordinal) ? ".thumbnail" : ".figure";
            var figures = await page.Locator(selector).CountAsync();
            Assert.True(figures > 0, path);
            Assert.Equal(figures, await page.EvaluateAsync<int>($"Array.from(document.querySelectorAll('{selector}')).filter(f => f.querySelector('svg.main-svg .trace, svg.main-svg .heatmaplayer image')).length"));
        }

        Assert.Empty(window.Complaints);
        Assert.All(window.Requests, url => Assert.StartsWith("file://", url, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Reproduce_killed_at_random_moments_needs_no_more_than_a_rerun()
    {
        using var llm360 = new Llm360Command();
        using var undisturbed = new Llm360Command();
        Assert.Equal(0, (await undisturbed.RunAsync("train", "pico", "-q")).ExitCode);
        var random = new Random(20231211);
        for (var kill = 0; kill < 10; kill++)
            await llm360.RunAsync(TimeSpan.FromSeconds(0.3 + (random.NextDouble() * 4)), kill % 2 == 0 ? ["train", "pico"] : ["reproduce", "--suite", "pico"]);

        var result = await llm360.RunAsync("reproduce", "--suite", "pico");
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.True(File.Exists(llm360.PathOf("site", "index.html")));
        foreach (var checkpoint in Suite.OpenFolder(undisturbed.PathOf("suites", "pico")).Checkpoints)
            Assert.Equal(File.ReadAllBytes(Path.Combine(checkpoint.Folder, SuiteLayout.Weights)), File.ReadAllBytes(llm360.PathOf("suites", "pico", checkpoint.Name, SuiteLayout.Weights)));
    }
}
