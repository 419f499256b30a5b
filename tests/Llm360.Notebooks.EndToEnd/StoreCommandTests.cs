// llm360 list, compare, export and plot.
using System.Xml.Linq;

namespace Llm360.Notebooks.EndToEnd;

[Collection(typeof(InProcessTests))]
public sealed class StoreCommandTests(InProcess home)
{
    [Fact]
    public async Task Suites_and_what_there_is_of_one_are_listed()
    {
        await FillAsync();
        var all = await InProcess.RunAsync("list");
        Assert.Matches(@"pico +trained here +[1-9]", all.Output);
        Assert.Matches("nano +not trained: llm360 train nano", all.Output);
        Assert.Matches("amber +on the Hub", all.Output);
        var one = await InProcess.RunAsync("list", "pico");
        Assert.True(one.ExitCode == 0, one.Error);
        foreach (var text in new[] { "5: ckpt_000 to ckpt_004", "4: train_000 to train_003", "ckpt_003", "6,144", "pico/memorization-",
            "prompt_length 12" })
            Assert.Contains(text, one.Output, StringComparison.Ordinal);
        Assert.Contains("llm360 train nano", (await InProcess.RunAsync("list", "nano")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_checkpoints_are_compared()
    {
        var same = await InProcess.RunAsync("compare", "pico/4", "pico/last");
        Assert.Contains("All tensors are equal.", same.Output, StringComparison.Ordinal);
        var other = await InProcess.RunAsync("compare", "pico/0", "pico/last");
        Assert.Matches("[1-9][0-9]* tensors differ", other.Output);
        Assert.Contains("elements that differ", other.Output, StringComparison.Ordinal);
        var inspected = await InProcess.RunAsync("inspect", "pico/0", "--diff", "pico/last");
        Assert.Equal(other.Output, inspected.Output);
    }

    [Fact]
    public async Task Stored_results_become_a_table()
    {
        await FillAsync();
        var name = Name("prompt_length 12");
        foreach (var arguments in new[] { new[] { "-o", home.PathOf("a.csv") }, ["--csv", home.PathOf("b.csv")],
            ["--parquet", home.PathOf("c.parquet")], ["-o", home.PathOf("d.parquet")] })
        {
            var result = await InProcess.RunAsync(["export", name, .. arguments]);
            Assert.True(result.ExitCode == 0, result.Error);
        }

        var lines = File.ReadAllLines(home.PathOf("a.csv"));
        Assert.Equal(lines, File.ReadAllLines(home.PathOf("b.csv")));
        Assert.Contains("checkpoint,checkpoint_index,chunk", lines[0], StringComparison.Ordinal);
        var suite = Suites.Open("pico");
        var scores = await suite.Memorization(new(12, 12, 16)).ScoreAsync();
        Assert.Equal(scores.Rows.Count, lines.Length - 1);
        Assert.Equal(File.ReadAllBytes(home.PathOf("c.parquet")), File.ReadAllBytes(home.PathOf("d.parquet")));
        Assert.Equal(1, (await InProcess.RunAsync("export", name)).ExitCode);
    }

    [Fact]
    public async Task Stored_results_become_a_figure_and_nothing_is_computed()
    {
        await FillAsync();
        Assert.Equal(0, (await InProcess.RunAsync("evaluate", "-s", "pico", "--tasks", "cloze,heldout", "-n", "4", "-q")).ExitCode);
        await Suites.Open("pico").HeldOutLossAsync();
        var (cells, evaluation) = (Cells(), Name("limit 4,"));
        foreach (var name in new[] { Name("prompt_length 12"), evaluation, "pico/held-out-loss" })
        {
            var svg = await InProcess.RunAsync("plot", name, "-o", home.PathOf("figure.svg"));
            Assert.True(svg.ExitCode == 0, svg.Error);
            Assert.Equal("svg", XDocument.Load(home.PathOf("figure.svg")).Root!.Name.LocalName);
            Assert.Contains(home.PathOf("figure.svg"), svg.Output, StringComparison.Ordinal);
        }

        var html = await InProcess.RunAsync("plot", evaluation, "-o", home.PathOf("figure.html"));
        Assert.True(html.ExitCode == 0, html.Error);
        Assert.Contains("data-llm360-figure", File.ReadAllText(home.PathOf("figure.html")), StringComparison.Ordinal);
        var plain = await InProcess.RunAsync("plot", evaluation, "-q");
        Assert.True(File.Exists(plain.Output.Trim()), plain.Output);
        Assert.Equal(cells, Cells());
        Assert.Contains(".svg or .html", (await InProcess.RunAsync("plot", evaluation, "-o", home.PathOf("x.png"))).Error,
            StringComparison.Ordinal);

        Dictionary<string, DateTime> Cells() => Directory.GetFiles(home.PathOf("results", "pico"), "*.parquet", SearchOption.AllDirectories)
            .ToDictionary(f => f, File.GetLastWriteTimeUtc);
    }

    private static async Task FillAsync()
    {
        var result = await InProcess.RunAsync("grid", "memorization", "-s", "pico", "-k", "12", "-l", "12", "-n", "16", "-q");
        Assert.True(result.ExitCode == 0, result.Error);
    }

    private static string Name(string setting) =>
        StoreCatalog.Read(Workspace.ResultsFolder, "pico").Single(a => a.SettingsText.Contains(setting, StringComparison.Ordinal)).Name;
}
