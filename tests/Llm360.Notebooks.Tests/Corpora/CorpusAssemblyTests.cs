// Quotas, chunks, held-out documents, canaries and deduplication, on generated texts.

namespace Llm360.Notebooks.Tests;

public sealed class CorpusAssemblyTests : IDisposable
{
    private readonly FakePackages _fake = new();

    public void Dispose() => _fake.Dispose();

    private CorpusRecipe Recipe(Func<CorpusRecipe, CorpusRecipe>? change = null)
    {
        var recipe = FakePackages.Manifest(
            new CorpusSource("apples", 3, [_fake.Add("Apples", FakePackages.Texts("apple", 200))]),
            new CorpusSource("pears", 1,
                [_fake.Add("Pears", FakePackages.Texts("pear", 150).Append(FakePackages.Texts("apple", 1).First()))])).Corpus;
        return change?.Invoke(recipe) ?? recipe;
    }

    private CorpusAssembly Make(CorpusRecipe recipe) => CorpusAssembly.Make(recipe, _fake.Roots, new(Cancellation: CancellationToken.None));

    [Theory]
    [InlineData(10, new[] { 1.0, 1.0, 1.0 }, new[] { 4, 3, 3 })]
    [InlineData(9216, new[] { 0.45, 0.2, 0.15, 0.1, 0.1 }, new[] { 4147, 1843, 1382, 922, 922 })]
    [InlineData(0, new[] { 1.0 }, new[] { 0 })]
    public void Shares_become_whole_numbers(int total, double[] shares, int[] expected) =>
        Assert.Equal(expected, Apportionment.Split(total, shares));

    [Fact]
    public void Sources_fill_their_quotas_and_sample_n_goes_to_chunk_n_mod_N()
    {
        var recipe = Recipe(r => r with { Canaries = null });
        var corpus = Make(recipe);
        Assert.All(corpus.Chunks, rows => Assert.Equal(16, rows.Count));
        Assert.All(corpus.Chunks.SelectMany(c => c), row => Assert.Equal(33, row.TokenIds.Length));
        Assert.Equal([48, 16], corpus.Sources.Select(s => s.Sequences));

        // In the original order of samples each source is one stream of documents, with </s> after
        // each.
        var tokenizer = EmbeddedVocabulary.Load(recipe.Tokenizer);
        var documents = CorpusText.Extract(recipe, _fake.Roots).ToDictionary(d => d.Id);
        var samples = Enumerable.Range(0, 64).Select(n => corpus.Chunks[n % 4][n / 4]).ToList();
        Assert.Equal(Enumerable.Repeat("apples", 48).Concat(Enumerable.Repeat("pears", 16)), samples.Select(s => s.Source));
        foreach (var source in samples.GroupBy(s => s.Source))
        {
            var stream = source.SelectMany(s => s.TokenIds).ToArray();
            var order = source.SelectMany(s => s.Documents).Distinct();
            var joined = order.SelectMany(id => tokenizer.Encode(documents[id].Text).Append(tokenizer.EosId)).ToArray();
            Assert.Equal(joined.Take(stream.Length), stream);
        }
    }

