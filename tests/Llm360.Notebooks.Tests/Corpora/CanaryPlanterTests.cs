// Which tokens canaries have, and where in a chunk they are planted.

namespace Llm360.Notebooks.Tests;

public sealed class CanaryPlanterTests
{
    [Theory]
    [InlineData(64)] // one row has no canary
    [InlineData(256)]
    public void The_repetitions_of_a_canary_are_spread_over_the_chunk(int rows)
    {
        var planter = new CanaryPlanter(new CanaryRecipe(4, [1, 2, 4, 8, 16, 32], [3], 7), [.. Enumerable.Range(0, 100)]);
        var canaries = planter.Draw();
        var places = planter.Places(canaries, 3, rows);
        Assert.All(places.Keys, row => Assert.InRange(row, 0, rows - 1));
        Assert.Equal(canaries.Select(c => c.Repetitions), canaries.Select(c => places.Values.Count(v => v == c)));

        // The single canary is in one of the halves. Every other one has half of its repetitions
        // in each.
        var inOrder = places.OrderBy(p => p.Key).Select(p => p.Value).ToList();
        var first = inOrder.Take(31).Contains(canaries[0]) ? 32 : 31;
        foreach (var canary in canaries.Skip(1))
            Assert.Equal(canary.Repetitions / 2, inOrder.Take(first).Count(c => c == canary));
    }

    [Fact]
    public void The_canaries_of_a_chunk_have_no_token_twice()
    {
        var canaries = new CanaryPlanter(new CanaryRecipe(25, [1, 2], [0, 1], 7, 3), [.. Enumerable.Range(200, 50)]).Draw();
        Assert.Equal(7, canaries.Count);
        foreach (var chunk in new[] { 0, 1 })
            Assert.Equal(Enumerable.Range(200, 50), canaries.Where(c => c.Chunk == chunk).SelectMany(c => c.TokenIds).Order());
        Assert.All(canaries, c => Assert.Equal(25, c.TokenIds.Distinct().Count()));
        Assert.Equal(7, canaries.Select(c => string.Join(',', c.TokenIds)).Distinct().Count());
    }

    [Fact]
    public void The_most_frequent_tokens_can_be_left_out()
    {
        var recipe = new CanaryRecipe(4, [1], [0], 7);
        int[] vocabulary = [10, 11, 12, 13, 14];
        int[][] heldOut = [[11, 11, 13, 9], [13, 13, 10]];
        Assert.Equal(vocabulary, CanaryTokens.Of(recipe, vocabulary, heldOut));
        Assert.Equal([10, 12, 14], CanaryTokens.Of(recipe with { FrequentLeftOut = 0.4 }, vocabulary, heldOut));
        // 12 and 14 do not occur; of tokens that are equally frequent, the first are left out.
        Assert.Equal([14], CanaryTokens.Of(recipe with { FrequentLeftOut = 0.8 }, vocabulary, heldOut));
    }

    [Fact]
    public void A_vocabulary_with_fewer_tokens_is_an_error()
    {
        var error = Assert.Throws<Llm360Exception>(
            () => new CanaryPlanter(new CanaryRecipe(26, [1, 2], [0], 7), [.. Enumerable.Range(200, 50)]).Draw());
        Assert.Equal("corpus.canaries", error.Where);
        Assert.Contains("52 different tokens", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Places_follow_from_the_seed()
    {
        Assert.Equal(Rows(7), Rows(7));
        Assert.NotEqual(Rows(7), Rows(8));

        static IEnumerable<int> Rows(int seed)
        {
            var planter = new CanaryPlanter(new CanaryRecipe(4, [1, 8], [3], seed), [.. Enumerable.Range(0, 100)]);
            return planter.Places(planter.Draw(), 3, 256).Keys.Order();
        }
    }
}
