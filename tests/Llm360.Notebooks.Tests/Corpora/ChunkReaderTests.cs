// Rows of all formats are read; bad lines are named by number.

namespace Llm360.Notebooks.Tests;

public sealed class ChunkReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Write(string text)
    {
        File.WriteAllText(_folder["chunk.jsonl"], text);
        return _folder["chunk.jsonl"];
    }

    [Fact]
    public void All_formats_are_read()
    {
        var rows = ChunkReader.Read(Write("""
            {"token_ids":[1,2,3],"source":"c4"}
            {"token_ids":[4],"source":"canary","documents":[7,8],"canary":{"id":"c1-r4","repetitions":4},"other":{"x":[1]}}

            {"source":"books","prompt":[5,6],"continuation":[7]}
             [8, 9]
            """.Replace("\n", "\r\n", StringComparison.Ordinal))).ToList();
        Assert.Equal([[1, 2, 3], [4], [5, 6, 7], [8, 9]], rows.Select(r => r.TokenIds));
        Assert.Equal(["c4", "canary", "books", ""], rows.Select(r => r.Source));
        Assert.Equal([7, 8], rows[1].Documents);
        Assert.Equal([null, new CanaryMark("c1-r4", 4), null, null], rows.Select(r => r.Canary));
        Assert.Equal([null, null, 2, null], rows.Select(r => r.PromptLength));
    }

    [Theory]
    [InlineData("{\"token_ids\":[1,2", "")]
    [InlineData("{\"source\":\"c4\"}", "token_ids")]
    [InlineData("{\"token_ids\":[1,-2],\"source\":\"c4\"}", "-2")]
    [InlineData("{\"token_ids\":[1,2.5],\"source\":\"c4\"}", "token_ids[1]")]
    [InlineData("[1,-2]", "-2")]
    [InlineData("[1,2", "")]
    [InlineData("[[1]]", "")]
    [InlineData("null", "null")]
    [InlineData("not json", "")]
    [InlineData("{\"token_ids\":[1],\"source\":\"canary\",\"canary\":{\"id\":\"a\"}}", "canary")]
    public void A_bad_line_is_named_by_its_number(string line, string says)
    {
        var path = Write("{\"token_ids\":[1],\"source\":\"c4\"}\n\n" + line + "\n");
        var error = Assert.Throws<Llm360Exception>(() => ChunkReader.Read(path).Count());
        Assert.Equal($"{path}, line 3", error.Where);
        Assert.Contains(says, error.What, StringComparison.Ordinal);
        Assert.Single(ChunkReader.Read(path, limit: 1)); // lines before the bad line are read
    }

    [Fact]
    public void A_missing_file_is_reported_at_once()
    {
        var error = Assert.Throws<Llm360Exception>(() => ChunkReader.Read(_folder["none.jsonl"]));
        Assert.Contains("none.jsonl", error.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_longer_than_the_buffer_are_whole()
    {
        var long1 = string.Join(',', Enumerable.Range(0, 50_000));
        var rows = ChunkReader.Read(Write(
            $"{{\"token_ids\":[{long1}],\"source\":\"a\"}}\n{{\"token_ids\":[1],\"source\":\"b\"}}\n"
            + $"{{\"token_ids\":[{long1}],\"source\":\"c\"}}")).ToList();
        Assert.Equal([50_000, 1, 50_000], rows.Select(r => r.TokenIds.Length));
        Assert.Equal(Enumerable.Range(0, 50_000), rows[2].TokenIds);
    }

    [Fact]
    public void The_first_rows_of_a_huge_file_cost_only_those_rows()
    {
        // Sparse: 40 GB of zero bytes after two rows.
        using (var file = new FileStream(_folder["huge.jsonl"], FileMode.CreateNew))
        {
            file.Write("{\"token_ids\":[1],\"source\":\"a\"}\n{\"token_ids\":[2],\"source\":\"a\"}\n"u8);
            Assert.SkipWhen(OperatingSystem.IsWindows() || OperatingSystem.IsMacOS(), "needs sparse files");
            file.SetLength(40L << 30);
        }

        Assert.Equal([1, 2], ChunkReader.Read(_folder["huge.jsonl"], limit: 2).Select(r => r.TokenIds[0]));
        var error = Assert.Throws<Llm360Exception>(() => ChunkReader.Read(_folder["huge.jsonl"]).Count());
        Assert.Contains("line 3", error.Where, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(143)]
    [InlineData(355)]
    public void Ambers_real_rows_are_read(int chunk)
    {
        var rows = ChunkReader.Read(Fixtures.Shared("amber", $"train_{chunk}.jsonl")).ToList();
        Assert.True(rows.Count >= 100);
        Assert.All(rows, r => Assert.Equal(64, r.TokenIds.Length));
        Assert.All(rows, r => Assert.All(r.TokenIds, id => Assert.InRange(id, 0, 31999)));
        Assert.All(rows, r => Assert.NotEmpty(r.Source));
    }
}
