// Samples of a chunk: shares of the sources, seeds, and rows that are not read.

namespace Llm360.Notebooks.Tests;

public sealed class RowSampleTests
{
    private static readonly (int Index, TokenRow Row)[] Rows =
        [.. Enumerable.Range(0, 200).Select(i => (i, new TokenRow([i], i < 110 ? "netcore" : i < 180 ? "roslyn" : "aspnet", [])))];

    [Theory]
    [InlineData(20, 11, 7, 2)]
    [InlineData(10, 6, 3, 1)] // 5.5, 3.5, 1: for equal remainders the first name gets the row
    [InlineData(1, 1, 0, 0)]
    [InlineData(0, 0, 0, 0)]
    [InlineData(200, 110, 70, 20)]
    [InlineData(500, 110, 70, 20)]
    public void Every_source_has_its_share(int count, int netcore, int roslyn, int aspnet)
    {
        var sample = RowSample.Stratified(Rows, count, seed: 1, chunk: 3);
        Assert.Equal([netcore, roslyn, aspnet], new[] { "netcore", "roslyn", "aspnet" }.Select(s => sample.Count(r => r.Row.Source == s)));
        Assert.Equal(sample.Select(r => r.Index).Distinct().Order(), sample.Select(r => r.Index));
        Assert.All(sample, r => Assert.Equal(r.Index, r.Row.TokenIds[0]));
    }

    [Fact]
    public void Seed_and_chunk_decide_and_nothing_else()
    {
        var sample = Lines(20, 1, 3);
        Assert.Equal(sample, Lines(20, 1, 3));
        Assert.NotEqual(sample, Lines(20, 2, 3));
        Assert.NotEqual(sample, Lines(20, 1, 4));
        // Computed by another program. Stored results depend on the sample, so it must not change.
        Assert.Equal([2, 8, 10, 14, 16, 33, 49, 57, 70, 84, 107, 122, 137, 145, 162, 166, 167, 177, 181, 191], sample);
    }

    [Fact]
    public void Within_a_source_a_smaller_sample_is_part_of_a_larger_one()
    {
        foreach (var (small, large) in new[] { (10, 20), (20, 60), (60, 199) })
            Assert.Subset(Lines(large, 1, 3).ToHashSet(), Lines(small, 1, 3).ToHashSet());
    }

    [Fact]
    public void A_sample_of_a_chunk_leaves_canaries_out()
    {
        using var folder = new TemporaryFolder();
        var path = folder["train_000.jsonl"];
        File.WriteAllLines(path, Enumerable.Range(0, 40).Select(Line));
        var sample = RowSample.Of(new Chunk("train_000", 0, path), 12);
        Assert.Equal([9, 3], new[] { "a", "b" }.Select(s => sample.Count(r => r.Source == s)));
        Assert.DoesNotContain(sample, r => r.Canary is not null);
        // The sources of a chunk on the Hub are known only after reading 20 GB, so its first rows
        // are used.
        var onHub = RowSample.Of(new Chunk("train_000", 0, path, new HubLocation("a/b", "main", "train_000.jsonl", IsDataset: true)), 12);
        Assert.Equal(Enumerable.Range(1, 9).Concat([11, 12, 13]), onHub.Select(r => r.TokenIds[0]));

        static string Line(int i)
        {
            var source = i < 30 ? "a" : "b";
            var canary = i % 10 == 0 ? ",\"canary\":{\"id\":\"c\",\"repetitions\":4}" : "";
            return $$"""{"token_ids":[{{i}}],"source":"{{source}}","documents":[]{{canary}}}""";
        }
    }

    private static List<int> Lines(int count, int seed, int chunk) =>
        [.. RowSample.Stratified(Rows, count, seed, chunk).Select(r => r.Index)];
}
