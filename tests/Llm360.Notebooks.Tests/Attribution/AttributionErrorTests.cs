// Bad queries, rows and indexes give one error each, and nothing is lost.
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class AttributionErrorTests(PicoSuite pico) : IDisposable
{
    private static readonly AttributionSettings Small = new() { ProjectedSize = 3, SequencesPerChunk = 3 };
    private readonly TemporaryFolder folder = new();

    private Suite Suite => pico.Suite;

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(0, "The query is empty.")]
    [InlineData(1, "A row of one token predicts nothing, so it has no gradient.")]
    [InlineData(1000, "longer than the model's")]
    public async Task A_query_that_no_method_can_answer_is_told(int length, string what)
    {
        foreach (var method in new[] { AttributionMethod.LoGra, AttributionMethod.TracInHead, AttributionMethod.GradDot })
        {
            var index = await Analysis(method).IndexAsync(chunks: [Suite.Chunks[0]]);
            var error = await Assert.ThrowsAsync<Llm360Exception>(() => index.QueryAsync([Enumerable.Repeat(5, length).ToArray()]));
            Assert.Contains(what, error.What, StringComparison.Ordinal);
            Assert.Contains("query 0", error.Where, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_empty_text_and_an_unknown_token_are_told()
    {
        var index = await Analysis(AttributionMethod.LoGra).IndexAsync(chunks: [Suite.Chunks[0]]);
        Assert.Equal("The query is empty.", (await Assert.ThrowsAsync<Llm360Exception>(() => index.QueryAsync(""))).What);
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => index.QueryAsync([[1, 99999]]));
        Assert.Contains("Token 99999", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Weights_that_are_not_numbers_are_told_with_the_row_and_other_cells_stay()
    {
        var suite = SuiteCopy.Of(Suite, folder["suite"]);
        var analysis = new AttributionAnalysis(suite, AttributionMethod.LoGra, Small, folder["results"]);
        await analysis.IndexAsync([suite.Checkpoints[1]], [suite.Chunks[0]]);
        var cell = analysis.Vectors!.Store.PathOf(suite.Checkpoints[1], new ChunkItem(suite.Chunks[0]));
        var before = File.ReadAllBytes(cell);
        Rewrite(suite.Checkpoints[2], w => w.fill_(float.NaN));
        foreach (var method in new[] { AttributionMethod.LoGra, AttributionMethod.TracIn, AttributionMethod.TracInHead,
            AttributionMethod.EkFac })
        {
            var error = await Assert.ThrowsAsync<Llm360Exception>(async () =>
            {
                var index = await new AttributionAnalysis(suite, method, Small, folder["results"]).IndexAsync(
                    [suite.Checkpoints[2]], [suite.Chunks[0]]);
                await index.QueryAsync([index.Rows[0].TokenIds]);
            });
            Assert.Contains("not finite", error.What, StringComparison.Ordinal);
            Assert.Matches("row [0-9]+|query 0", error.Where);
        }

        Assert.Equal(before, File.ReadAllBytes(cell));
    }

    [Fact]
    public async Task An_index_of_other_weights_is_not_asked()
    {
        var suite = SuiteCopy.Of(Suite, folder["suite"]);
        var index = await new AttributionAnalysis(suite, AttributionMethod.LoGra, Small, folder["results"]).IndexAsync(
            chunks: [suite.Chunks[0]]);
        Rewrite(suite.Checkpoints[^1], w => w.mul_(1.5f));
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => index.QueryAsync("Gets the value"));
        Assert.Contains("of other weights or rows", error.What, StringComparison.Ordinal);
        // After a rebuild the old cell stays beside the new one.
        index = await new AttributionAnalysis(suite, AttributionMethod.LoGra, Small, folder["results"]).IndexAsync(
            chunks: [suite.Chunks[0]]);
        Assert.Single((await index.QueryAsync("Gets the value")).Top(1));
        Assert.Single(Directory.EnumerateFiles(folder["results"], "*.stale", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_half_written_or_missing_cell_is_told()
    {
        var analysis = Analysis(AttributionMethod.LoGra);
        var index = await analysis.IndexAsync(chunks: Suite.Chunks.Take(2).ToList());
        var cell = analysis.Vectors!.Store.PathOf(Suite.Checkpoints[^1], new ChunkItem(Suite.Chunks[1]));
        var bytes = File.ReadAllBytes(cell);
        File.WriteAllBytes(cell, bytes[..(bytes.Length / 2)]);
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => index.QueryAsync("Gets the value"));
        Assert.Contains(cell, error.Where, StringComparison.Ordinal);
        File.Delete(cell);
        error = await Assert.ThrowsAsync<Llm360Exception>(() => index.QueryAsync("Gets the value"));
        Assert.Contains("1 of 2 cells are missing", error.What, StringComparison.Ordinal);
        index = await Analysis(AttributionMethod.LoGra).IndexAsync(chunks: Suite.Chunks.Take(2).ToList());
        Assert.Equal(bytes, File.ReadAllBytes(cell));
    }

    [Fact]
    public async Task Too_little_memory_is_told_before_anything_is_computed()
    {
        var projected = new AttributionAnalysis(
            Suite, AttributionMethod.LoGra, Small with { ProjectedSize = 512, MemoryLimit = 1 << 20 }, folder.Path);
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => projected.IndexAsync(chunks: [Suite.Chunks[0]]));
        Assert.Contains("The projection of gradients needs", error.What, StringComparison.Ordinal);
        var exact = await new AttributionAnalysis(Suite, AttributionMethod.GradDot, Small with { MemoryLimit = 1 << 20 }, folder.Path)
            .IndexAsync(chunks: [Suite.Chunks[0]]);
        error = await Assert.ThrowsAsync<Llm360Exception>(() => exact.QueryAsync("Gets the value"));
        Assert.Contains("Attribution by graddot for 1 queries needs", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_that_takes_nothing_is_told_and_the_index_goes_on_later()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "a folder that refuses files is made with a file in its place");
        var analysis = Analysis(AttributionMethod.LoGra);
        var partition = Path.GetDirectoryName(analysis.Vectors!.Store.PathOf(Suite.Checkpoints[^1], new ChunkItem(Suite.Chunks[0])))!;
        File.WriteAllText(partition, ""); // This file blocks the folder.
        await Assert.ThrowsAsync<Llm360Exception>(() => analysis.IndexAsync(chunks: [Suite.Chunks[0]]));
        File.Delete(partition);
        Assert.Single((await (await Analysis(AttributionMethod.LoGra).IndexAsync(chunks: [Suite.Chunks[0]])).QueryAsync(
            "Gets the value")).Top(1));
    }

    [Fact]
    public async Task LESS_names_the_checkpoints_that_have_an_optimizer_file()
    {
        var error = await Assert.ThrowsAsync<Llm360Exception>(() => Analysis(AttributionMethod.Less).IndexAsync([Suite.Checkpoints[2]]));
        Assert.Contains("has no optimizer file", error.What, StringComparison.Ordinal);
        Assert.Contains("0, 4", error.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_out_of_range_are_told()
    {
        foreach (var settings in new[] { Small with { Damping = -1 }, Small with { K1 = double.NaN }, Small with { ProjectedSize = 0 },
            Small with { SequencesPerChunk = 0 } })
            Assert.Throws<Llm360Exception>(() => Suite.Attribution(AttributionMethod.EkFac, settings));
    }

    private AttributionAnalysis Analysis(AttributionMethod method) => new(Suite, method, Small, folder["results"]);

    private static void Rewrite(Checkpoint checkpoint, Action<torch.Tensor> change)
    {
        var path = Path.Combine(checkpoint.Folder, SuiteLayout.Weights);
        using var scope = torch.NewDisposeScope();
        using var file = StateDict.Open(path);
        List<(string, torch.Tensor)> tensors = [.. file.Entries.Keys.Select(n => (n, file.View(n).clone()))];
        change(tensors.Single(t => t.Item1 == "model.layers.0.mlp.up_proj.weight").Item2);
        SafetensorsWriter.Write(path, tensors);
    }
}
