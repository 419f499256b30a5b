// The files of a built site, without a browser.
using System.Text.RegularExpressions;
using Llm360.Notebooks.Cli.Site;

namespace Llm360.Notebooks.EndToEnd;

public sealed partial class SiteFilesTests(SampleSite site) : IClassFixture<SampleSite>
{
    [Fact]
    public void Weights_stay_within_their_limits_and_plotly_is_there_once()
    {
        Assert.InRange(new FileInfo(site.Result.Index).Length, 1, 300_000);
        Assert.All(site.Result.Pages, p => Assert.InRange(new FileInfo(p.Path).Length, 1, 2_000_000));
        Assert.Single(Directory.GetFiles(site.Site, "*", SearchOption.AllDirectories), f => new FileInfo(f).Length > 2_000_000);
        Assert.Equal("03-failed.ipynb has a cell that failed; its page shows the error.", Assert.Single(site.Result.Warnings));
    }

    [Fact]
    public void The_index_says_the_run_in_one_sentence_and_each_question_once()
    {
        var html = File.ReadAllText(site.Result.Index);
        const string sentence = "The suite nano, a model of 1.23 million parameters trained on 12.6 million tokens, "
            + "was studied in 3 notebooks within 14.2 minutes on 2 processors, 24 GB.";
        Assert.Contains(sentence, html, StringComparison.Ordinal);
        Assert.Equal(
            ["How fast does the model learn?", "What does the model remember word for word?", "Does an error show?"],
            site.Result.Pages.Select(p => p.Title));
        Assert.Contains("On the chunk just read a checkpoint scores", html, StringComparison.Ordinal);
        Assert.Contains("Ran for 42 seconds.", html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_index_sums_up_what_was_learned_and_remembered_with_links_to_the_figures()
    {
        var html = File.ReadAllText(site.Result.Index).Split("<footer")[0];
        Assert.Equal(["What it learned", "What it remembers"], Regex.Matches(html, "<dt>(.*?)</dt>").Select(m => m.Groups[1].Value));
        Assert.Equal(
            ["What it learned", "What it remembers", "More notebooks"],
            Regex.Matches(html, "<h2>(.*?)</h2>").Select(m => m.Groups[1].Value));
        Assert.Matches("<dd>On the chunk just read a checkpoint scores .* <a href=\"notebooks/02-memorization.html#figure-2\">", html);
        // Every figure is in the search list, and its anchor exists.
        Assert.Equal(9, Regex.Count(html, "<li hidden>"));
        Assert.Contains("id=\"figure-2\"", SiteText("notebooks/02-memorization.html"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_index_says_what_this_is_who_made_it_and_where_paper_code_and_data_are()
    {
        var html = File.ReadAllText(site.Result.Index);
        Assert.Contains("LLM360 releases language models", html, StringComparison.Ordinal);
        Assert.Contains("2026-01-31 12:30 UTC with Llm360.Notebooks 1.0, commit abc", html, StringComparison.Ordinal);
        Assert.Contains("A model for tests.", html, StringComparison.Ordinal);
        string[] links =
            ["https://arxiv.org/abs/2312.06550", "https://github.com/LLM360", "https://huggingface.co/LLM360", "data/suite.json"];
        foreach (var link in links)
            Assert.Contains($"<a href=\"{link}\"", html, StringComparison.Ordinal);
        Assert.True(File.Exists(site.PathOf("data", "suite.json")));
    }

    [Fact]
    public void The_caption_of_a_table_stands_above_the_box_that_scrolls()
    {
        var html = SiteText("notebooks/01-training.html");
        Assert.Matches("<figcaption class=\"caption\">Paper against this run[^<]*</figcaption>\\s*<div class=\"output html\"", html);
        Assert.DoesNotContain("<caption>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_leads_to_the_ones_before_and_after_it()
    {
        Assert.Equal(["next 02-memorization.html"], Neighbours("01-training"));
        Assert.Equal(["prev 01-training.html", "next 03-failed.html"], Neighbours("02-memorization"));
        Assert.Equal(["prev 02-memorization.html"], Neighbours("03-failed"));

        IEnumerable<string> Neighbours(string name) =>
            Regex.Matches(SiteText($"notebooks/{name}.html"), "<a rel=\"(prev|next)\" href=\"([^\"]+)\">")
                .Select(m => $"{m.Groups[1]} {m.Groups[2]}");
    }

    [Fact]
    public void Only_plain_links_name_other_places()
    {
        foreach (var file in Directory.GetFiles(site.Site, "*.html", SearchOption.AllDirectories))
        {
            var html = JsonScript().Replace(File.ReadAllText(file), "");
            Assert.DoesNotMatch(@"<(img|script|link|iframe|source|video)\b[^>]*https?:", html);
            // All other URLs in tags are those of links.
            Assert.All(
                Tag().Matches(html).Where(t => t.Value.Contains("://", StringComparison.Ordinal)),
                t => Assert.StartsWith("<a href=\"http", t.Value, StringComparison.Ordinal));
        }

        foreach (var asset in new[] { "figures.js", "page.js", "index.js", "site.css" })
            Assert.DoesNotContain("http", SiteText($"assets/{asset}"), StringComparison.Ordinal);
    }

    [Fact]
    public void Links_lead_to_pages_and_files_that_are_there()
    {
        foreach (var file in Directory.GetFiles(site.Site, "*.html", SearchOption.AllDirectories))
        {
            foreach (Match link in Href().Matches(File.ReadAllText(file)))
            {
                var target = link.Groups[1].Value;
                if (target.StartsWith("http", StringComparison.Ordinal) || target.StartsWith('#')
                    || target.StartsWith("data:", StringComparison.Ordinal))
                    continue;
                Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(file)!, Uri.UnescapeDataString(target.Split('#')[0]))),
                    $"{target} in {file}");
            }
        }

        Assert.Contains("href=\"02-memorization.html\"", SiteText("notebooks/01-training.html"), StringComparison.Ordinal);
        Assert.Contains("href=\"../data/01-training/metrics.csv\"", SiteText("notebooks/01-training.html"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_downloaded_notebook_has_its_outputs_but_no_plotly()
    {
        var notebook = SiteText("notebooks/01-training.ipynb");
        Assert.DoesNotContain("plotly.js v2.28.0", notebook, StringComparison.Ordinal);
        Assert.Contains("application/vnd.plotly.v1+json", notebook, StringComparison.Ordinal);
    }

    [Fact]
    public void Streams_and_errors_are_readable()
    {
        Assert.Contains("<pre class=\"output\" tabindex=\"0\">step 3000\ndone</pre>", SiteText("notebooks/01-training.html"),
            StringComparison.Ordinal);
        Assert.Contains("Exception: no &lt;good&gt;\ncell 1, line 1", SiteText("notebooks/03-failed.html"), StringComparison.Ordinal);
    }

    [Fact]
    public void Building_again_gives_the_same_bytes_and_removes_only_its_own_stale_pages()
    {
        using var other = new SampleSite();
        var before = Snapshot(other.Site);
        File.WriteAllText(other.PathOf("mine.txt"), "not the site's");
        File.AppendAllText(other.PathOf("assets", "files.txt"), "../metrics.csv\n");
        SiteBuilder.Build(other.Notebooks, other.Site, other.Run);
        Assert.Equal(before, Snapshot(other.Site).Where(f => f.Key != "mine.txt"));

        File.Delete(Path.Combine(other.Notebooks, "03-failed.ipynb"));
        SiteBuilder.Build(other.Notebooks, other.Site, other.Run);
        Assert.False(File.Exists(other.PathOf("notebooks", "03-failed.html")));
        Assert.True(File.Exists(other.PathOf("mine.txt")));
        Assert.True(File.Exists(Path.Combine(other.Folder, "metrics.csv")));

        static Dictionary<string, string> Snapshot(string folder) =>
            Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToDictionary(
                f => Path.GetRelativePath(folder, f),
                f => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f))));
    }

    [Fact]
    public void A_folder_without_notebooks_is_told_with_the_command_to_run()
    {
        var error = Assert.Throws<Llm360Exception>(() => SiteBuilder.Build(Path.Combine(site.Folder, "nothing"), site.Site, site.Run));
        Assert.Contains("llm360", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void The_list_of_reports_links_to_each_with_its_sentence_and_date_and_passes_over_what_is_none()
    {
        var reports = Directory.CreateDirectory(Path.Combine(site.Folder, "reports")).FullName;
        SiteBuilder.Build(site.Notebooks, Path.Combine(reports, "nano"), site.Run);
        SiteBuilder.Build(site.Notebooks, Path.Combine(reports, "pico"),
            site.Run with { Suite = "pico", Finished = site.Run.Finished!.Value.AddDays(1) });
        foreach (var broken in new[] { "null", "{", "{}" })
        {
            var folder = Directory.CreateDirectory(Path.Combine(reports, $"broken{broken.Length}")).FullName;
            File.WriteAllText(Path.Combine(folder, "index.html"), "");
            File.WriteAllText(Path.Combine(folder, "report.json"), broken);
        }

        var html = File.ReadAllText(ReportList.Write(reports));
        Assert.Equal(
            ["pico/index.html", "nano/index.html"],
            Href().Matches(html).Select(m => m.Groups[1].Value).Where(h => h.EndsWith("html", StringComparison.Ordinal)));
        Assert.Contains("The suite nano, a model of 1.23 million parameters", html, StringComparison.Ordinal);
        Assert.Contains("2026-01-31 12:30 UTC", html, StringComparison.Ordinal);
        Assert.DoesNotContain("assets/", html, StringComparison.Ordinal);
    }

    private string SiteText(string path) => File.ReadAllText(site.PathOf(path));

    [GeneratedRegex("<script type=\"application/json\">.*?</script>", RegexOptions.Singleline)]
    private static partial Regex JsonScript();

    [GeneratedRegex("<[a-zA-Z][^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex("href=\"([^\"#][^\"]*)\"")]
    private static partial Regex Href();
}
