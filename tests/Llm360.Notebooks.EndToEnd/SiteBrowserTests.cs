// The built site in a real browser, opened from the folder.
using System.Globalization;
using Microsoft.Playwright;

namespace Llm360.Notebooks.EndToEnd;

public sealed partial class SiteBrowserTests(SampleSite site, Browser browser) : IClassFixture<SampleSite>, IClassFixture<Browser>
{
    public static TheoryData<string> Pages =>
        ["index.html", "notebooks/01-training.html", "notebooks/02-memorization.html", "notebooks/03-failed.html"];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_page_asks_for_nothing_but_files_beside_it_and_complains_about_nothing(string path)
    {
        await using var window = await browser.OpenAsync();
        var page = await window.ShowAsync(site.PathOf(path));
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.Empty(window.Complaints);
        Assert.All(window.Requests, url => Assert.StartsWith("file://", url, StringComparison.Ordinal));
        Assert.Contains(window.Requests, url => url.EndsWith("/assets/plotly.min.js", StringComparison.Ordinal));
        Assert.DoesNotContain("broken", await page.TitleAsync(), StringComparison.Ordinal);
        if (path.EndsWith("01-training.html", StringComparison.Ordinal))
            Assert.Equal("ran", await page.InnerTextAsync("#badge b"));
    }

