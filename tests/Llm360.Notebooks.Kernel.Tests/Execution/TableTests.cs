// Arrays, tensors and lists of records as a reader wants them: by shape, by names, in pages.
using Llm360.Notebooks.Kernel.Display;
using Llm360.Notebooks.Kernel.Execution;
using TorchSharp;
using Xunit;

namespace Llm360.Notebooks.Kernel.Tests.Execution;

public sealed class TableTests : IDisposable
{
    private readonly RecordingSink sink = new();
    private readonly CSharpSession session;

    public TableTests() => session = new CSharpSession(sink);

    private enum Size
    {
        Small,
        Large,
    }

    public void Dispose() => session.Dispose();

    [Fact]
    public void Arrays_of_several_dimensions_show_their_shape()
    {
        Assert.Equal("double[2, 2]\n[[   1 2.25]\n [   3    4]]", Text(new[,] { { 1, 2.25 }, { 3, 4 } }));
        Assert.Equal("int[2, 1, 2]\n[[[1 2]]\n\n [[3 4]]]", Text(new[,,] { { { 1, 2 } }, { { 3, 4 } } }));
        Assert.Equal("float[0, 3]", Text(new float[0, 3]));
        var large = Text(new int[100, 200]).Split('\n');
        Assert.Equal(("int[100, 200]", "[[0 0 0 ... 0 0 0]", " ..."), (large[0], large[1], large[4]));
        Assert.Contains("<pre>", ValueFormatter.Format(new int[1, 1]).Data["text/html"]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_large_tensor_shows_its_first_and_last_numbers()
    {
        LibTorch.Load();
        using var line = torch.arange(5000, torch.ScalarType.Int64);
        Assert.EndsWith("\n[   0    1    2 ... 4997 4998 4999]", Text(line), StringComparison.Ordinal);
        using var matrix = torch.arange(40_000, torch.ScalarType.Float32).reshape(200, 200);
        var rows = Text(matrix).Split('\n');
        Assert.StartsWith("[[", rows[2], StringComparison.Ordinal);
        Assert.Equal(7, rows[2..].Length);
        Assert.Contains("<pre>[[", ValueFormatter.Format(matrix).Data["text/html"]!.ToString(), StringComparison.Ordinal);
        using var deep = torch.zeros([.. Enumerable.Repeat(2L, 14)]);
        Assert.EndsWith("from 0 to 0", Text(deep), StringComparison.Ordinal);
    }

    [Fact]
    public void Records_are_a_table_with_the_names_of_their_properties()
    {
        var rows = Text(new[] { new Item("a", 1, 0.5, Size.Small, [1, 2]), new Item("b", 2, null, Size.Large, []) }).Split('\n');
        Assert.Equal(["Name", "Count", "Score", "Size", "Parts"], rows[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Matches(@"^a\s+1\s+0.5\s+Small\s+\[2 items\]$", rows[2]);
        Assert.Matches(@"^b\s+2\s+null\s+Large\s+\[0 items\]$", rows[3]);
        Assert.Equal("2 rows x 5 columns", rows[4]);
        Assert.Contains("<th style=\"text-align:right\">Count",
            ValueFormatter.Format(new[] { new Item("a", 1, 0.5, Size.Small, []) }).Data["text/html"]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Long_lists_have_pages_and_lists_made_as_they_are_read_are_not_read_to_their_end()
    {
        var items = Enumerable.Range(0, 1000).Select(i => new Item("n", i, null, Size.Small, [])).ToList();
        Assert.Contains("1000 rows x 5 columns, the first 20 shown", Text(items), StringComparison.Ordinal);
        Assert.Contains("of the first 480", ValueFormatter.Format(items).Data["text/html"]!.ToString(), StringComparison.Ordinal);
        Assert.Contains("20 rows x 5 columns, perhaps more: show ToList() for all", Text(Endless()), StringComparison.Ordinal);
        static IEnumerable<Item> Endless()
        {
            while (true)
                yield return new Item("n", 1, null, Size.Small, []);
        }
    }

    [Fact]
    public async Task Tuples_have_the_names_that_the_code_gives_them()
    {
        await session.ExecuteAsync("new[] { 1, 2 }.Select(n => (Number: n, Square: n * n))", TestContext.Current.CancellationToken);
        Assert.Equal(["Number", "Square"], sink.LastPlain!.Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        await session.ExecuteAsync("var pairs = new List<(string, double)> { (\"a\", 1.5) };\npairs",
            TestContext.Current.CancellationToken);
        Assert.StartsWith("Item1    Item2", sink.LastPlain, StringComparison.Ordinal);
        await session.ExecuteAsync("new[] { 1 }.Select(n => new { Id = n, Text = n.ToString() }).ToList()",
            TestContext.Current.CancellationToken);
        Assert.StartsWith(" Id  Text", sink.LastPlain, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("new[] { 1, 2 }")]
    [InlineData("new[] { \"a\" }")]
    [InlineData("new List<int[]> { new[] { 1 } }")]
    [InlineData("new Dictionary<string, int> { [\"a\"] = 1 }")]
    [InlineData("new object[] { 1, \"a\" }")]
    [InlineData("new[] { new Exception(\"x\") }")]
    public async Task Lists_of_other_values_are_no_tables(string cell)
    {
        await session.ExecuteAsync(cell, TestContext.Current.CancellationToken);
        Assert.DoesNotContain("rows x", sink.LastPlain, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_list_of_values_can_be_opened()
    {
        var list = ValueFormatter.Format(Enumerable.Range(0, 3000).ToArray()).Data;
        Assert.StartsWith("[ 0, 1, 2, ", list["text/plain"]!.ToString(), StringComparison.Ordinal);
        Assert.EndsWith(", 19, ... (2,980 more) ]", list["text/plain"]!.ToString(), StringComparison.Ordinal);
        Assert.Contains("<summary>the first 2,000 of 3,000 items</summary>", list["text/html"]!.ToString(), StringComparison.Ordinal);
        Assert.Contains("<li>1999</li>", list["text/html"]!.ToString(), StringComparison.Ordinal);
        var texts = Enumerable.Repeat("<b>", 21).ToList();
        Assert.Contains("<li>&lt;b&gt;</li>", ValueFormatter.Format(texts).Data["text/html"]!.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("more", Text(Enumerable.Range(0, 20).ToList()), StringComparison.Ordinal);
    }

    private static string Text(object value) => ValueFormatter.Format(value).Data["text/plain"]!.ToString();

    private sealed record Item(string Name, int Count, double? Score, Size Size, int[] Parts);
}
