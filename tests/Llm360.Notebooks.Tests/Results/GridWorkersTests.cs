// Several workers on one grid: each cell is computed once, failures are kept, no leases remain.

namespace Llm360.Notebooks.Tests;

public sealed class GridWorkersTests(PicoSuite pico) : IDisposable
{
    private readonly Suite suite = pico.Suite;
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Workers_at_once_compute_each_cell_once_and_all_of_them_get_every_cell()
    {
        var computed = new System.Collections.Concurrent.ConcurrentBag<(string, string)>();
        var timing = LeaseTiming.Usual with { Batch = TimeSpan.FromMilliseconds(10), Poll = TimeSpan.FromMilliseconds(20) };
        var runs = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Grid.RunAsync(
            Store(context =>
            {
                computed.Add((context.Checkpoint.Name, context.Item.Key));
                Thread.Sleep(5);
                return [new MemorizationRow { Row = context.Chunk.Index }];
            }),
            suite.Checkpoints,
            suite.Chunks.AsItems(),
            new GridOptions { Device = Device.Cpu, Leases = timing }))));
        var cells = suite.Checkpoints.Count * suite.Chunks.Count;
        Assert.Equal(cells, computed.Count);
        Assert.Equal(cells, computed.Distinct().Count());
        Assert.Equal(cells, runs.Sum(r => r.Fill.Computed));
        Assert.All(runs, r => Assert.Equal((cells, cells), (r.Cells.Count, r.Fill.FromStore + r.Fill.Computed)));
        Assert.All(runs.SelectMany(r => r.Cells), c => Assert.Equal(((ChunkItem)c.Item).Chunk.Index, c.Content.Single().Row));
        Assert.Empty(Files("*.lease"));
    }

    [Fact]
    public async Task Cells_that_another_worker_holds_are_left_or_waited_for()
    {
        var store = Store();
        var last = suite.Checkpoints[^1];
        Directory.CreateDirectory(store.FolderOf(last));
        var lease = Path.Combine(store.FolderOf(last), "other.lease");
        await File.WriteAllTextAsync(lease,
            (LeaseFile.Of(["chunk=0", "chunk=2"]) with { Owner = new LeaseOwner("elsewhere", 1, 1, null) }).Text(),
            TestContext.Current.CancellationToken);
        var fill = await FillAsync(new GridOptions { WaitForOthers = false });
        Assert.Equal((2, (suite.Checkpoints.Count * suite.Chunks.Count) - 2), (fill.Elsewhere, fill.Computed));
        // A waiting worker takes over the cells once the lease has expired.
        var poll = LeaseTiming.Usual with { Poll = TimeSpan.FromMilliseconds(5) };
        var waiting = new TaskCompletionSource();
        var run = Task.Run(() => FillAsync(new GridOptions
        {
            Leases = poll,
            Progress = new Watcher(p => waiting.TrySetResult(), "computed by other workers"),
        }));
        await waiting.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.False(run.IsCompleted);
        File.SetLastWriteTimeUtc(lease, DateTime.UtcNow.AddHours(-1));
        Assert.Equal((0, 2), ((await run).Elsewhere, (await run).Computed));
        Assert.Empty(Files("*.lease"));
    }

    [Fact]
    public async Task A_failure_is_kept_until_its_cell_succeeds_and_can_be_computed_alone()
    {
        var fails = true;
        var computed = 0;
        IReadOnlyList<MemorizationRow> Compute(GridContext context)
        {
            Interlocked.Increment(ref computed);
            return fails && context.Item.Key == "1"
                ? throw new Llm360Exception("It is broken.", "here", "Repair it.") : [new MemorizationRow()];
        }

        var (checkpoints, cells) = (suite.Checkpoints.Count, suite.Checkpoints.Count * suite.Chunks.Count);
        // Without KeepGoing the first failure ends the run and is recorded.
        await Assert.ThrowsAsync<Llm360Exception>(() => FillAsync(new GridOptions { Device = Device.Cpu }, Compute));
        Assert.NotEmpty(Files("*.failed"));
        var fill = await FillAsync(new GridOptions { KeepGoing = true, Command = ["grid", "test"] }, Compute);
        Assert.Equal(checkpoints, fill.Failed.Count);
        Assert.Equal(checkpoints, Files("chunk=1.failed").Count());
        Assert.Equal(cells - checkpoints, Files("*.parquet").Count());
        var progress = StoreProgress.Read(Store().Folder);
        var failure = Assert.Single(progress[0].Failed);
        Assert.Equal(("It is broken.", "here", "Repair it."), (failure.What, failure.Where, failure.Remedy));
        Assert.Equal(["grid", "test"], failure.Command);
        (fails, computed) = (false, 0);
        Assert.Equal(checkpoints, (await FillAsync(new GridOptions { OnlyFailed = true }, Compute)).Computed);
        Assert.Equal(checkpoints, computed);
        Assert.Empty(Files("*.failed"));
        Assert.Equal(cells, (await FillAsync(new GridOptions(), Compute)).FromStore);
    }

    [Fact]
    public async Task A_checkpoint_that_cannot_be_loaded_fails_its_cells_and_the_others_are_computed()
    {
        var copy = SuiteCopy.Of(suite, folder["suite"]);
        var broken = Path.Combine(copy.Checkpoints[1].Folder, "model.safetensors");
        File.WriteAllBytes(broken, new byte[100]);
        var store = RowStores.Open(copy, folder["results"]);
        var fill = await Grid.FillAsync(store, copy.Checkpoints, copy.Chunks.AsItems(), new GridOptions { KeepGoing = true });
        Assert.Equal(copy.Chunks.Count, fill.Failed.Count);
        Assert.All(fill.Failed, f => Assert.Equal(copy.Checkpoints[1].Name, f.Checkpoint));
        Assert.Equal((copy.Checkpoints.Count - 1) * copy.Chunks.Count, fill.Computed);
    }

    [Fact]
    public async Task A_range_of_cells_and_a_limit_are_kept_and_a_preview_computes_nothing()
    {
        var preview = (await FillAsync(new GridOptions { OnlyPreview = true })).Preview!;
        var cells = suite.Checkpoints.Count * suite.Chunks.Count;
        Assert.Equal(Enumerable.Range(0, cells).Select(n => (long)n), preview.Missing);
        Assert.Equal((0L, "chunk=0"), (preview.BytesToFetch, preview.Items[0]));
        Assert.Equal(3, (await FillAsync(new GridOptions { Cells = CellRange.Parse("3-5") })).Computed);
        Assert.Equal(1, (await FillAsync(new GridOptions { AtMost = 1 })).Computed);
        preview = (await FillAsync(new GridOptions { OnlyPreview = true })).Preview!;
        Assert.Equal([1, 2, .. Enumerable.Range(6, cells - 6).Select(n => (long)n)], preview.Missing);
        Assert.NotNull(CellTiming.Read(preview.Folder, Device.Cpu));
    }

    [Fact]
    public async Task Short_cells_share_a_lease()
    {
        List<GridItem> items = [.. Enumerable.Range(0, 200).Select(i => GridItem.Of("query", $"{i}", "1"))];
        var store = RowStores.Open(suite, folder.Path, _ => []);
        var fill = await Grid.FillAsync(store, suite.Checkpoints, items, new GridOptions { Device = Device.Cpu });
        Assert.Equal(1000, fill.Computed);
        // The time per cell is known after the first lease. From then on one lease per checkpoint
        // would suffice.
        Assert.InRange(fill.Batches, suite.Checkpoints.Count, 10 * suite.Checkpoints.Count);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("5-4")]
    [InlineData("-1-4")]
    [InlineData("a-b")]
    public void What_is_no_range_is_one_error(string text) => Assert.Throws<Llm360Exception>(() => CellRange.Parse(text));

    private IEnumerable<string> Files(string pattern) => Directory.EnumerateFiles(folder.Path, pattern, SearchOption.AllDirectories);

    private ResultStore<IReadOnlyList<MemorizationRow>> Store(Func<GridContext, IReadOnlyList<MemorizationRow>>? compute = null) =>
        RowStores.Open(suite, folder.Path, compute);

    private Task<GridFill> FillAsync(GridOptions options, Func<GridContext, IReadOnlyList<MemorizationRow>>? compute = null) =>
        Grid.FillAsync(Store(compute), suite.Checkpoints, suite.Chunks.AsItems(), options);

    private sealed class Watcher(Action<WorkProgress> seen, string detail) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value)
        {
            if (value.Detail?.Contains(detail, StringComparison.Ordinal) == true)
                seen(value);
        }
    }
}
