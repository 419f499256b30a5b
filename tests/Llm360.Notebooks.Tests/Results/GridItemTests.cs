// Items other than chunks, cells with arrays, and the context of a computation.
using TorchSharp;
using Arrays = System.Collections.Generic.IReadOnlyDictionary<string, TorchSharp.torch.Tensor>;

namespace Llm360.Notebooks.Tests;

public sealed class GridItemTests(PicoSuite pico) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Arrays_are_stored_as_safetensors_and_come_back()
    {
        List<GridItem> queries = [GridItem.Of("query", "first", "1"), GridItem.Of("query", "second", "2")];
        var analysis = new GridAnalysis<Arrays>("arrays", 1, new { }, new TensorCells(), context => new Dictionary<string, torch.Tensor>
        {
            ["z"] = torch.full([2, 3], context.Checkpoint.RequireIndex()),
            ["a"] = torch.tensor(new[] { context.Item.Key.Length, 1.5f }, torch.bfloat16),
        });
        var store = new ResultStore<Arrays>(pico.Suite, analysis, folder.Path);
        var computed = await Grid.RunAsync(store, pico.Suite.Checkpoints.Every(2), queries);
        var read = await Grid.RunAsync(new ResultStore<Arrays>(pico.Suite, analysis, folder.Path),
            pico.Suite.Checkpoints.Every(2), queries);
        Assert.Equal((6, 6), (computed.Fill.Computed, read.Fill.FromStore));
        foreach (var (one, other) in computed.Cells.Zip(read.Cells))
        {
            foreach (var (name, tensor) in one.Content)
            {
                Assert.Equal((tensor.dtype, tensor.shape.Length), (other.Content[name].dtype, other.Content[name].shape.Length));
                Assert.Equal(tensor.to(torch.float32).data<float>(), other.Content[name].to(torch.float32).data<float>());
            }

            analysis.Cells.Release(one.Content);
            analysis.Cells.Release(other.Content);
        }

        var file = store.PathOf(pico.Suite.Checkpoints[^1], queries[1]);
        Assert.EndsWith(Path.Combine($"checkpoint={pico.Suite.Checkpoints[^1].Name}", "query=second.safetensors"), file,
            StringComparison.Ordinal);
        using (var weights = StateDict.Open(file))
            Assert.Equal(["a", "z"], weights.Entries.Keys.Order());
        File.WriteAllText(file, "damaged");
        File.Delete(Path.Combine(Path.GetDirectoryName(file)!, CellIndex.FileName));
        Assert.Contains("computes it again",
            (await Assert.ThrowsAsync<Llm360Exception>(() => RunAgain())).Remedy, StringComparison.Ordinal);

        Task<GridFill> RunAgain() =>
            Grid.FillAsync(new ResultStore<Arrays>(pico.Suite, analysis, folder.Path), pico.Suite.Checkpoints.Every(2), queries);
    }

    [Fact]
    public async Task A_computation_knows_the_learning_rate_and_the_optimizer_file()
    {
        var steps = await pico.Suite.MetricsAsync();
        var (recipe, seen) = (pico.Suite.Recipe!, new Dictionary<int, (double? Rate, string? File)>());
        var store = RowStores.Open(pico.Suite, folder.Path, context =>
        {
            lock (seen)
                seen[context.Checkpoint.RequireIndex()] = (context.Checkpoint.LearningRate, context.Checkpoint.OptimizerPath);
            return [];
        });
        await Grid.FillAsync(store, pico.Suite.Checkpoints, [GridItem.Of("query", "one", "1")]);
        foreach (var checkpoint in pico.Suite.Checkpoints)
        {
            var (rate, file) = seen[checkpoint.RequireIndex()];
            var done = checkpoint.RequireChunksSeen() * recipe.Corpus.SequencesPerChunk / recipe.Training.BatchSize;
            Assert.Equal(done < steps.Count ? steps[done].LearningRate : recipe.Training.FinalLearningRate, rate);
            Assert.Equal(recipe.Training.OptimizerStates.Contains(checkpoint.RequireIndex()), file is not null && File.Exists(file));
        }
    }

    [Fact]
    public async Task An_item_whose_data_are_missing_is_named_before_anything_is_computed()
    {
        List<GridItem> items = [GridItem.Of("task", "here", "1"), new Gone()];
        var computed = 0;
        var store = RowStores.Open(pico.Suite, folder.Path, _ =>
        {
            Interlocked.Increment(ref computed);
            return [];
        });
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => Grid.FillAsync(store, [pico.Suite.Checkpoints[^1]], items));
        Assert.Equal(("There is no such task.", 0), (error.What, computed));
        var fill = await Grid.FillAsync(store, [pico.Suite.Checkpoints[^1]], items, new GridOptions { SkipMissing = true });
        Assert.Equal(("task=gone", 1), (Assert.Single(fill.Skipped).Name, computed));
    }

    [Theory]
    [InlineData("task", "a/b")]
    [InlineData("task", "")]
    [InlineData("..", "a")]
    public void A_name_that_is_no_file_name_is_one_error(string axis, string key) =>
        Assert.Contains("cannot name an item", Assert.Throws<Llm360Exception>(() => GridItem.Of(axis, key, "1")).What,
            StringComparison.Ordinal);

    private sealed record Gone() : GridItem("task", "gone")
    {
        public override string? Identity => "1";

        public override Task RequireAsync(CancellationToken cancellation) =>
            throw new Llm360Exception("There is no such task.", Partition, "Choose another.");

        public override string ToString() => Partition;
    }
}
