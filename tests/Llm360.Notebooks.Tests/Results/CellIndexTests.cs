// The index of a store avoids reading every cell and never overrides the content of a cell.
using System.Text.Json;

namespace Llm360.Notebooks.Tests;

public sealed class CellIndexTests(PicoSuite pico) : IDisposable
{
    private const int Checkpoints = 36, Items = 361;
    private readonly TemporaryFolder folder = new();
    private readonly TextCells cells = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_store_of_13_000_cells_opens_without_reading_one()
    {
        var (checkpoints, items) = Grid13000();
        Fill(checkpoints, items);
        var first = await Grid.FillAsync(Store(), checkpoints, items, new GridOptions { Device = Device.Cpu });
        Assert.Equal((Checkpoints * Items, 0), (first.FromStore, first.Computed));
        // All cells are read, including the one written by the store: the index lacks them all.
        Assert.Equal(Checkpoints * Items, cells.MetadataReads);
        var second = await Grid.FillAsync(Store(), checkpoints, items, new GridOptions { Device = Device.Cpu });
        Assert.Equal((Checkpoints * Items, 0), (second.FromStore, second.Computed));
        Assert.Equal(Checkpoints * Items, cells.MetadataReads);
    }

    [Fact]
    public async Task What_a_grid_computed_is_in_the_index_at_once()
    {
        var items = Tasks(5);
        Assert.Equal(10, (await Grid.FillAsync(Store(), pico.Suite.Checkpoints.Every(4), items)).Computed);
        Assert.Equal(10, (await Grid.FillAsync(Store(), pico.Suite.Checkpoints.Every(4), items)).FromStore);
        Assert.Equal(0, cells.MetadataReads);
    }

    [Theory]
    [InlineData("")]
    [InlineData("llm360 cells 1\n@\tweights=1\ntask=t0.txt\t5")]
    [InlineData("llm360 cells 1\n@\tweights=1\ntask=t0.txt\tx\ty\titem=1\n")]
    [InlineData("llm360 cells 1\n@\tweights\n")]
    [InlineData("llm360 cells 1\n@\tweights=1\tweights=1\n")]
    [InlineData("llm360 cells 2\n")]
    [InlineData(null)]
    public async Task A_damaged_index_costs_time_and_no_cell(string? damaged)
    {
        var checkpoint = pico.Suite.Checkpoints[^1];
        await Grid.FillAsync(Store(), [checkpoint], Tasks(5));
        var index = Path.Combine(Store().Folder, $"checkpoint={checkpoint.Name}", CellIndex.FileName);
        var whole = File.ReadAllText(index);
        if (damaged is null)
            File.Delete(index);
        else
            File.WriteAllText(index, damaged);
        Assert.Equal(5, (await Grid.FillAsync(Store(), [checkpoint], Tasks(5))).FromStore);
        Assert.Equal(5, cells.MetadataReads);
        Assert.Equal(whole, File.ReadAllText(index));
    }

    [Fact]
    public async Task A_cell_that_was_replaced_deleted_or_added_beside_the_index_is_seen()
    {
        var checkpoint = pico.Suite.Checkpoints[^1];
        var (items, store) = (Tasks(4), Store());
        await Grid.FillAsync(store, [checkpoint], [.. items.Take(3)]);
        // Another process replaces a cell by one of another version with the same length.
        var path = store.PathOf(checkpoint, items[0]);
        File.WriteAllText(path,
            File.ReadAllText(path).Replace("\"llm360.version\":\"1\"", "\"llm360.version\":\"2\"", StringComparison.Ordinal));
        File.Delete(store.PathOf(checkpoint, items[1]));
        Store().Write(checkpoint, items[3], "added", Device.Cpu);
        var fill = await Grid.FillAsync(Store(), [checkpoint], items, new GridOptions { Device = Device.Cpu });
        Assert.Equal((2, 2, 1), (fill.FromStore, fill.Computed, fill.Stale));
    }

    [Fact]
    public async Task Processes_that_fill_a_checkpoint_together_lose_no_cell()
    {
        var (checkpoint, items) = (pico.Suite.Checkpoints[^1], Tasks(24));
        var fills = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() =>
            Grid.FillAsync(Store(), [checkpoint], items, new GridOptions { Shard = new GridShard(i, 4), Device = Device.Cpu }))));
        Assert.Equal(24, fills.Sum(f => f.Computed));
        var all = await Grid.FillAsync(Store(), [checkpoint], items, new GridOptions { Device = Device.Cpu });
        Assert.Equal((24, 0), (all.FromStore, all.Computed));
        cells.MetadataReads = 0;
        await Grid.FillAsync(Store(), [checkpoint], items, new GridOptions { Device = Device.Cpu });
        Assert.Equal(0, cells.MetadataReads);
    }

    private static List<GridItem> Tasks(int count) => [.. Enumerable.Range(0, count).Select(i => GridItem.Of("task", $"t{i}", "v1"))];

    // Many checkpoints with the same weights.
    private (List<Checkpoint> Checkpoints, List<GridItem> Items) Grid13000() =>
        ([.. Enumerable.Range(0, Checkpoints).Select(i => new Checkpoint($"ckpt_{i:000}", i, i, pico.Suite.Checkpoints[0].Folder))],
            Tasks(Items));

    // The store writes one cell. The others are copies, because their items have the same identity.
    private void Fill(List<Checkpoint> checkpoints, List<GridItem> items)
    {
        var store = Store();
        store.Write(checkpoints[0], items[0], "one", Device.Cpu);
        var bytes = File.ReadAllBytes(store.PathOf(checkpoints[0], items[0]));
        foreach (var checkpoint in checkpoints)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(store.PathOf(checkpoint, items[0]))!);
            foreach (var item in items)
                File.WriteAllBytes(store.PathOf(checkpoint, item), bytes);
        }
    }

    private ResultStore<string> Store() =>
        new(pico.Suite, new GridAnalysis<string>("index", 1, new { }, cells, c => c.Item.Key), folder.Path);

    /// <summary>Cells that are one line of metadata followed by one line of text.</summary>
    private sealed class TextCells : CellCodec<string>
    {
        private int metadataReads;

        public int MetadataReads
        {
            get => metadataReads;
            set => metadataReads = value;
        }

        public override string Extension => ".txt";

        public override void Write(Stream stream, string content, IReadOnlyDictionary<string, string> metadata) =>
            stream.Write(System.Text.Encoding.UTF8.GetBytes($"{JsonSerializer.Serialize(metadata)}\n{content}"));

        public override async Task<string> ReadAsync(string path, CancellationToken cancellation) =>
            (await File.ReadAllLinesAsync(path, cancellation))[1];

        public override IReadOnlyDictionary<string, string>? ReadMetadata(string path)
        {
            if (!File.Exists(path))
                return null;
            Interlocked.Increment(ref metadataReads);
            return JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllLines(path)[0]);
        }
    }
}
