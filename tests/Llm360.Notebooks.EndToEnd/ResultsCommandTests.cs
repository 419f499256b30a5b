// llm360 query and results: the store as rows, files and a chart, and its removal.

namespace Llm360.Notebooks.EndToEnd;

public sealed class ResultsCommandTests
{
    [Fact]
    public async Task A_store_is_queried_listed_and_removed()
    {
        using var llm360 = new Llm360Command();
        await llm360.AddPicoAsync();
        Assert.Equal(0, (await llm360.RunAsync("grid", "memorization", "-s", "pico", "-k", "16", "-l", "16", "-n", "16", "--device",
            "cpu", "-q")).ExitCode);

        const string sql = "select checkpoint_index, chunk, avg(score) as score from memorization group by all order by all";
        var (csv, svg, html) = (llm360.PathOf("rows.csv"), llm360.PathOf("chart.svg"), llm360.PathOf("chart.html"));
        var query = await llm360.RunAsync("query", sql, "--csv", csv, "--chart", "line", "checkpoint_index", "score", "chunk", "-o", svg);
        Assert.True(query.ExitCode == 0, query.Error);
        Assert.Equal("checkpoint_index,chunk,score", File.ReadLines(csv).First());
        Assert.Equal(1 + (5 * 4), File.ReadLines(csv).Count());
        Assert.StartsWith("<svg", File.ReadAllText(svg), StringComparison.Ordinal);
        Assert.Equal(0, (await llm360.RunAsync("query", sql, "--chart", "line", "checkpoint_index", "score", "-o", html)).ExitCode);
        Assert.Contains("data-llm360-figure", File.ReadAllText(html), StringComparison.Ordinal);
        var shown = await llm360.RunAsync("query", "select count(*) as n from memorization where prompt_length = 16");
        Assert.Contains("1 rows", shown.Output, StringComparison.Ordinal);
        var malformed = await llm360.RunAsync("query", "select * form memorization");
        Assert.Equal(1, malformed.ExitCode);
        Assert.Contains("line 1, at: memorization", malformed.Error, StringComparison.Ordinal);

        var list = await llm360.RunAsync("results", "list");
        Assert.Contains("prompt_length 16", list.Output, StringComparison.Ordinal);
        var name = list.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Single(w =>
            w.StartsWith("pico/memorization-", StringComparison.Ordinal));
        Assert.Contains("cells: 20, ", (await llm360.RunAsync("results", "show", name)).Output, StringComparison.Ordinal);

        foreach (var other in new[] { "pico", "pico/memorization-*", "../results/pico", "pico/memorization-000000000000" })
            Assert.Equal(1, (await llm360.RunAsync("results", "rm", other, "--yes")).ExitCode);
        var asked = await llm360.RunAsync("results", "rm", name);
        Assert.Equal(1, asked.ExitCode);
        Assert.Contains("would delete 20 cells", asked.Error, StringComparison.Ordinal);
        Assert.Equal(20, Cells());
        Assert.Equal(0, (await llm360.RunAsync("results", "rm", name, "--yes")).ExitCode);
        Assert.Empty(Directory.EnumerateFileSystemEntries(llm360.PathOf("results", "pico")));
        Assert.Equal(1, (await llm360.RunAsync("results", "show", name)).ExitCode);

        int Cells() => Directory.EnumerateFiles(llm360.PathOf("results"), "*.parquet", SearchOption.AllDirectories).Count();
    }
}
