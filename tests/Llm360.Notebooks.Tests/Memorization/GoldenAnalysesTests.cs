// The memorization analyses against the reference (tests/fixtures/memorization).

namespace Llm360.Notebooks.Tests;

public sealed class GoldenAnalysesTests
{
    [Fact]
    public void Forecast_of_one_checkpoint_by_the_other_is_the_reference()
    {
        var across = Fixtures.Json("memorization", "across.json");
        var (early, late) = (Scores("000"), Scores("001"));
        var row = ForecastRow.Count(0, early.Zip(late).Select(p => (p.First.Extractible, p.Second.Extractible)));
        Assert.Equal((double)across["forecast_precision"]!, row.Precision, 1e-12);
        Assert.Equal((double)across["forecast_recall"]!, row.Recall, 1e-12);
        Assert.Equal(
            across["counts"]!.AsObject().Select(c => (int)c.Value!).Order(),
            new[] { row.Both, row.OnlyEarlier, row.OnlyLast, row.Sequences - row.Both - row.OnlyEarlier - row.OnlyLast }.Order());
    }

    [Theory]
    [InlineData("000")]
    [InlineData("001")]
    public void Scores_by_source_are_the_reference(string checkpoint)
    {
        var expected = Fixtures.Json("memorization", $"expected_{checkpoint}.json")["by_source"]!.AsObject();
        var rows = SourceMemorization.Group(Scores(checkpoint));
        Assert.Equal(expected.Select(s => s.Key).Order(StringComparer.Ordinal), rows.Select(r => r.Source));
        foreach (var row in rows)
        {
            Assert.Equal((int)expected[row.Source]!["count"]!, row.Sequences);
            Assert.Equal((double)expected[row.Source]!["token_match"]!, row.Score, 1e-12);
            Assert.Equal((double)expected[row.Source]!["full_match"]!, row.Extractible, 1e-12);
        }
    }

    [Theory]
    [InlineData("000")]
    [InlineData("001")]
    public void Draws_needed_are_the_reference(string checkpoint)
    {
        using var expected = StateDict.Open(Fixtures.Path("memorization", $"expected_{checkpoint}.safetensors"));
        // With the reference's own log p_z the formula must be exact. With ours, in float32, the
        // tolerance is 5e-4.
        foreach (var suffix in new[] { "", "_top40" })
        {
            Near(Values($"log_pz{suffix}"), suffix, 1e-9);
        }

        using var model = LlamaModel.Load(Fixtures.Path("memorization", $"ckpt_{checkpoint}"), Device.Cpu);
        var scores = MemorizationScorer.Score(model, ReferenceRows.All, new MemorizationSettings(TokenMetrics: true));
        Near([.. scores.Select(r => r.LogPz!.Value)], "", 5e-4);

        double[] Values(string name)
        {
            using var tensor = expected.View(name);
            return tensor.data<double>().ToArray();
        }

        void Near(double[] logPz, string suffix, double tolerance)
        {
            foreach (var (p, name) in new[] { (0.5, "n_p50"), (0.9, "n_p90") })
            {
                foreach (var (want, log) in Values(name + suffix).Zip(logPz))
                {
                    var have = ProbabilisticExtraction.RealSamples(log, p);
                    Assert.Equal(double.IsInfinity(want), double.IsInfinity(have));
                    Assert.True(
                        double.IsInfinity(want) || Math.Abs(have - want) <= tolerance * want,
                        $"{name}{suffix}: {have} instead of {want}");
                    Assert.True(ProbabilisticExtraction.Samples(log, p) >= 1);
                }
            }
        }
    }

    [Theory]
    [InlineData(0, 0.5, 1)]
    [InlineData(-0.6931471805599453, 0.5, 1)] // p_z = 1/2
    [InlineData(-0.6931471805599453, 0.9, 4)] // 1 - 2^-4 >= 0.9
    [InlineData(-1000, 0.5, double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity, 0.5, double.PositiveInfinity)]
    public void Draws_are_whole_numbers_from_one_on(double logPz, double p, double draws) =>
        Assert.Equal(draws, ProbabilisticExtraction.Samples(logPz, p));

    [Theory]
    [InlineData("000")]
    [InlineData("001")]
    public void Exposure_of_canaries_is_the_reference(string checkpoint)
    {
        var given = Fixtures.Json("memorization", "canaries.json");
        var alternatives = given["alternatives"]!.AsArray().Select(Ids).ToList();
        using var model = LlamaModel.Load(Fixtures.Path("memorization", $"ckpt_{checkpoint}"), Device.Cpu);
        var expected = Fixtures.Json("memorization", $"expected_{checkpoint}.json")["canaries"]!.AsArray();
        Assert.Equal(8, expected.Count);
        foreach (var (canary, want) in given["canaries"]!.AsArray().Zip(expected))
        {
            var (prefix, secret) = (Ids(canary!["prefix"]), Ids(canary["secret"]));
            var (loss, rank, exposure) = CanaryExposure.Measure(model, prefix, secret, alternatives, TestContext.Current.CancellationToken);
            Assert.Equal((double)want!["loss"]!, loss, 1e-4);
            Assert.Equal((int)want["rank"]!, rank);
            Assert.Equal((double)want["exposure"]!, exposure, 1e-12);
        }

        static int[] Ids(System.Text.Json.Nodes.JsonNode? ids) => [.. ids!.AsArray().Select(i => (int)i!)];
    }

    private static IReadOnlyList<MemorizationRow> Scores(string checkpoint)
    {
        using var model = LlamaModel.Load(Fixtures.Path("memorization", $"ckpt_{checkpoint}"), Device.Cpu);
        return MemorizationScorer.Score(model, ReferenceRows.All);
    }
}