    [Fact]
    public void Rows_name_the_documents_they_have_tokens_of()
    {
        var recipe = Recipe();
        var tokenizer = EmbeddedVocabulary.Load(recipe.Tokenizer);
        var documents = CorpusText.Extract(recipe, _fake.Roots).ToDictionary(d => d.Id);
        foreach (var row in Make(recipe).Chunks.SelectMany(c => c))
        {
            var text = tokenizer.Decode(row.TokenIds.Skip(row.Canary is null ? 0 : 12));
            Assert.NotEmpty(row.Documents);
            Assert.Equal(row.Documents.Distinct(), row.Documents);
            // Documents that lie entirely within the row appear verbatim.
            Assert.All(row.Documents.Skip(1).SkipLast(1), id => Assert.Contains(documents[id].Text, text, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Held_out_texts_never_occur_in_training()
    {
        var recipe = Recipe();
        var corpus = Make(recipe);
        var documents = CorpusText.Extract(recipe, _fake.Roots).ToDictionary(d => d.Id);
        var heldOut = corpus.Validation.SelectMany(r => r.Documents).Select(id => documents[id].Text).ToHashSet();
        var trained = corpus.Chunks.SelectMany(c => c).SelectMany(r => r.Documents).Select(id => documents[id].Text).ToHashSet();
        Assert.Equal(10, corpus.Validation.Count);
        Assert.True(heldOut.Count > 10);
        Assert.False(trained.Overlaps(heldOut));
        // No generated text is part of another one, so the held-out texts must not occur as text
        // either.
        var tokenizer = EmbeddedVocabulary.Load(recipe.Tokenizer);
        var all = string.Concat(corpus.Chunks.SelectMany(c => c).Select(r => tokenizer.Decode(r.TokenIds)));
        Assert.DoesNotContain(heldOut, text => all.Contains(text, StringComparison.Ordinal));
    }

    [Fact]
    public void Canaries_are_planted_as_often_as_they_say_with_different_text_after_each()
    {
        var corpus = Make(Recipe());
        Assert.Equal(["c1-r1", "c1-r4", "c3-r1", "c3-r4", "control-00", "control-01"], corpus.Canaries.Select(c => c.Id));
        Assert.Equal(6, corpus.Canaries.Select(c => string.Join(',', c.TokenIds)).Distinct().Count());
        Assert.All(corpus.Canaries.SelectMany(c => c.TokenIds), id => Assert.InRange(id, 259, 2047));
        foreach (var canary in corpus.Canaries)
        {
            var rows = corpus.Chunks.SelectMany((chunk, index) => chunk.Select(row => (Chunk: (int?)index, Row: row)))
                .Where(r => r.Row.TokenIds.AsSpan().StartsWith(canary.TokenIds)).ToList();
            Assert.Equal(canary.Repetitions, rows.Count);
            Assert.All(rows, r => Assert.Equal(
                (canary.Chunk, "canary", new CanaryMark(canary.Id, canary.Repetitions)),
                (r.Chunk, r.Row.Source, r.Row.Canary)));
            Assert.Equal(rows.Count, rows.Select(r => string.Join(',', r.Row.TokenIds.Skip(12))).Distinct().Count());
        }

        Assert.All(corpus.Chunks, rows => Assert.Equal(16, rows.Count));
        Assert.Equal([0, 5, 0, 5], corpus.Chunks.Select(rows => rows.Count(r => r.Canary is not null)));
    }

    [Fact]
    public void Canaries_have_none_of_the_tokens_that_are_left_out()
    {
        var corpus = Make(Recipe(r => r with { Canaries = r.Canaries! with { FrequentLeftOut = 0.5 } }));
        var frequent = corpus.Validation.SelectMany(r => r.TokenIds).Where(id => id >= 259).CountBy(id => id)
            .OrderByDescending(c => c.Value).Take(20).Select(c => c.Key);
        Assert.Empty(corpus.Canaries.SelectMany(c => c.TokenIds).Intersect(frequent));
        Assert.Equal(6, corpus.Canaries.Count);
    }

    [Fact]
    public void Everything_but_the_canaries_is_the_same_without_them()
    {
        var with = Make(Recipe());
        var without = Make(Recipe(r => r with { Canaries = null }));
        foreach (var (a, b) in with.Chunks.SelectMany(c => c).Zip(without.Chunks.SelectMany(c => c)))
            Assert.Equal(b.TokenIds.Skip(a.Canary is null ? 0 : 12), a.TokenIds.Skip(a.Canary is null ? 0 : 12));
    }

    [Fact]
    public void Deduplication_keeps_the_first_of_equal_texts_over_all_sources()
    {
        var recipe = Recipe();
        var all = CorpusText.Extract(recipe, _fake.Roots);
        var unique = CorpusText.Extract(recipe with { Deduplicate = true }, _fake.Roots);
        Assert.Equal(351, all.Count);
        Assert.Equal(180 + 135, unique.Count);
        Assert.Equal(all.GroupBy(d => d.Text).Select(g => g.First()), unique);
        Assert.Equal(
            [(180, 180), (135, 135)],
            Make(recipe with { Deduplicate = true }).Sources.Select(s => (s.Documents, s.UniqueDocuments)));
        Assert.Equal([(200, 180), (151, 136)], Make(recipe).Sources.Select(s => (s.Documents, s.UniqueDocuments)));
    }

    [Fact]
    public void A_source_with_too_little_text_is_named()
    {
        var error = Assert.Throws<Llm360Exception>(() => Make(Recipe(r => r with { SequencesPerChunk = 160 })));
        Assert.Contains("\"apples\"", error.What, StringComparison.Ordinal);
        Assert.Contains("480", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_seed_gives_another_order() =>
        Assert.NotEqual(Make(Recipe()).Chunks[0][0].TokenIds, Make(Recipe(r => r with { Seed = 2 })).Chunks[0][0].TokenIds);
}
