// Changed models or rows get new cells, and the old cells are kept.

namespace Llm360.Notebooks.Tests;

public sealed class StaleCellTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Suite suite;

    public StaleCellTests(PicoSuite pico) => suite = SuiteCopy.Of(pico.Suite, folder["pico"]);

    public static TheoryData<string, string, int> Changes => new()
    {
        // The changed file, the change, and the number of cells that depend on it.
        { "ckpt_001/config.json", "\"rope_theta\":10000=>\"rope_theta\":10001", 4 },
        { "ckpt_001/config.json", "\"rms_norm_eps\":1E-06=>\"rms_norm_eps\":1E-05", 4 },
        { "train/train_002.jsonl", "[=>[1,", 5 },
    };

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Cells_of_another_configuration_or_other_rows_are_computed_anew_and_come_back_with_them(string file, string change,
        int cells)
    {
        await FillAsync();
        var before = Contents();
        var (old, path) = (File.ReadAllText(folder["pico", file]), folder["pico", file]);
        var parts = change.Split("=>");
        var compact = file.EndsWith(".json", StringComparison.Ordinal) ? Compact(old) : old;
        Assert.Contains(parts[0], compact, StringComparison.Ordinal);
        File.WriteAllText(path, compact.Replace(parts[0], parts[1], StringComparison.Ordinal));

        var fill = await FillAsync();
        Assert.Equal((cells, 20 - cells, cells), (fill.Computed, fill.FromStore, fill.Stale));
        // The former cells are kept beside the new ones with their content. *.parquet does not
        // match them.
        Assert.Equal((20, cells), (Contents().Count, Contents("*.stale").Count));
        Assert.All(Contents("*.stale").Values, bytes => Assert.Contains(before.Values, b => b.AsSpan().SequenceEqual(bytes)));
        Assert.Equal((0, 20), await AgainAsync());

        File.WriteAllText(path, old);
        Assert.Equal((0, 20), await AgainAsync());
        Assert.Equal(before.Keys.Order(), Contents().Keys.Order());
        Assert.All(before, b => Assert.Equal(b.Value, Contents()[b.Key]));
    }

    [Fact]
    public async Task Checkpoints_that_differ_in_configuration_are_each_computed_with_their_own()
    {
        var config = folder["pico", "ckpt_002", SuiteLayout.Config];
        File.WriteAllText(config, Compact(File.ReadAllText(config)).Replace(":10000", ":20000", StringComparison.Ordinal));
        Assert.Equal(20, (await FillAsync()).Computed);
        foreach (var checkpoint in suite.Checkpoints)
        {
            var row = Assert.Single(await Store()
                .ReadAsync(checkpoint, new ChunkItem(suite.Chunks[0]), TestContext.Current.CancellationToken));
            Assert.StartsWith(checkpoint.Index == 2 ? "20000," : "10000,", row.Source, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Weights_count_and_the_layout_of_the_configuration_does_not()
    {
        await FillAsync();
        var config = folder["pico", "ckpt_001", SuiteLayout.Config];
        File.WriteAllText(config, Compact(File.ReadAllText(config))
            .Replace("\"rope_scaling\":null,", "\n \"transformers_version\": \"4.0\", ", StringComparison.Ordinal));
        Assert.Equal((0, 20), await AgainAsync());
        File.Copy(Path.Combine(suite.Checkpoints[0].Folder, SuiteLayout.Weights),
            Path.Combine(suite.Checkpoints[1].Folder, SuiteLayout.Weights), overwrite: true);
        Assert.Equal((4, 16), await AgainAsync());
    }

    [Fact]
    public async Task The_tokenizer_counts_where_the_analysis_uses_it()
    {
        await FillAsync();
        await FillAsync(usesTokenizer: true);
        File.AppendAllText(Path.Combine(suite.Checkpoints[^1].Folder, "tokenizer_config.json"), " ");
        var fill = await FillAsync();
        Assert.Equal((0, 20), (fill.Computed, fill.FromStore));
        Assert.Equal(20, (await FillAsync(usesTokenizer: true)).Computed);
    }

    [Fact]
    public async Task Cells_of_an_earlier_version_do_not_name_their_configuration_and_are_kept_but_not_read()
    {
        var cell = Path.Combine(Store().Folder, "checkpoint=ckpt_001", "chunk=2.parquet");
        await ParquetRows.WriteAsync(cell, new[] { new MemorizationRow { Row = 77 } });
        var old = File.ReadAllBytes(cell);
        Assert.False(Store().Contains(suite.Checkpoint("1"), new ChunkItem(suite.Chunk(2))));
        Assert.Equal((20, 0, 1), await FillAsync() is var fill ? (fill.Computed, fill.FromStore, fill.Stale) : default);
        Assert.Equal(old, Assert.Single(Contents("*.stale")).Value);
    }

    [Fact]
    public async Task A_cell_whose_files_changed_while_it_was_computed_is_not_stored()
    {
        var config = folder["pico", "ckpt_000", SuiteLayout.Config];
        // The first cell changes the file. Cells on other threads wait for the change.
        var change = new Lazy<bool>(() =>
        {
            File.WriteAllText(config, Compact(File.ReadAllText(config)).Replace(":10000", ":20000", StringComparison.Ordinal));
            return true;
        });
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => FillAsync(onCell: () => Assert.True(change.Value)));
        Assert.Contains("changed while", error.What, StringComparison.Ordinal);
        Assert.Empty(Contents());
    }

    [Fact]
    public async Task Writers_that_find_stale_cells_at_once_keep_the_old_and_what_each_writes()
    {
        for (var attempt = 0; attempt < 10; attempt++)
        {
            var stores = Enumerable.Range(0, 16).Select(_ => Store($"{attempt}")).ToList();
            var (checkpoint, chunks) = (suite.Checkpoints[0], suite.Chunks.AsItems());
            foreach (var chunk in chunks)
                await ParquetRows.WriteAsync(Path.Combine(stores[0].Folder, "checkpoint=ckpt_000", $"{chunk.Partition}.parquet"),
                    new[] { new MemorizationRow { Row = 100 + chunk.Chunk.Index } });
            // Each cell has four writers.
            await Task.WhenAll(stores.Select((store, i) =>
                Task.Run(() => store.Write(checkpoint, chunks[i % 4], [new MemorizationRow { Row = i % 4 }]))));
            Assert.All(chunks, c => Assert.True(stores[0].Contains(checkpoint, c), $"{c} is gone"));
            var rows = await Task.WhenAll(chunks.Select(c => stores[0].ReadAsync(checkpoint, c)));
            Assert.Equal([0, 1, 2, 3], rows.Select(r => Assert.Single(r).Row));
            Assert.Equal(4, Directory.EnumerateFiles(stores[0].Folder, "*.stale", SearchOption.AllDirectories).Count());
        }
    }

    private static string Compact(string json) => System.Text.Json.Nodes.JsonNode.Parse(json)!.ToJsonString();

    private Dictionary<string, byte[]> Contents(string pattern = "*.parquet") =>
        Directory.EnumerateFiles(folder["results"], pattern, SearchOption.AllDirectories).ToDictionary(f => f, File.ReadAllBytes);

    private ResultStore<IReadOnlyList<MemorizationRow>> Store(
        string analysis = "test", bool usesTokenizer = false, Func<GridContext, IReadOnlyList<MemorizationRow>>? compute = null) =>
        RowStores.Open(suite, folder["results"], compute, analysis, usesTokenizer: usesTokenizer);

    private async Task<(int Computed, int FromStore)> AgainAsync() =>
        await FillAsync() is var fill ? (fill.Computed, fill.FromStore) : default;

    private Task<GridFill> FillAsync(Action? onCell = null, bool usesTokenizer = false)
    {
        var store = Store(usesTokenizer ? "tokenizer" : "test", usesTokenizer, Compute);
        return Grid.FillAsync(store, suite.Checkpoints, suite.Chunks.AsItems(), new GridOptions { Device = Device.Cpu });

        IReadOnlyList<MemorizationRow> Compute(GridContext context)
        {
            onCell?.Invoke();
            // A value that depends on the model and the rows, so that cells differ.
            var source = $"{context.Model.Config.Rotary.Base}, {new FileInfo(context.Chunk.Path).Length}";
            return [new MemorizationRow { Row = context.Chunk.Index, Source = source }];
        }
    }
}
