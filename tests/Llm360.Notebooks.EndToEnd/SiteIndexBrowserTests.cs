// The report's first page in a browser: searched by keyboard, read by a screen reader.
using Microsoft.Playwright;

namespace Llm360.Notebooks.EndToEnd;

public sealed class SiteIndexBrowserTests(SampleSite site, Browser browser) : IClassFixture<SampleSite>, IClassFixture<Browser>
{
    private const string Shown =
        "Array.from(document.querySelectorAll('.card')).filter(c => c.offsetParent).map(c => c.querySelector('h3').textContent)";

    [Fact]
    public async Task The_keyboard_searches_findings_and_follows_one_to_its_figure()
    {
        await using var window = await browser.OpenAsync();
        var page = await window.ShowAsync(site.Result.Index);
        var box = page.GetByRole(AriaRole.Searchbox, new() { Name = "Search titles and findings" });
        // Tab from the skip link through the links of the summary to the search box.
        for (var tabs = 0; !await box.EvaluateAsync<bool>("b => b === document.activeElement"); tabs++)
        {
            Assert.True(tabs < 10, "the tabulator key does not reach the search box");
            await page.Keyboard.PressAsync("Tab");
        }

        await page.Keyboard.TypeAsync("GRADIENT norm");
        Assert.Equal(["How fast does the model learn?"], await page.EvaluateAsync<string[]>(Shown));
        Assert.Equal("1 notebook, 1 finding", await page.GetByRole(AriaRole.Status).InnerTextAsync());
        Assert.False(await page.Locator(".summary").IsVisibleAsync());
        await page.Keyboard.PressAsync("Tab");
        Assert.Equal("How fast does the model learn?", await Focused(page));
        await page.Keyboard.PressAsync("Tab");
        Assert.Contains("gradient", await Focused(page), StringComparison.Ordinal);
        // The wait starts before the key press. Otherwise it could miss the navigation.
        var followed = page.WaitForURLAsync(
            new System.Text.RegularExpressions.Regex("/01-training[.]html#figure-3$"),
            new() { WaitUntil = WaitUntilState.Commit, Timeout = 120_000 });
        await page.Keyboard.PressAsync("Enter");
        await followed;
        Assert.Empty(window.Complaints);
    }

    [Fact]
    public async Task Words_that_are_nowhere_leave_nothing_and_escape_brings_all_back()
    {
        await using var window = await browser.OpenAsync(360, 740);
        var page = await window.ShowAsync(site.Result.Index);
        var all = await page.EvaluateAsync<string[]>(Shown);
        Assert.Equal(3, all.Length);
        await page.Locator("#search").FillAsync("loss zebra");
        Assert.Empty(await page.EvaluateAsync<string[]>(Shown));
        Assert.Equal("0 notebooks, 0 findings", await page.GetByRole(AriaRole.Status).InnerTextAsync());
        // A match in the title is enough, and the words may be split between title and finding.
        await page.Locator("#search").FillAsync("error show");
        Assert.Equal(["Does an error show?"], await page.EvaluateAsync<string[]>(Shown));
        await page.Locator("#search").FillAsync("remember older");
        Assert.Equal(["What does the model remember word for word?"], await page.EvaluateAsync<string[]>(Shown));
        Assert.Equal(360, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        await page.Locator("#search").PressAsync("Escape");
        Assert.Equal(all, await page.EvaluateAsync<string[]>(Shown));
        Assert.Equal("", await page.GetByRole(AriaRole.Status).InnerTextAsync());
        Assert.Equal(0,
            await page.EvaluateAsync<int>("Array.from(document.querySelectorAll('.findings')).filter(f => f.offsetParent).length"));
    }

    [Fact]
    public async Task A_screen_reader_hears_regions_headings_and_names()
    {
        await using var window = await browser.OpenAsync();
        var page = await window.ShowAsync(site.Result.Index);
        var heard = await page.Locator("body").AriaSnapshotAsync();
        foreach (var part in new[]
        {
            "- search:", "- searchbox \"Search titles and findings\"", "- status",
            "- heading \"What it learned\" [level=2]", "- term: What it learned",
            "- heading \"How fast does the model learn?\" [level=3]", "- link \"Figure 2 of What does the model remember word for word?\"",
        })
        {
            Assert.Contains(part, heard, StringComparison.Ordinal);
        }

        page = await window.ShowAsync(site.PathOf("notebooks", "02-memorization.html"));
        heard = await page.Locator("body").AriaSnapshotAsync();
        Assert.Contains("- navigation \"Previous and next notebook\":", heard, StringComparison.Ordinal);
        Assert.Contains("- link \"Next Does an error show?\"", heard, StringComparison.Ordinal);
        await page.GetByRole(AriaRole.Link, new() { Name = "Previous How fast" }).ClickAsync();
        await page.WaitForURLAsync("**/01-training.html");
        Assert.Empty(window.Complaints);
    }

    private static Task<string> Focused(IPage page) => page.EvaluateAsync<string>("document.activeElement.textContent");
}
