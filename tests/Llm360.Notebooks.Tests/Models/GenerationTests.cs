// Sampling, perplexity and batches against their definitions.
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class GenerationTests
{
    private static readonly int[][] Prompts = [[5, 9, 100], [7], [1, 2, 3, 4, 5, 6, 7, 8, 9]];

    [Fact]
    public void Draws_of_a_row_depend_on_the_seed_and_not_on_the_other_rows()
    {
        using var model = Load();
        var options = new GenerationOptions { MaxNewTokens = 12, Temperature = 1, Seed = 3 };
        var together = model.Generate(Prompts, options);
        Assert.Equal(model.Generate([Prompts[0]], options)[0], together[0]);
        Assert.NotEqual(together[0], model.Generate(Prompts, options with { Seed = 4 })[0]);
    }

    [Fact]
    public void Draws_have_the_models_probabilities()
    {
        using var model = Load();
        using var scope = torch.NewDisposeScope();
        using var ids = torch.tensor(new long[] { 5, 9, 100 }, [1, 3]);
        var expected = model.Logits(model.Forward(ids).select(1, 2)).softmax(1).squeeze(0).data<float>().ToArray();
        const int draws = 4000;
        var counts = new int[expected.Length];
        var options = new GenerationOptions { MaxNewTokens = 1, Temperature = 1, Seed = 1 };
        foreach (var row in model.Generate([.. Enumerable.Repeat(Prompts[0], draws)], options))
            counts[row[0]]++;
        // Five standard deviations of a binomial count.
        for (var i = 0; i < expected.Length; i++)
            Assert.InRange(counts[i], (draws * expected[i]) - (5 * Math.Sqrt(draws * expected[i])) - 1,
                (draws * expected[i]) + (5 * Math.Sqrt(draws * expected[i])) + 1);
    }

    [Fact]
    public void Top_k_and_top_p_keep_the_most_probable_tokens_only()
    {
        using var model = Load();
        using var scope = torch.NewDisposeScope();
        using var ids = torch.tensor(new long[] { 5, 9, 100 }, [1, 3]);
        var (values, tokens) = model.Logits(model.Forward(ids).select(1, 2)).softmax(1).sort(1, descending: true);
        var sorted = tokens.data<long>().Select(t => (int)t).ToArray();
        var cumulative = values.cumsum(1).data<float>().ToArray();
        var many = Enumerable.Repeat(Prompts[0], 500).ToArray();
        Assert.Equal(
            sorted[..3].ToHashSet(),
            model.Generate(many, new GenerationOptions { MaxNewTokens = 1, Temperature = 5, TopK = 3 }).Select(r => r[0]).ToHashSet());
        var nucleus = Array.FindIndex(cumulative, c => c >= 0.6f) + 1;
        Assert.Subset(
            sorted[..nucleus].ToHashSet(),
            model.Generate(many, new GenerationOptions { MaxNewTokens = 1, Temperature = 1, TopP = 0.6 }).Select(r => r[0]).ToHashSet());
        Assert.All(
            model.Generate(many, new GenerationOptions { MaxNewTokens = 1, Temperature = 1, TopP = 1e-9 }),
            r => Assert.Equal(sorted[0], r[0]));
    }

    [Fact]
    public void The_cache_changes_no_token()
    {
        using var model = LanguageModel.Load(Fixtures.Path("memorization", "ckpt_001"));
        using var scope = torch.NewDisposeScope();
        using var inference = torch.inference_mode();
        var prompts = ReferenceRows.All.Take(20).Select(r => r.TokenIds[..16]).ToList();
        var cached = model.Generate(prompts, new GenerationOptions { MaxNewTokens = 24 });
        var sequence = torch.tensor(prompts.SelectMany(p => p).Select(t => (long)t).ToArray(), [20, 16]);
        for (var i = 0; i < 24; i++)
        {
            var hidden = model.Forward(sequence);
            sequence = torch.cat([sequence, model.Logits(hidden.select(1, hidden.shape[1] - 1)).argmax(1, keepdim: true)], 1);
        }

        Assert.Equal(sequence.narrow(1, 16, 24).reshape(-1).data<long>(), cached.SelectMany(r => r).Select(t => (long)t));
    }

    [Fact]
    public void Batches_of_any_size_give_the_same_scores()
    {
        using var model = Load();
        int[][] rows = [.. Enumerable.Range(1, 30).Select(n => Enumerable.Range(0, n).Select(i => ((i * 7) + n) % 128).ToArray())];
        var alone = rows.Select(r => model.Score([r])[0]).ToList();
        foreach (var limit in new[] { 1, 40, 100_000 })
        {
            foreach (var (expected, actual) in alone.Zip(model.Score(rows, limit)))
            {
                Assert.Equal(expected.Positions.Count, actual.Positions.Count);
                Assert.Equal(expected.Positions.Select(p => p.Argmax), actual.Positions.Select(p => p.Argmax));
                Assert.All(
                    expected.Positions.Zip(actual.Positions).SkipLast(1),
                    p => Assert.Equal(p.First.LogProbability, p.Second.LogProbability, 2e-5));
            }
        }
    }

    [Theory]
    [InlineData(16, 8)]
    [InlineData(16, 1)]
    [InlineData(16, 15)]
    [InlineData(200, 50)]
    public void Perplexity_counts_every_token_but_the_first_once_with_the_context_its_window_gives(int window, int stride)
    {
        using var model = Load();
        int[] tokens = [.. Enumerable.Range(0, 61).Select(i => (i * i) % 128)];
        // Each token counts in the first window that reaches it.
        var sum = 0.0;
        for (var t = 1; t < tokens.Length; t++)
        {
            var begin = 0;
            while (begin + window <= t)
                begin += stride;
            sum -= model.Score([tokens[begin..(t + 1)]])[0].Positions[^2].LogProbability;
        }

        var result = model.Perplexity(tokens, window, stride);
        Assert.Equal(tokens.Length - 1, result.Tokens);
        Assert.Equal(sum / (tokens.Length - 1), result.Loss, 1e-5);
    }

    [Fact]
    public void Windows_that_do_not_overlap_leave_out_their_first_tokens()
    {
        using var model = Load();
        int[] tokens = [.. Enumerable.Range(0, 33).Select(i => (i * i) % 128)]; // The last window has a single token.
        var result = model.Perplexity(tokens, 16, 16);
        Assert.Equal(30, result.Tokens);
        Assert.Equal((model.Score([tokens[..16]])[0].Loss + model.Score([tokens[16..32]])[0].Loss) / 2, result.Loss, 1e-6);
    }

    [Fact]
    public void Draws_of_neighbouring_rows_have_nothing_in_common()
    {
        using var model = FixtureModels.WithHead(w => w.zero_()); // Every token is equally probable.
        const int rows = 4000;
        var drawn = model.Generate([.. Enumerable.Repeat(Prompts[1], rows)], new GenerationOptions { MaxNewTokens = 2, Temperature = 1 });
        foreach (var lag in new[] { 1, 2, 3, 7, 64 })
        {
            var differences = new int[128];
            for (var i = 0; i + lag < rows; i++)
                differences[(drawn[i + lag][0] - drawn[i][0] + 128) % 128]++;
            // The expected count is 31. A Poisson count exceeds 31 + 6 sqrt(31) once in 10 million.
            Assert.InRange(differences.Max(), 0, 65);
        }
    }

    [Fact]
    public void The_smallest_temperatures_and_shares_give_the_most_probable_token()
    {
        using var model = Load();
        var greedy = model.Generate(Prompts, new GenerationOptions { MaxNewTokens = 5 });
        foreach (var tiny in new[] { 1e-6, 1e-38, 1e-300, double.Epsilon })
        {
            Assert.Equal(greedy, model.Generate(Prompts, new GenerationOptions { MaxNewTokens = 5, Temperature = tiny }));
            Assert.Equal(greedy, model.Generate(Prompts, new GenerationOptions { MaxNewTokens = 5, Temperature = 1, TopP = tiny }));
        }
    }

    [Fact]
    public void Logits_that_are_not_numbers_are_an_error()
    {
        using var model = FixtureModels.WithHead(w => w.fill_(float.NaN));
        Assert.Contains("row 0",
            Assert.Throws<Llm360Exception>(() => model.Generate(Prompts, new GenerationOptions { MaxNewTokens = 2 })).Where,
            StringComparison.Ordinal);
        Assert.Throws<Llm360Exception>(() => model.Generate(Prompts, new GenerationOptions { MaxNewTokens = 2, Temperature = 1 }));
        Assert.Throws<Llm360Exception>(() => model.Perplexity([1, 2, 3]));
    }

    [Fact]
    public void Perplexity_tells_how_far_it_is_and_how_much_is_under_way()
    {
        using var model = Load();
        var told = new List<WorkProgress>();
        model.Perplexity([.. Enumerable.Range(0, 40).Select(i => i % 128)], 16, 4, new(Progress: new Immediate(told.Add)));
        Assert.Equal([new WorkProgress("perplexity", 40, 40, "tokens", "7 at once")], told);
    }

    [Fact]
    public void Options_and_lengths_that_make_no_sense_are_refused()
    {
        using var model = Load();
        Assert.Throws<Llm360Exception>(() => model.Generate(Prompts, new GenerationOptions { Temperature = -1 }));
        Assert.Throws<Llm360Exception>(() => model.Generate(Prompts, new GenerationOptions { TopP = 0 }));
        Assert.Throws<Llm360Exception>(() => model.Generate(Prompts, new GenerationOptions { MaxNewTokens = 100_000 }));
        Assert.Throws<Llm360Exception>(() => model.Perplexity([1, 2, 3], 16, 17));
        Assert.Throws<Llm360Exception>(() => model.Perplexity([1]));
        Assert.Empty(model.Generate([], new GenerationOptions()));
    }

    private static LanguageModel Load() => LanguageModel.Load(Fixtures.Path("models", "llama-mha"));
}
