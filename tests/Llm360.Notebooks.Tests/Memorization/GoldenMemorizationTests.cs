// Memorization scores against tests/fixtures/memorization: 200 rows, 2 checkpoints, 4 (k, l).
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class GoldenMemorizationTests
{
    [Theory]
    [InlineData("000", 32, 32)]
    [InlineData("000", 32, 16)]
    [InlineData("000", 16, 32)]
    [InlineData("001", 32, 32)]
    [InlineData("001", 8, 8)]
    public void Scores_and_greedy_ids_are_the_reference(string checkpoint, int k, int l)
    {
        var expected = Fixtures.Json("memorization", $"expected_{checkpoint}.json");
        using var model = LlamaModel.Load(Fixtures.Path("memorization", $"ckpt_{checkpoint}"), Device.Cpu);
        var scores = MemorizationScorer.Score(model, ReferenceRows.All, new MemorizationSettings(k, l));
        Assert.Equal(expected["score"]![$"{k},{l}"]!.AsArray().Select(v => (double)v!), scores.Select(s => s.Score));
        Assert.Equal((double)expected["mean_score"]![$"{k},{l}"]!, scores.Average(s => s.Score), 1e-12);

        var greedy = model.Generate([.. ReferenceRows.All.Select(r => r.TokenIds[..k])], new GenerationOptions { MaxNewTokens = l });
        Assert.Equal(expected["greedy"]![$"{k},{l}"]!.AsArray().Select(r => r!.AsArray().Select(t => (int)t!)), greedy);
        Assert.Equal(scores.Select(s => s.FirstMismatch), MemorizationScorer.FirstMismatches(model, ReferenceRows.All, k, l));
    }

    [Theory]
    [InlineData("000")]
    [InlineData("001")]
    public void Matches_mismatches_and_extractibility_are_the_reference(string checkpoint)
    {
        var expected = Fixtures.Json("memorization", $"expected_{checkpoint}.json");
        using var model = LlamaModel.Load(Fixtures.Path("memorization", $"ckpt_{checkpoint}"), Device.Cpu);
        var scores = MemorizationScorer.Score(model, ReferenceRows.All);
        Assert.Equal(expected["match"]!.AsArray().Select(v => (int)v!), scores.Select(s => s.Match));
        Assert.Equal(expected["all_match"]!.AsArray().Select(r => string.Concat(r!.AsArray().Select(v => (int)v!))),
            scores.Select(s => s.Matches));
        Assert.Equal(expected["first_mismatch"]!.AsArray().Select(v => (int)v!), scores.Select(s => s.FirstMismatch));
        Assert.Equal((double)expected["full_match"]!, scores.Average(s => s.Extractible ? 1.0 : 0), 1e-12);
        Assert.Equal((double)expected["token_match"]!, scores.Sum(s => s.Match) / 32.0 / scores.Count, 1e-12);
    }

    [Theory]
    [InlineData("000")]
    [InlineData("001")]
    public void Token_metrics_are_the_reference(string checkpoint)
    {
        using var expected = StateDict.Open(Fixtures.Path("memorization", $"expected_{checkpoint}.safetensors"));
        using var model = LlamaModel.Load(Fixtures.Path("memorization", $"ckpt_{checkpoint}"), Device.Cpu);
        var scores = MemorizationScorer.Score(model, ReferenceRows.All, new MemorizationSettings(TokenMetrics: true, TopK: 40));
        Near("loss_continuation", s => s.Loss, 5e-5);
        Near("loss_all", s => s.LossAll, 5e-5);
        Near("min_k_20", s => s.MinK, 5e-5);
        Near("min_k_plus_20", s => s.MinKPlus, 5e-5);
        Near("log_pz", s => s.LogPz, 5e-4);
        Near("log_pz_top40", s => s.LogPzTopK, 5e-4);
        foreach (var (k, l) in new[] { (32, 32), (32, 16), (16, 32), (8, 8) })
            Assert.Equal(
                Fixtures.Json("memorization", $"expected_{checkpoint}.json")["score"]![$"{k},{l}"]!.AsArray().Select(v => (double)v! == 1),
                scores.Select(s => s.IsExtractible(k, l)));
        Assert.Throws<Llm360Exception>(() => scores[0].IsExtractible(33, 32));

        void Near(string name, Func<MemorizationRow, double?> value, double tolerance)
        {
            using var golden = expected.View(name);
            foreach (var (want, have) in golden.data<double>().Zip(scores.Select(value)))
            {
                if (double.IsInfinity(want))
                    Assert.Equal(want, have);
                else
                    Assert.Equal(want, have!.Value, tolerance);
            }
        }
    }

    [Theory]
    [InlineData("000")]
    [InlineData("001")]
    public void Scores_of_the_continuation_are_the_reference(string checkpoint)
    {
        using var expected = StateDict.Open(Fixtures.Path("memorization", $"expected_{checkpoint}.safetensors"));
        using var model = LlamaModel.Load(Fixtures.Path("memorization", $"ckpt_{checkpoint}"), Device.Cpu);
        var scores = MemorizationScorer.ContinuationScores(model, ReferenceRows.All);
        using var scope = torch.NewDisposeScope();
        Near("logprob", s => s.LogProbability);
        Near("entropy", s => s.Entropy);
        Near("std_logprob", s => s.Deviation);
        var safe = Continuation("rank_margin").to(torch.float64).data<double>().Select(m => m > 1e-4).ToArray();
        var ranks = Continuation("rank").to(torch.int64).data<long>().ToArray();
        Assert.All(scores.SelectMany(s => s).Index().Where(s => safe[s.Index]), s => Assert.Equal(ranks[s.Index], s.Item.Rank));

        torch.Tensor Continuation(string name) => expected.View(name).narrow(1, 31, 32).contiguous();

        void Near(string name, Func<TokenScore, float> value)
        {
            foreach (var (want, have) in Continuation(name).data<double>().Zip(scores.SelectMany(s => s).Select(value)))
                Assert.Equal(want, have, 5e-5);
        }
    }

    [Fact]
    public void Rounding_decides_nothing_in_float32_and_little_in_bfloat16()
    {
        using var model = LlamaModel.Load(Fixtures.Path("memorization", "ckpt_001"), Device.Cpu);
        Assert.Equal(0, MemorizationScorer.Disagreements(model, ReferenceRows.All));
        using var coarse = LanguageModel.Load(Fixtures.Path("memorization", "ckpt_001"), Device.Cpu, torch.bfloat16);
        Assert.InRange(MemorizationScorer.Disagreements(coarse, ReferenceRows.All, new MemorizationSettings(TokenMetrics: true)), 0,
            ReferenceRows.All.Count / 10);
    }

    [Fact]
    public void Correlations_between_checkpoints_are_the_reference()
    {
        var across = Fixtures.Json("memorization", "across.json");
        using var early = LlamaModel.Load(Fixtures.Path("memorization", "ckpt_000"), Device.Cpu);
        using var late = LlamaModel.Load(Fixtures.Path("memorization", "ckpt_001"), Device.Cpu);
        var pairs = MemorizationScorer.Score(early, ReferenceRows.All).Zip(MemorizationScorer.Score(late, ReferenceRows.All)).ToList();
        Assert.Equal((double)across["score_pearson"]!, SequenceValues.Pearson([.. pairs.Select(p => (p.First.Score, p.Second.Score))]).R,
            1e-12);
        Assert.Equal((double)across["extractible_phi"]!,
            SequenceValues.Pearson([.. pairs.Select(p => (p.First.Extractible ? 1.0 : 0, p.Second.Extractible ? 1.0 : 0))]).R, 1e-12);
    }
}
