// suite.Query: the content of the views, and queries that are refused.
using Microsoft.Data.Analysis;
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class SuiteQueryTests : IDisposable
{
    private readonly TemporaryFolder results = new();
    private readonly PicoSuite pico;

    public SuiteQueryTests(PicoSuite pico)
    {
        this.pico = pico;
        var store = RowStores.Open(pico.Suite, results.Path, analysis: "memorization", settings: new MemorizationSettings(16, 16, 4));
        foreach (var (c, checkpoint) in pico.Suite.Checkpoints.Take(2).Index())
        {
            foreach (var (k, chunk) in pico.Suite.Chunks.Take(2).Index())
                store.Write(checkpoint, new ChunkItem(chunk), [Row(0, c), Row(1, c + (k * 0.5))]);
        }

        var other = RowStores.Open(pico.Suite, results.Path, analysis: "memorization", settings: new MemorizationSettings(8, 16, 4));
        other.Write(pico.Suite.Checkpoints[0], GridItem.Of("task", "cloze", "1"), [Row(7, 1)]);
    }

    public void Dispose() => results.Dispose();

    [Fact]
    public void A_view_has_suite_settings_partition_and_rows()
    {
        var rows = Query("""
            select suite, prompt_length, checkpoint, checkpoint_index, chunk, task, row, score
            from memorization order by prompt_length desc, checkpoint, chunk, row
            """);
        Assert.Equal(9, rows.Rows.Count);
        Assert.Equal([pico.Suite.Name, 16, pico.Suite.Checkpoints[0].Name, 0, 0, null, 0, 0.0], rows.Rows[0]);
        Assert.Equal([pico.Suite.Name, 16, pico.Suite.Checkpoints[1].Name, 1, 1, null, 1, 1.5], rows.Rows[7]);
        Assert.Equal([pico.Suite.Name, 8, pico.Suite.Checkpoints[0].Name, 0, null, "cloze", 7, 1.0], rows.Rows[8]);
    }

    [Fact]
    public void Sums_are_whole_numbers_and_lists_are_text()
    {
        var rows = Query("select sum(row) as n, sum(9223372036854775807) as huge, list(distinct source) as l, true as t, null as "
            + "nothing from memorization");
        Assert.Equal(11L, rows["n"][0]);
        Assert.Equal(9 * (double)long.MaxValue, rows["huge"][0]);
        Assert.IsType<StringDataFrameColumn>(rows["l"]);
        Assert.Equal(true, rows["t"][0]);
        Assert.Null(rows["nothing"][0]);
        Assert.Contains("prompt_length", Query("describe memorization;")["column_name"].Cast<string>());
    }

    [Fact]
    public void Arrays_of_scores_are_rows_and_other_arrays_have_no_view()
    {
        using var scores = torch.tensor([1.0, 2, 3, 4, 5, 6], [2, 3]);
        Write("attribution-scores", new() { ["scores"] = scores });
        Write("attribution-vectors", new() { ["vectors"] = scores });
        var rows = Query("select chunk, query, sampled_row, score from attribution_scores order by score");
        Assert.Equal([0, 1, 2, 6.0], rows.Rows[5]);
        Assert.Contains("Views of the store: attribution_scores, memorization.", Refusal("select * from attribution_vectors").Remedy,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Stale_cells_never_appear()
    {
        var stale = Directory.EnumerateFiles(results.Path, "chunk=0.parquet", SearchOption.AllDirectories).Order().First();
        File.Move(stale, Path.ChangeExtension(stale, null) + ".0123456789abcdef.stale");
        Assert.Equal(6L, Query("select count(*) as n from memorization where prompt_length = 16")["n"][0]);
        var refusal = Refusal($"select * from '{Path.ChangeExtension(stale, null)}.0123456789abcdef.stale'");
        Assert.NotNull(refusal);
    }

    [Theory]
    [InlineData("select *\n form memorization", "syntax error", "line 2, at: memorization")]
    [InlineData("select scor from memorization", "\"scor\" not found", "line 1, at: scor from memorization")]
    [InlineData("select * from memorisation", "does not exist", "line 1, at: memorisation")]
    public void A_malformed_query_is_one_error_with_its_place(string sql, string what, string where)
    {
        var refusal = Refusal(sql);
        Assert.Contains(what, refusal.What, StringComparison.Ordinal);
        Assert.Contains(where, refusal.Where, StringComparison.Ordinal);
        Assert.Contains("memorization", refusal.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("copy memorization to 'OUT'")]
    [InlineData("create table t as select 1")]
    [InlineData("attach 'OUT' as other")]
    [InlineData("install httpfs")]
    [InlineData("load httpfs")]
    [InlineData("set threads = 8")]
    [InlineData("pragma database_list")]
    [InlineData("select 1; copy memorization to 'OUT'")]
    [InlineData("select * from memorization with no data; copy (select 1) to 'CELL' (format parquet, use_tmp_file false)")]
    [InlineData("export database 'OUT'")]
    [InlineData("from enable_logging(storage='file', storage_path='OUT')")]
    [InlineData("select (select count(*) from query('select 1'))")]
    [InlineData("with a as (from read_csv('IN')) from a")]
    [InlineData("from read_text('IN')")]
    [InlineData("from 'IN'")]
    [InlineData("from glob('/*')")]
    [InlineData("from 'https://127.0.0.1:1/x.parquet'")]
    [InlineData("")]
    [InlineData("-- nothing")]
    public void A_query_reads_the_store_and_does_nothing_else(string sql)
    {
        var input = results["secret.csv"];
        File.WriteAllText(input, "a,b\n1,2\n");
        var before = SuiteFolder.Contents(results.Path);
        var cell = Directory.EnumerateFiles(results.Path, "*.parquet", SearchOption.AllDirectories).First();
        sql = sql.Replace("CELL", cell, StringComparison.Ordinal);
        Refusal(sql.Replace("OUT", results["out"], StringComparison.Ordinal).Replace("IN", input, StringComparison.Ordinal));
        Assert.Equal(before, SuiteFolder.Contents(results.Path));
    }

    [Fact]
    public void An_empty_store_and_a_damaged_cell_are_one_error()
    {
        using var empty = new TemporaryFolder();
        var refusal = Assert.Throws<Llm360Exception>(() => pico.Suite.Query("select * from memorization", empty.Path));
        Assert.Contains("The store holds no results yet", refusal.Remedy, StringComparison.Ordinal);
        var cell = Directory.EnumerateFiles(results.Path, "chunk=1.parquet", SearchOption.AllDirectories).First();
        File.WriteAllText(cell, "not a table");
        Assert.Contains("chunk=1.parquet", Refusal("select * from memorization").What, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_hold_all_rows_with_their_types()
    {
        using var query = ResultQuery.Run("select row, [score] as scores, 'a,\"b' as text from memorization order by all; -- end",
            root: results.Path);
        query.WriteCsv(results["rows.csv"]);
        query.WriteParquet(results["rows.parquet"]);
        var lines = File.ReadAllLines(results["rows.csv"]);
        Assert.Equal("row,scores,text", lines[0]);
        Assert.Equal("""0,[0.0],"a,""b" """.Trim(), lines[1]);
        Assert.Equal(10, lines.Length);
        Assert.Equal("PAR1"u8.ToArray(), File.ReadAllBytes(results["rows.parquet"])[..4]);
    }

    [Fact]
    public void A_figure_has_a_line_for_each_series()
    {
        var rows = Query("select checkpoint, chunk, avg(score) as score from memorization where prompt_length = 16 group by all "
            + "order by all");
        var figure = Figures.Line(rows, "checkpoint", "score", "chunk");
        Assert.Equal(["0", "1"], figure.Panels[0].Traces.Select(t => t.Name));
        Assert.Equal([0.25, 1.25], figure.Panels[0].Traces[1].Y);
        Assert.Equal(2, figure.Panels[0].Traces[0].XLabels!.Count);
        Assert.Contains("<svg", figure.ToSvg(), StringComparison.Ordinal);
        Assert.Contains("score", Assert.Throws<Llm360Exception>(() => Figures.Line(rows, "checkpoint", "loss")).Remedy,
            StringComparison.Ordinal);
        Assert.Throws<Llm360Exception>(() => Figures.Line(rows, "score", "checkpoint"));
    }

    private static MemorizationRow Row(int row, double score) => new() { Row = row, Score = score, Source = "a" };

    private void Write(string analysis, Dictionary<string, torch.Tensor> tensors)
    {
        var store = new ResultStore<IReadOnlyDictionary<string, torch.Tensor>>(
            pico.Suite, new(analysis, 1, new { Method = "tracin" }, new TensorCells(), _ => tensors), results.Path);
        store.Write(pico.Suite.Checkpoints[0], new ChunkItem(pico.Suite.Chunks[0]), tensors);
    }

    private DataFrame Query(string sql) => pico.Suite.Query(sql, results.Path);

    private Llm360Exception Refusal(string sql) => Assert.Throws<Llm360Exception>(() => Query(sql));
}
