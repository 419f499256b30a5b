// Memorization scores against the reference (tests/fixtures/memorization): 200 rows, two checkpoints, four (k, l).
using System.Text.Json.Nodes;
using Llm360.Notebooks.Corpora;
using Llm360.Notebooks.Memorization;
using Llm360.Notebooks.Models;
using Llm360.Notebooks.Torch;
using Llm360.Notebooks.Weights;
using TorchSharp;

namespace Llm360.Notebooks.Tests.Memorization;

public sealed class GoldenMemorizationTests
{
    private static readonly Lazy<IReadOnlyList<TokenRow>> Rows = new(() => [.. ChunkReader.Read(Fixtures.Path("memorization", "rows.jsonl"))]);

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
        var scores = MemorizationScorer.Score(model, Rows.Value, new MemorizationSettings(k, l));
        Assert.Equal(expected["score"]![$"{k},{l}"]!.AsArray().Select(v => (double)v!), scores.Select(s => s.Score));
        Assert.Equal((double)expected["mean_score"]![$"{k},{l}"]!, scores.Average(s => s.Score), 1e-12);

        var greedy = model.Generate([.. Rows.Value.Select(r => r.TokenIds[..k])], new GenerationOptions { MaxNewTokens = l });
        Assert.Equal(expected["greedy"]![$"{k},{l}"]!.AsArray().Select(r => r!.AsArray().Select(t => (int)t!)), greedy);
        Assert.Equal(scores.Select(s => s.FirstMismatch), MemorizationScorer.FirstMismatches(model, Rows.Value, k, l));
    }

    // As after a lack of memory, with a piece of drafted tokens under way.
    [Theory]
    [InlineData(Wanted.Continuation)]
    [InlineData(Wanted.FirstMismatch)]
    [InlineData(Wanted.TokenScores)]
    internal void A_restarted_row_begins_with_its_first_piece(Wanted wanted)
    {
        var row = new ScoredRow(0, [1, 2, 3, 4, 5, 6, 7, 8], 2, wanted);
        row.Accept([3, .. wanted == Wanted.TokenScores ? [4, 5, 6, 7, 8] : Array.Empty<int>()]);
        if (wanted != Wanted.TokenScores)
        {
            row.Next(0);
            row.Accept([4]);
            Assert.Equal(2, row.Next(0).Wanted);
        }

        row.Restart();
        var fresh = new ScoredRow(0, row.Tokens, 2, wanted);
        var (first, expected) = (row.First(0), fresh.First(0));
        Assert.Equal(expected.Tokens, first.Tokens);
        Assert.Equal(expected.Wanted, first.Wanted);
        int[] chosen = [.. Enumerable.Repeat(3, wanted == Wanted.TokenScores ? 6 : 1)];
        Assert.Equal(fresh.Accept(chosen), row.Accept(chosen));
        Assert.Equal(fresh.Greedy, row.Greedy);
        Assert.Equal(fresh.FirstMismatch, row.FirstMismatch);
    }

    [Fact]
    public void A_cell_that_is_stopped_stops_scoring()
    {
        using var model = LlamaModel.Load(Fixtures.Path("memorization", "ckpt_000"), Device.Cpu);
        var rows = Rows.Value;
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        using var work = Work.Begin(null, stop.Token);
        Assert.Throws<OperationCanceledException>(() => MemorizationScorer.FirstMismatches(model, rows));
        Assert.Throws<OperationCanceledException>(() => MemorizationScorer.Score(model, rows));
        Assert.Throws<OperationCanceledException>(() => MemorizationScorer.ContinuationScores(model, rows));
    }

    [Fact]
    public void Dynamic_rotary_scaling_is_refused_beyond_the_trained_length()
    {
        using var folder = new TemporaryFolder();
        var json = Fixtures.Json("memorization", "ckpt_000", "config.json");
        json["rope_scaling"] = new JsonObject { ["type"] = "dynamic", ["factor"] = 2.0 };
        json["max_position_embeddings"] = 40;
        File.WriteAllText(folder["config.json"], json.ToJsonString());
        foreach (var file in Directory.EnumerateFiles(Fixtures.Path("memorization", "ckpt_000")).Where(f => Path.GetFileName(f) != "config.json"))
            File.Copy(file, folder[Path.GetFileName(file)]);
        using var model = LanguageModel.Load(folder[""], Device.Cpu);
        Assert.Contains("k + l = 64", Assert.Throws<Llm360Exception>(() => MemorizationScorer.Score(model, Rows.Value)).What, StringComparison.Ordinal);
        Assert.Equal(200, MemorizationScorer.FirstMismatches(model, Rows.Value, 20, 20).Count);
    }

    [Theory]
    [InlineData("000")]
    [InlineData("001")]
    public void Matches_mismatches_and_extractibility_are_the_reference(string checkpoint)
    {
        var expected = Fixtures.Json("memorization", $"expected_{checkpoint}.json");
        using var model = LlamaModel.Load(Fixtures.Path("memorization", $"ckpt_{checkpoint}"), Device.Cpu);
        var scores = MemorizationScorer.Score(model, Rows.Value);
        Assert.Equal(expected["match"]!.AsArray().Select(v => (int)v!), scores.Select(s => s.Match));
        Assert.Equal(expected["all_match"]!.AsArray().Select(r => string.Concat(r!.AsArray().Select(v => (int)v!))), scores.Select(s => s.Matches));
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
        var scores = MemorizationScorer.Score(model, Rows.Value, new MemorizationSettings(TokenMetrics: true, TopK: 40));
        Near("loss_continuation", s => s.Loss, 5e-5);
        Near("loss_all", s => s.LossAll, 5e-5);
        Near("min_k_20", s => s.MinK, 5e-5);
        Near("min_k_plus_20", s => s.MinKPlus, 5e-5);
        Near("log_pz", s => s.LogPz, 5e-4);
        Near("log_pz_top40", s => s.LogPzTopK, 5e-4);
        foreach (var (k, l) in new[] { (32, 32), (32, 16), (16, 32), (8, 8) })
            Assert.Equal(Fixtures.Json("memorization", $"expected_{checkpoint}.json")["score"]![$"{k},{l}"]!.AsArray().Select(v => (double)v! == 1), scores.Select(s => s.IsExtractible(k, l)));
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
        var scores = MemorizationScorer.ContinuationScores(model, Rows.Value);
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
        Assert.Equal(0, MemorizationScorer.Disagreements(model, Rows.Value));
        using var coarse = LanguageModel.Load(Fixtures.Path("memorization", "ckpt_001"), Device.Cpu, torch.bfloat16);
        Assert.InRange(MemorizationScorer.Disagreements(coarse, Rows.Value, new MemorizationSettings(TokenMetrics: true)), 0, Rows.Value.Count / 10);
    }

    [Fact]
    public void Correlations_between_checkpoints_are_the_reference()
    {
        var across = Fixtures.Json("memorization", "across.json");
        using var early = LlamaModel.Load(Fixtures.Path("memorization", "ckpt_000"), Device.Cpu);
        using var late = LlamaModel.Load(Fixtures.Path("memorization", "ckpt_001"), Device.Cpu);
        var pairs = MemorizationScorer.Score(early, Rows.Value).Zip(MemorizationScorer.Score(late, Rows.Value)).ToList();
        Assert.Equal((double)across["score_pearson"]!, MemorizationScores.Pearson([.. pairs.Select(p => (p.First.Score, p.Second.Score))]), 1e-12);
        Assert.Equal((double)across["extractible_phi"]!, MemorizationScores.Pearson([.. pairs.Select(p => (p.First.Extractible ? 1.0 : 0, p.Second.Extractible ? 1.0 : 0))]), 1e-12);
    }

    [Fact]
    public void The_cache_changes_no_token()
    {
        using var model = LlamaModel.Load(Fixtures.Path("memorization", "ckpt_001"), Device.Cpu);
        using var scope = torch.NewDisposeScope();
        using var inference = torch.inference_mode();
        var prompts = Rows.Value.Take(20).Select(r => r.TokenIds[..16]).ToList();
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
    public void More_rows_than_fit_at_once_and_token_metrics_change_no_continuation()
    {
        using var model = LlamaModel.Load(Fixtures.Path("memorization", "ckpt_001"), Device.Cpu);
        var alone = MemorizationScorer.Score(model, Rows.Value);
        List<TokenRow> many = [.. Enumerable.Repeat(Rows.Value, 3).SelectMany(r => r)];
        foreach (var settings in new[] { new MemorizationSettings(), new MemorizationSettings(TokenMetrics: true) })
        {
            var scores = MemorizationScorer.Score(model, many, settings);
            Assert.Equal(Enumerable.Repeat(alone, 3).SelectMany(r => r).Select(r => r.Matches), scores.Select(r => r.Matches));
            Assert.Equal(Enumerable.Range(0, many.Count), scores.Select(r => r.Row));
        }

        Assert.Equal(Enumerable.Repeat(alone, 3).SelectMany(r => r).Select(r => r.FirstMismatch), MemorizationScorer.FirstMismatches(model, many));
        Assert.Empty(MemorizationScorer.Score(model, []));
    }

    [Fact]
    public void A_row_too_short_is_one_clear_error()
    {
        using var model = LlamaModel.Load(Fixtures.Path("memorization", "ckpt_000"), Device.Cpu);
        var error = Assert.Throws<Llm360Exception>(() => MemorizationScorer.Score(model, Rows.Value, new MemorizationSettings(40, 32)));
        Assert.Equal("row 0", error.Where);
    }
}
