// The results store and the grid over it: nothing is computed twice, nothing stale is read, a killed run loses one cell.
using Llm360.Notebooks.Memorization;
using Llm360.Notebooks.Results;
using Llm360.Notebooks.Suites;

namespace Llm360.Notebooks.Tests.Results;

public sealed class ResultStoreTests(PicoSuite pico)
{
    private readonly Suite suite = pico.Suite;

    [Fact]
    public async Task A_grid_computes_each_cell_once()
    {
        using var folder = new TemporaryFolder();
        var computed = 0;
        var first = await RunAsync(folder, () => computed++);
        var second = await RunAsync(folder, () => computed++);
        Assert.Equal(suite.Checkpoints.Count * suite.Chunks.Count, computed);
        Assert.All(first, c => Assert.False(c.FromStore));
        Assert.All(second, c => Assert.True(c.FromStore));
        Assert.Equal(first.SelectMany(c => c.Rows.Select(r => (r.Row, r.Source, r.Score, r.CanaryRepetitions))), second.SelectMany(c => c.Rows.Select(r => (r.Row, r.Source, r.Score, r.CanaryRepetitions))));
    }

    [Fact]
    public async Task A_run_stopped_in_the_middle_goes_on_where_it_was()
    {
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        var computed = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(folder, () =>
        {
            if (++computed == 7)
                stop.Cancel();
        }, stop: stop.Token));
        var cells = await RunAsync(folder, () => computed++);
        Assert.Equal(cells.Count, computed);
        Assert.Equal(7, cells.Count(c => c.FromStore));
    }

    [Fact]
    public async Task Results_of_other_weights_are_dropped()
    {
        using var folder = new TemporaryFolder();
        using var copy = new TemporaryFolder();
        foreach (var file in Directory.EnumerateFiles(suite.Folder, "*", SearchOption.AllDirectories))
        {
            var target = copy[Path.GetRelativePath(suite.Folder, file)];
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        var twin = Suite.OpenFolder(copy.Path);
        var computed = 0;
        await RunAsync(folder, () => computed++, suite: twin);
        File.Copy(Path.Combine(twin.Checkpoints[0].Folder, SuiteLayout.Weights), Path.Combine(twin.Checkpoints[1].Folder, SuiteLayout.Weights), overwrite: true);
        var cells = await RunAsync(folder, () => computed++, suite: twin);
        Assert.Equal(cells.Count + twin.Chunks.Count, computed);
        Assert.Equal([1], cells.Where(c => !c.FromStore).Select(c => c.Checkpoint.Index).Distinct());
    }

    [Fact]
    public void Other_settings_have_another_folder_that_says_what_they_are()
    {
        using var folder = new TemporaryFolder();
        var first = new ResultStore(suite, "memorization", new MemorizationSettings(32, 32), folder.Path);
        var second = new ResultStore(suite, "memorization", new MemorizationSettings(16, 32), folder.Path);
        Assert.NotEqual(first.Folder, second.Folder);
        Assert.Contains("\"prompt_length\": 16", File.ReadAllText(Path.Combine(second.Folder, "settings.json")), StringComparison.Ordinal);
    }

    private Task<IReadOnlyList<GridCell<MemorizationRow>>> RunAsync(TemporaryFolder root, Action onCell, Suite? suite = null, CancellationToken stop = default)
    {
        suite ??= this.suite;
        return Grid.RunAsync<MemorizationRow>(
            new ResultStore(suite, "memorization", new MemorizationSettings(), root.Path),
            suite.Checkpoints,
            suite.Chunks,
            (_, chunk, _) =>
            {
                onCell();
                return [new MemorizationRow { Row = chunk.Index, Source = "reactive", Score = 0.5 }, new MemorizationRow { Row = 9, Source = "canary", CanaryRepetitions = 8, Score = 1, Extractible = true }];
            },
            "test",
            cancellation: stop);
    }
}