    [Theory]
    [InlineData("index.html", ".thumbnail", 2)]
    [InlineData("notebooks/01-training.html", ".figure", 5)]
    [InlineData("notebooks/02-memorization.html", ".figure", 4)]
    public async Task Every_figure_is_drawn_and_named(string path, string selector, int count)
    {
        await using var window = await browser.OpenAsync();
        var page = await window.ShowAsync(site.PathOf(path));
        Assert.Equal(count, await page.Locator(selector).CountAsync());
        var figures = $"Array.from(document.querySelectorAll('{selector}'))";
        Assert.Equal(count, await page.EvaluateAsync<int>(
            figures + ".filter(f => f.querySelector('svg.main-svg .trace, svg.main-svg .heatmaplayer image')).length"));
        var names = await page.EvaluateAsync<string[]>(
            figures + ".map(f => (f.matches('[role=img]') ? f : f.querySelector('[role=img]')).getAttribute('aria-label'))");
        Assert.All(names, name => Assert.True(name.Length > 40, name));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_telephone_needs_no_sideways_scrolling(string path)
    {
        await using var window = await browser.OpenAsync(360, 740);
        var page = await window.ShowAsync(site.PathOf(path));
        Assert.Equal(360, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        Assert.Equal(0, await page.EvaluateAsync<int>(
            "Array.from(document.querySelectorAll('.plot svg.main-svg')).filter(s => s.getBoundingClientRect().right > 360.5).length"));
    }

    [Theory]
    [InlineData(360)]
    [InlineData(480)]
    public async Task On_a_telephone_colour_bars_stand_apart_axis_titles_are_whole_and_captions_stay(int width)
    {
        await using var window = await browser.OpenAsync(width, 740);
        var page = await window.ShowAsync(site.PathOf("notebooks/02-memorization.html"));
        Assert.Equal(2, await page.Locator(".figure > .plot .colorbar").CountAsync());
        Assert.Equal(3, await page.Locator(".figure > .plot .heatmaplayer image").CountAsync());
        Assert.Empty(await page.EvaluateAsync<string[]>(BarsOverMaps));
        foreach (var name in new[] { "02-memorization", "01-training" })
        {
            page = await window.ShowAsync(site.PathOf($"notebooks/{name}.html"));
            Assert.Empty(await page.EvaluateAsync<string[]>(CutTitles));
        }

        var caption = page.Locator(".table .caption");
        Assert.True((await caption.BoundingBoxAsync())!.Width <= width);
        Assert.True(await page.EvaluateAsync<bool>(
            "document.querySelector('.table .output').scrollWidth > document.querySelector('.table .output').clientWidth"));
    }

    [Fact]
    public async Task On_paper_tables_repeat_their_head_and_figures_stay_with_their_heading()
    {
        await using var window = await browser.OpenAsync();
        var page = await window.ShowAsync(site.PathOf("notebooks/01-training.html"));
        await page.EmulateMediaAsync(new() { Media = Media.Print });
        // A scrolling box would keep its table on one page or cut it off.
        Assert.Equal("visible", await page.EvaluateAsync<string>("getComputedStyle(document.querySelector('.table .output')).overflowX"));
        Assert.Equal("table-header-group",
            await page.EvaluateAsync<string>("getComputedStyle(document.querySelector('.table thead')).display"));
        Assert.Equal(["avoid", "avoid"], await page.EvaluateAsync<string[]>(
            "[getComputedStyle(document.querySelector('main h2')).breakAfter, "
            + "getComputedStyle(document.querySelector('.figure')).breakInside]"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Text_of_pages_and_figures_has_contrast(bool dark)
    {
        await using var window = await browser.OpenAsync(dark: dark);
        string[] paths = ["index.html", "notebooks/01-training.html", "notebooks/02-memorization.html", "notebooks/03-failed.html"];
        foreach (var path in paths)
        {
            var page = await window.ShowAsync(site.PathOf(path));
            await page.EvaluateAsync("document.querySelectorAll('details').forEach(d => d.open = true)");
            var weak = await page.EvaluateAsync<string[]>(Contrast);
            Assert.Empty(weak);
        }
    }

    [Fact]
    public async Task Figures_follow_the_colour_scheme_while_the_page_is_open()
    {
        await using var window = await browser.OpenAsync();
        var page = await window.ShowAsync(site.PathOf("notebooks/01-training.html"));
        const string colour = "getComputedStyle(document.querySelector('.plot .xtick text')).fill";
        var light = await page.EvaluateAsync<string>(colour);
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        for (var tries = 0; await page.EvaluateAsync<string>(colour) == light; tries++)
        {
            Assert.True(tries < 100, "the figures kept the colour of the light scheme");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.Equal(await page.EvaluateAsync<string>("getComputedStyle(document.body).color"), await page.EvaluateAsync<string>(colour));
    }

    [Fact]
    public async Task One_button_unfolds_all_code_and_folds_it_again()
    {
        await using var window = await browser.OpenAsync();
        var page = await window.ShowAsync(site.PathOf("notebooks/01-training.html"));
        const string open = "document.querySelectorAll('details.code[open]').length";
        Assert.Equal(1, await page.EvaluateAsync<int>(open));
        await page.GetByRole(AriaRole.Button, new() { Name = "Show all code" }).ClickAsync();
        Assert.Equal(await page.Locator("details.code").CountAsync(), await page.EvaluateAsync<int>(open));
        await page.GetByRole(AriaRole.Button, new() { Name = "Hide all code" }).ClickAsync();
        Assert.Equal(1, await page.EvaluateAsync<int>(open));
    }

    [Theory]
    [InlineData("CSV", ".csv")]
    [InlineData("SVG", ".svg")]
    [InlineData("PNG", ".png")]
    public async Task A_figure_downloads(string button, string extension)
    {
        await using var window = await browser.OpenAsync();
        var page = await window.ShowAsync(site.PathOf("notebooks/01-training.html"));
        var download = await page.RunAndWaitForDownloadAsync(
            () => page.Locator("#figure-2").GetByRole(AriaRole.Button, new() { Name = button }).ClickAsync());
        Assert.Equal("the-learning-rate-peaks-at-0-0003-and" + extension, download.SuggestedFilename);
        var file = Path.Combine(site.Folder, download.SuggestedFilename);
        await download.SaveAsAsync(file);
        if (extension == ".svg")
            Assert.Contains("The learning rate peaks at 0.0003", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken),
                StringComparison.Ordinal);
        else if (extension == ".png")
            Assert.Equal([0x89, 0x50, 0x4e, 0x47], (await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken))[..4]);
        else
            CheckCsv(await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Headings_and_landmarks_are_in_order()
    {
        await using var window = await browser.OpenAsync();
        foreach (var path in Pages)
        {
            var page = await window.ShowAsync(site.PathOf(path.Data));
            var levels =
                await page.EvaluateAsync<int[]>("Array.from(document.querySelectorAll('h1,h2,h3,h4,h5,h6')).map(h => +h.tagName[1])");
            Assert.Equal(1, levels.Count(l => l == 1));
            Assert.Equal(1, levels[0]);
            Assert.All(levels.Zip(levels.Skip(1)), pair => Assert.True(pair.Second <= pair.First + 1));
            Assert.Equal("en", await page.EvaluateAsync<string>("document.documentElement.lang"));
            Assert.Equal(1, await page.Locator("main").CountAsync());
            Assert.Equal(0,
                await page.EvaluateAsync<int>("Array.from(document.querySelectorAll('img')).filter(i => !i.hasAttribute('alt')).length"));
            Assert.Equal(0, await page.EvaluateAsync<int>(
                "(ids => ids.length - new Set(ids).size)(Array.from(document.querySelectorAll('[id]')).map(e => e.id))"));
            await page.Keyboard.PressAsync("Tab");
            Assert.Equal("#main", await page.EvaluateAsync<string>("document.activeElement.getAttribute('href')"));
        }
    }

    [Fact]
    public async Task Contents_stay_in_view_on_a_wide_screen()
    {
        await using var window = await browser.OpenAsync(1400, 800);
        var page = await window.ShowAsync(site.PathOf("notebooks/01-training.html"));
        await page.EvaluateAsync("window.scrollTo(0, 2500)");
        var box = (await page.Locator(".contents").BoundingBoxAsync())!;
        Assert.InRange(box.Y, 0, 100);
        Assert.True((await page.Locator("main").BoundingBoxAsync())!.X > box.X + box.Width);
    }

    [Fact]
    public async Task A_figure_whose_scripts_are_removed_shows_its_picture()
    {
        await using var window = await browser.OpenAsync();
        var figure = Figures.LearningRate(new TrainingSeries("nano", "steps", [0, 1], [0, 1]));
        var file = Path.Combine(site.Folder, "bare.html");
        await File.WriteAllTextAsync(file, "<!doctype html><title>bare</title>" + Script().Replace(figure.ToHtml(), ""),
            TestContext.Current.CancellationToken);
        await window.Page.GotoAsync(new Uri(file).AbsoluteUri);
        Assert.Equal(720, await window.Page.EvaluateAsync<int>("document.querySelector('img').naturalWidth"));
        Assert.Contains("The learning rate peaks", await window.Page.EvaluateAsync<string>("document.querySelector('img').alt"),
            StringComparison.Ordinal);
        Assert.Empty(window.Complaints);
    }

    [Fact]
    public async Task A_figure_draws_itself_in_a_notebook_page_with_the_text_colour_of_its_place()
    {
        await using var window = await browser.OpenAsync();
        var figure = Figures.LearningRate(new TrainingSeries("nano", "steps", [0, 1], [0, 1]));
        var file = Path.Combine(site.Folder, "notebook.html");
        await File.WriteAllTextAsync(file,
            $"<!doctype html><title>notebook</title><body style='color:rgb(1, 200, 3)'>{FigureHtml.PlotlyScript}{figure.ToHtml()}",
            TestContext.Current.CancellationToken);
        await window.Page.GotoAsync(new Uri(file).AbsoluteUri);
        await window.Page.WaitForSelectorAsync("svg.main-svg .xtick text");
        Assert.Equal("rgb(1, 200, 3)",
            await window.Page.EvaluateAsync<string>("getComputedStyle(document.querySelector('.xtick text')).fill"));
        // The chart has replaced the picture and has its name.
        Assert.Equal(0, await window.Page.Locator("img").CountAsync());
        Assert.Contains("The learning rate peaks", await window.Page.GetAttributeAsync("[role=img]", "aria-label"),
            StringComparison.Ordinal);
        Assert.Empty(window.Complaints);
    }

    [System.Text.RegularExpressions.GeneratedRegex("<script>.*?</script>", System.Text.RegularExpressions.RegexOptions.Singleline)]
    private static partial System.Text.RegularExpressions.Regex Script();

    private static void CheckCsv(string[] lines)
    {
        Assert.Equal("panel,series,role,x,label,y,low,high", lines[0]);
        var row = lines[^1].Split(',');
        Assert.Equal(["", "nano", "measured"], row[..3]);
        Assert.Equal(12.6e6, double.Parse(row[3], CultureInfo.InvariantCulture));
        Assert.Equal(3e-5, double.Parse(row[5], CultureInfo.InvariantCulture), 1e-8);
    }

    private const string FigureOfPlot = "() => plot.closest('.figure').id";

    private const string BarsOverMaps = $$"""
        (() => [...document.querySelectorAll('.figure > .plot')].flatMap(plot => {
            const box = e => e.getBoundingClientRect();
            const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
            const maps = [...plot.querySelectorAll('.heatmaplayer image')].map(box);
            return [...plot.querySelectorAll('.colorbar')].filter(bar => maps.some(map => !apart(box(bar), map))).map({{FigureOfPlot}});
        }))()
        """;

    private const string CutTitles = """
        (() => [...document.querySelectorAll('.figure > .plot')].flatMap(plot => {
            const all = plot.querySelector('svg.main-svg').getBoundingClientRect();
            return [...plot.querySelectorAll('.xtitle, .ytitle, [class*="title"] text')].filter(t => {
                const box = t.getBoundingClientRect();
                return box.left < all.left - 1 || box.right > all.right + 1 || box.top < all.top - 1 || box.bottom > all.bottom + 1;
            }).map(t => plot.closest('.figure').id + ': ' + t.textContent);
        }))()
        """;

    private const string Light = "const light = c => "
        + "{ const v = c.slice(0, 3).map(x => x / 255).map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4); "
        + "return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };";

    private const string Behind = "const behind = e => "
        + "{ for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); "
        + "if (c.length === 3 || c[3] > 0.99) return c; } return [255, 255, 255]; };";

    private const string NotText = "'script, style, .skip, .heatmaplayer, .hm, .modebar-container'";

    private const string Weak =
        "weak.push(`${node.textContent.trim().slice(0, 40)}: ${((a + 0.05) / (b + 0.05)).toFixed(2)}`);";

    /// <summary>Texts with a contrast below 4.5 to 1 with the nearest opaque background.</summary>
    private const string Contrast = $$"""
        () => {
          const parse = c => (c.match(/[\d.]+/g) || []).map(Number);
          {{Light}}
          {{Behind}}
          const weak = [];
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const e = node.parentElement, box = e.getBoundingClientRect();
            if (!node.textContent.trim() || !box.width || e.closest({{NotText}})) continue;
            const style = getComputedStyle(e), colour = parse(e instanceof SVGElement ? style.fill : style.color);
            const [a, b] = [light(colour), light(behind(e))].sort((x, y) => y - x);
            if ((a + 0.05) / (b + 0.05) < 4.5 && !e.closest('.heatmap')) {{Weak}}
          }
          return weak;
        }
        """;
}
