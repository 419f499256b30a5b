// Cells also become stale by the version of the algorithm and the kind of device.

namespace Llm360.Notebooks.Tests;

public sealed class CellIdentityTests(PicoSuite pico) : IDisposable
{
    private static readonly Device Gpu = new("cuda", 1);
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Changed_mathematics_makes_cells_stale_and_they_come_back_with_the_former_version()
    {
        Assert.Equal((4, 0, 0), await FillAsync(version: 1));
        Assert.Equal((4, 0, 4), await FillAsync(version: 2));
        Assert.Equal((0, 4, 0), await FillAsync(version: 2));
        Assert.Equal((0, 4, 0), await FillAsync(version: 1));
        Assert.Equal((0, 4, 0), await FillAsync(version: 2));
    }

    [Fact]
    public async Task Cells_of_another_kind_of_device_are_stale_unless_they_are_asked_for()
    {
        var (store, checkpoint) = (Store(), pico.Suite.Checkpoints[^1]);
        foreach (var item in pico.Suite.Chunks.AsItems())
            store.Write(checkpoint, item, [new MemorizationRow { Row = 1000 }], Gpu);
        var read = await Grid.RunAsync(Store(), [checkpoint], pico.Suite.Chunks.AsItems(),
            new GridOptions { Device = Device.Cpu, AnyDevice = true });
        Assert.All(read.Cells, c => Assert.Equal(1000, Assert.Single(c.Content).Row));
        Assert.Equal((4, 0, 4), await FillAsync());
        // With AnyDevice the current cells are used, and the stale cells stay.
        Assert.Equal((0, 4, 0), await FillAsync(anyDevice: true));
        Assert.Equal(4, Directory.EnumerateFiles(folder.Path, "*.stale", SearchOption.AllDirectories).Count());
        // Stale cells of any device replace deleted cells.
        foreach (var item in pico.Suite.Chunks.AsItems())
            File.Delete(store.PathOf(checkpoint, item));
        Assert.Equal((0, 4, 0), await FillAsync(anyDevice: true));
        Assert.Equal(1000, (await Store()
            .ReadAsync(checkpoint, new ChunkItem(pico.Suite.Chunks[0]), TestContext.Current.CancellationToken))[0].Row);
    }

    [Fact]
    public async Task Cells_of_another_precision_are_stale_where_the_settings_do_not_name_it()
    {
        var analysis = new GridAnalysis<IReadOnlyList<MemorizationRow>>(
            "loss", 1, new TopSettings(3), new ParquetCells<MemorizationRow>(), _ => [new MemorizationRow()]);
        Assert.Equal((4, 0, 0), await FillAsync(Precision.Auto));
        Assert.Equal((4, 0, 4), await FillAsync(Precision.Bf16));
        Assert.Equal((0, 4, 0), await FillAsync(Precision.Bf16));
        Assert.Equal((0, 4, 0), await FillAsync(Precision.Auto));

        async Task<(int Computed, int FromStore, int Stale)> FillAsync(Precision precision)
        {
            var store = new ResultStore<IReadOnlyList<MemorizationRow>>(pico.Suite, analysis, folder.Path);
            var fill = await Grid.FillAsync(store, [pico.Suite.Checkpoints[^1]], pico.Suite.Chunks.AsItems(),
                new GridOptions { Device = Device.Cpu, Precision = precision });
            return (fill.Computed, fill.FromStore, fill.Stale);
        }
    }

    [Fact]
    public async Task Cells_of_the_time_before_versions_and_devices_are_version_1_of_any_device()
    {
        var (store, checkpoint) = (Store(), pico.Suite.Checkpoints[^1]);
        foreach (var item in pico.Suite.Chunks.AsItems())
        {
            var parts = store.Fingerprints.Of(checkpoint).Append(new("rows", item.Identity))
                .ToDictionary(p => "llm360." + p.Key, p => p.Value!);
            var bytes = await ParquetRows.SerializeAsync([new MemorizationRow { Row = 77 }], parts);
            AtomicFile.Write(Path.Combine(store.Folder, $"checkpoint={checkpoint.Name}", $"chunk={item.Chunk.Index}.parquet"),
                s => s.Write(bytes.Span));
        }

        Assert.Equal((0, 4, 0), await FillAsync());
        Assert.Equal((4, 0, 4), await FillAsync(version: 2));
        Assert.Equal((0, 4, 0), await FillAsync());
        Assert.Equal(77, (await Store()
            .ReadAsync(checkpoint, new ChunkItem(pico.Suite.Chunks[3]), TestContext.Current.CancellationToken))[0].Row);
    }

    [Fact]
    public void An_item_of_another_identity_is_stale()
    {
        var (store, checkpoint) = (Store(), pico.Suite.Checkpoints[^1]);
        store.Write(checkpoint, GridItem.Of("task", "arc_easy", "revision 1"), []);
        Assert.True(store.Contains(checkpoint, GridItem.Of("task", "arc_easy", "revision 1")));
        Assert.False(store.Contains(checkpoint, GridItem.Of("task", "arc_easy", "revision 2")));
        Assert.False(store.Contains(checkpoint, GridItem.Of("task", "arc_hard", "revision 1")));
        Assert.False(store.Contains(pico.Suite.Checkpoints[0], GridItem.Of("task", "arc_easy", "revision 1")));
    }

    [Fact]
    public void An_optimizer_file_counts_where_the_analysis_uses_it()
    {
        var suite = SuiteCopy.Of(pico.Suite, folder["pico"]);
        var checkpoint = suite.Checkpoints.Last(c => c.OptimizerPath is not null);
        foreach (var uses in new[] { true, false })
        {
            var analysis = new GridAnalysis<IReadOnlyList<MemorizationRow>>($"uses-{uses}", 1, new { },
                new ParquetCells<MemorizationRow>(), _ => []) { UsesOptimizer = uses };
            var store = new ResultStore<IReadOnlyList<MemorizationRow>>(suite, analysis, folder["results"]);
            var (item, file) = (GridItem.Of("query", "one", "1"), checkpoint.OptimizerPath!);
            var bytes = File.ReadAllBytes(file);
            store.Write(checkpoint, item, []);
            bytes[^1] ^= 1;
            File.WriteAllBytes(file, bytes);
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddMinutes(uses ? 1 : 2));
            Assert.Equal(!uses, store.Contains(checkpoint, item));
        }
    }

    private async Task<(int Computed, int FromStore, int Stale)> FillAsync(int version = 1, bool anyDevice = false)
    {
        var fill = await Grid.FillAsync(Store(version), [pico.Suite.Checkpoints[^1]], pico.Suite.Chunks.AsItems(),
            new GridOptions { Device = Device.Cpu, AnyDevice = anyDevice });
        return (fill.Computed, fill.FromStore, fill.Stale);
    }

    private ResultStore<IReadOnlyList<MemorizationRow>> Store(int version = 1) => RowStores.Open(pico.Suite, folder.Path, version: version);

    private sealed record TopSettings(int Top);
}
