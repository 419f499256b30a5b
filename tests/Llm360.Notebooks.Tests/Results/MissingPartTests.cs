// A missing part of a grid is an error, or the result names it if the caller skips missing parts.

namespace Llm360.Notebooks.Tests;

public sealed class MissingPartTests(PicoSuite pico) : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private int computed;

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("ckpt_002/model.safetensors", "ckpt_002", "no complete weights", 4 * 4)]
    [InlineData("ckpt_004/model.safetensors", "ckpt_004", "no complete weights", 4 * 4)]
    [InlineData("ckpt_002/config.json", "ckpt_002", "no config.json", 4 * 4)]
    [InlineData("ckpt_001", "ckpt_001", "no folder", 4 * 4)]
    [InlineData("train/train_003.jsonl", "train_003", "no file", 5 * 3)]
    public async Task A_missing_part_is_named_before_anything_is_computed(string lost, string name, string what, int rest)
    {
        SuiteCopy.Of(pico.Suite, folder["pico"]);
        Delete(folder["pico", lost]);
        var suite = Suite.OpenFolder(folder["pico"]);
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => RunAsync(suite));
        Assert.Contains($"{name} ({what})", error.What, StringComparison.Ordinal);
        Assert.Contains(folder["pico"], error.Where, StringComparison.Ordinal);
        Assert.Contains("--skip-missing", error.Remedy, StringComparison.Ordinal);
        await Assert.ThrowsAsync<Llm360Exception>(() => FillAsync(suite));
        Assert.Equal(0, computed);

        var run = await RunAsync(suite, skipMissing: true);
        Assert.Equal((rest, rest), (run.Cells.Count, computed));
        Assert.Equal((name, what), (Assert.Single(run.Fill.Skipped).Name, run.Fill.Skipped[0].What));
        Assert.DoesNotContain(run.Cells, c => c.Checkpoint.Name == name || c.Item.ToString() == name);
        Assert.Equal(name, Assert.Single((await FillAsync(suite, skipMissing: true)).Skipped).Name);
    }

    [Fact]
    public async Task All_missing_parts_are_in_one_error_also_if_their_cells_are_stored()
    {
        var whole = SuiteCopy.Of(pico.Suite, folder["pico"]);
        await RunAsync(whole);
        foreach (var lost in new[] { "ckpt_000", "ckpt_003/model.safetensors", "train/train_001.jsonl" })
            Delete(folder["pico", lost]);
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => RunAsync(Suite.OpenFolder(folder["pico"])));
        Assert.StartsWith("3 parts of the grid are missing: ", error.What, StringComparison.Ordinal);
        Assert.All(["ckpt_000", "ckpt_003", "train_001"], name => Assert.Contains(name, error.What, StringComparison.Ordinal));
        // All chosen parts exist. Missing parts outside the choice do not matter.
        var suite = Suite.OpenFolder(folder["pico"]);
        await FillAsync(suite, [suite.Checkpoint("1"), suite.Checkpoint("4")], [suite.Chunk(0)]);
        // A choice by position is the same as in the complete suite.
        Assert.Equal(whole.Checkpoints.Every(2).Select(c => c.Name), suite.Checkpoints.Every(2).Select(c => c.Name));
    }

    [Fact]
    public async Task Nothing_left_to_compute_is_an_error_with_the_option_too()
    {
        SuiteCopy.Of(pico.Suite, folder["pico"]);
        Directory.Delete(folder["pico", "train"], recursive: true);
        Assert.Contains("train_003 (no file)",
            (await Assert.ThrowsAsync<Llm360Exception>(() => RunAsync(Suite.OpenFolder(folder["pico"]), skipMissing: true))).What,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_suite_in_training_has_the_checkpoints_up_to_the_latest_and_promises_the_others()
    {
        SuiteCopy.Of(pico.Suite, folder["pico"]);
        Delete(folder["pico", "ckpt_003"]);
        Delete(folder["pico", "ckpt_004"]);
        var suite = Suite.OpenFolder(folder["pico"]);
        Assert.Equal((3, 5), (suite.Checkpoints.Count, suite.PromisedCheckpoints));
        Assert.Equal((5, 5), (pico.Suite.Checkpoints.Count, pico.Suite.PromisedCheckpoints));
        Assert.Equal(3 * 4, (await RunAsync(suite)).Cells.Count);
        Assert.Throws<Llm360Exception>(() => suite.Checkpoint("4"));
    }

    [Fact]
    public async Task The_scores_say_what_was_skipped()
    {
        SuiteCopy.Of(pico.Suite, folder["pico"]);
        Delete(folder["pico", "train", "train_001.jsonl"]);
        var suite = Suite.OpenFolder(folder["pico"]);
        var analysis = suite.Memorization(new(8, 8, 2));
        try
        {
            await Assert.ThrowsAsync<Llm360Exception>(() => analysis.ScoreAsync([suite.Checkpoints[^1]]));
            var scores = await analysis.ScoreAsync([suite.Checkpoints[^1]], options: new() { SkipMissing = true });
            Assert.Equal("0 cells from the store, 3 computed; skipped because missing: train_001 (no file)", scores.Origin);
            Assert.Equal("train_001", Assert.Single(scores.Skipped).Name);
        }
        finally
        {
            Directory.Delete(analysis.Store.Folder, recursive: true);
        }
    }

    private static void Delete(string path)
    {
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
        else
            File.Delete(path);
    }

    private ResultStore<IReadOnlyList<MemorizationRow>> Store(Suite suite) => RowStores.Open(suite, folder["results"], Compute);

    private Task<GridRun<IReadOnlyList<MemorizationRow>>> RunAsync(Suite suite, bool skipMissing = false) =>
        Grid.RunAsync(Store(suite), suite.Checkpoints, suite.Chunks.AsItems(), new GridOptions { SkipMissing = skipMissing });

    private Task<GridFill> FillAsync(Suite suite, IReadOnlyList<Checkpoint>? checkpoints = null, IReadOnlyList<Chunk>? chunks = null,
        bool skipMissing = false) =>
        Grid.FillAsync(Store(suite), checkpoints ?? suite.Checkpoints, (chunks ?? suite.Chunks).AsItems(),
            new GridOptions { SkipMissing = skipMissing });

    private IReadOnlyList<MemorizationRow> Compute(GridContext context)
    {
        Interlocked.Increment(ref computed);
        return [new MemorizationRow { Row = context.Chunk.Index }];
    }
}
