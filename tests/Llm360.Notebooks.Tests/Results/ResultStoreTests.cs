// The results store and its grid: no cell is computed twice, and a killed run loses one cell.
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class ResultStoreTests(PicoSuite pico)
{
    private readonly Suite suite = pico.Suite;

    [Fact]
    public async Task A_grid_computes_each_cell_once()
    {
        using var folder = new TemporaryFolder();
        var computed = 0;
        var first = await RunAsync(folder, () => Interlocked.Increment(ref computed));
        var second = await RunAsync(folder, () => Interlocked.Increment(ref computed));
        Assert.Equal(suite.Checkpoints.Count * suite.Chunks.Count, computed);
        Assert.All(first, c => Assert.False(c.FromStore));
        Assert.All(second, c => Assert.True(c.FromStore));
        Assert.Equal(first.SelectMany(c => c.Content.Select(r => (r.Row, r.Source, r.Score, r.CanaryRepetitions))),
            second.SelectMany(c => c.Content.Select(r => (r.Row, r.Source, r.Score, r.CanaryRepetitions))));
    }

    [Fact]
    public async Task A_run_stopped_in_the_middle_goes_on_where_it_was()
    {
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        var computed = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(folder, () =>
        {
            if (Interlocked.Increment(ref computed) == 7)
                stop.Cancel();
        }, stop: stop.Token));
        var before = computed; // Cells in progress on other threads were finished.
        var cells = await RunAsync(folder, () => Interlocked.Increment(ref computed));
        Assert.Equal(cells.Count, computed);
        Assert.InRange(before, 7, cells.Count - 1);
        Assert.Equal(before, cells.Count(c => c.FromStore));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public async Task Shards_divide_the_cells_and_load_few_checkpoints(int count)
    {
        using var folder = new TemporaryFolder();
        var cells = suite.Checkpoints.Count * suite.Chunks.Count;
        var computed = new List<int>();
        for (var i = 0; i < count; i++)
        {
            var before = Cells(folder).ToHashSet();
            var fill = await FillAsync(folder, new GridShard(i, count));
            Assert.Equal(0, fill.FromStore);
            computed.Add(fill.Computed);
            // A shard is a contiguous range of cells, so it touches few checkpoints. It shares
            // those at its ends with its neighbours.
            Assert.InRange(Cells(folder).Except(before).Select(Path.GetDirectoryName).Distinct().Count(), 1,
                ((fill.Computed + suite.Chunks.Count - 1) / suite.Chunks.Count) + 1);
        }

        Assert.Equal(cells, computed.Sum());
        Assert.InRange(computed.Max() - computed.Min(), 0, 1);
        Assert.Equal(cells, (await FillAsync(folder, GridShard.Whole)).FromStore);
    }

    [Theory]
    [InlineData("8/8")]
    [InlineData("-1/2")]
    [InlineData("1")]
    [InlineData("1/2/3")]
    [InlineData("0/0")]
    public void What_is_no_shard_is_one_clear_error(string text) =>
        Assert.Contains("0/8", Assert.Throws<Llm360Exception>(() => GridShard.Parse(text)).Remedy, StringComparison.Ordinal);

    [Fact]
    public void What_a_killed_writer_left_is_swept_and_what_another_machine_writes_is_not()
    {
        using var folder = new TemporaryFolder();
        var machine = Environment.MachineName.Replace('.', '-');
        string Left(string machine, int process) => folder[$"chunk=1.parquet.{machine}.{process}.{Guid.NewGuid():N}.tmp"];
        var (killed, running) = (Left(machine, int.MaxValue), Left(machine, Environment.ProcessId));
        var (elsewhere, forgotten) = (Left("elsewhere", int.MaxValue), Left("elsewhere", int.MaxValue));
        foreach (var file in new[] { killed, running, elsewhere, forgotten })
            File.WriteAllText(file, "half");
        File.SetLastWriteTimeUtc(forgotten, DateTime.UtcNow.AddDays(-2));
        AtomicFile.Sweep(folder.Path);
        Assert.Equal(new[] { running, elsewhere }.Order(), Directory.EnumerateFiles(folder.Path).Order());
    }

    [Fact]
    public void Other_settings_have_another_folder_that_says_what_they_are()
    {
        using var folder = new TemporaryFolder();
        var first = RowStores.Open(suite, folder.Path, settings: new MemorizationSettings(32, 32));
        var second = RowStores.Open(suite, folder.Path, settings: new MemorizationSettings(16, 32));
        Assert.NotEqual(first.Folder, second.Folder);
        Assert.Contains("\"prompt_length\": 16", File.ReadAllText(Path.Combine(second.Folder, "settings.json")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_grid_computes_in_the_type_that_its_settings_name()
    {
        using var folder = new TemporaryFolder();
        var types = new[] { ("auto", torch.float32), ("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16) };
        foreach (var (name, type) in types)
        {
            var seen = new List<torch.ScalarType>();
            var precision = Precision.Parse(name);
            var store = RowStores.Open(suite, folder.Path, Compute, settings: new MemorizationSettings(Precision: precision));
            await Grid.FillAsync(store, [.. suite.Checkpoints.Take(2)], new[] { suite.Chunks[0] }.AsItems(),
                new GridOptions { Device = Device.Cpu, Precision = precision });
            Assert.Equal([type, type], seen);
            Assert.Contains($"\"precision\": \"{name}\"",
                await File.ReadAllTextAsync(Path.Combine(store.Folder, "settings.json"), TestContext.Current.CancellationToken),
                StringComparison.Ordinal);

            IReadOnlyList<MemorizationRow> Compute(GridContext context)
            {
                seen.Add(context.Model.Type);
                return [new MemorizationRow()];
            }
        }

        Assert.Contains("auto, fp32, bf16, fp16", Assert.Throws<Llm360Exception>(() => Precision.Parse("int8")).Remedy,
            StringComparison.Ordinal);
    }

    private static IEnumerable<string> Cells(TemporaryFolder root) =>
        Directory.EnumerateFiles(root.Path, "*.parquet", SearchOption.AllDirectories);

    private Task<GridFill> FillAsync(TemporaryFolder root, GridShard shard) => Grid.FillAsync(
        RowStores.Open(suite, root.Path, c => [new MemorizationRow { Row = c.Chunk.Index }]), suite.Checkpoints, suite.Chunks.AsItems(),
            new GridOptions { Shard = shard });

    private async Task<IReadOnlyList<GridCell<IReadOnlyList<MemorizationRow>>>> RunAsync(
        TemporaryFolder root, Action onCell, CancellationToken stop = default)
    {
        var run = await Grid.RunAsync(RowStores.Open(suite, root.Path, Compute), suite.Checkpoints, suite.Chunks.AsItems(),
            new GridOptions { Cancellation = stop });
        Assert.Equal((run.Cells.Count(c => c.FromStore), run.Cells.Count(c => !c.FromStore)), (run.Fill.FromStore, run.Fill.Computed));
        return run.Cells;

        IReadOnlyList<MemorizationRow> Compute(GridContext context)
        {
            onCell();
            return
            [
                new MemorizationRow { Row = context.Chunk.Index, Source = "reactive", Score = 0.5 },
                new MemorizationRow { Row = 9, Source = "canary", CanaryRepetitions = 8, Score = 1, Extractible = true },
            ];
        }
    }
}
