// Scores of every method against golden ones in float64 (tests/fixtures/attribution).
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class GoldenAttributionTests
{
    // A share of the standard deviation of the matrix. Scores have very different sizes, so a
    // relative tolerance for each score would be wrong.
    private const double Tolerance = 1e-4;

    [Theory]
    [InlineData("tracin")]
    [InlineData("tracin_linear")]
    [InlineData("tracin_head")]
    [InlineData("graddot")]
    [InlineData("gradcos")]
    [InlineData("less")]
    [InlineData("logra.dot")]
    [InlineData("logra.preconditioned")]
    [InlineData("trak.last")]
    [InlineData("trak.mean")]
    [InlineData("ekfac")]
    [InlineData("ekfac_auto")]
    [InlineData("kfac")]
    [InlineData("diagonal")]
    public void Scores_of_models_are_the_golden_ones(string name)
    {
        using var projections = GoldenAttribution.Open("projections.safetensors");
        var (suite, queries) = (GoldenAttribution.Suite, GoldenAttribution.Queries);
        var method = AttributionMethods.Create(AttributionMethods.Parse(name), suite.Settings(name), projections);
        Assert.Equal(name, method.Name);
        AssertClose(name, GoldenAttribution.Flat(method.Score(suite.Problem(queries))));
    }

    [Fact]
    public void TracIn_at_each_checkpoint_and_of_rows_for_themselves_are_the_golden_ones()
    {
        var problem = GoldenAttribution.Suite.Problem(GoldenAttribution.Queries);
        foreach (var (i, scores) in new TracIn().PerCheckpoint(problem).Index())
            AssertClose($"tracin.per_checkpoint.{i}", GoldenAttribution.Flat(scores.Scores));
        AssertClose("self_influence", new TracIn().SelfScores(problem));
    }

    [Theory]
    [InlineData("bm25.k1_0.9_b_0.4", 0.9, 0.4)]
    [InlineData("bm25.k1_1.2_b_0.75", 1.2, 0.75)]
    public void BM25_of_the_suite_is_the_golden_one(string name, double k1, double b) =>
        AssertNear(GoldenAttribution.Expected(name), Text(new Bm25(k1, b)), 1e-12);

    [Theory]
    [InlineData("k1_0.9_b_0.4", 0.9, 0.4)]
    [InlineData("k1_1.2_b_0.75", 1.2, 0.75)]
    public void BM25_of_documents_of_many_lengths_is_the_golden_one(string name, double k1, double b)
    {
        var json = Fixtures.Json("attribution", "bm25.json");
        var scores = new Bm25(k1, b).Score(Rows("queries"), Rows("documents"));
        double[] expected = [.. json[name]!.AsArray().SelectMany(r => r!.AsArray().Select(v => v!.GetValue<double>()))];
        AssertNear(expected, GoldenAttribution.Flat(scores), 1e-12);

        int[][] Rows(string key) => [.. json[key]!.AsArray().Select(r => r!.AsArray().Select(v => v!.GetValue<int>()).ToArray())];
    }

    [Fact]
    public void Counts_and_runs_are_equal()
    {
        Assert.Equal(GoldenAttribution.Expected("ngram4"), Text(new NGramOverlap()));
        Assert.Equal(GoldenAttribution.Expected("common_run"), Text(new CommonRun()));
    }

    [Fact]
    public void Factors_and_eigenvalues_of_the_curvature_are_the_golden_ones()
    {
        using var golden = GoldenAttribution.Open("ekfac_factors.safetensors");
        var problem = GoldenAttribution.Suite.Problem(GoldenAttribution.Queries);
        var at = problem.Checkpoints[^1].Load();
        using var model = at.Model;
        using var factors = CurvatureFactors.Compute(at, problem.Rows);
        using var scope = torch.NewDisposeScope();
        Assert.Equal(golden.Entries.Keys.Order(), factors.Names.Order());
        foreach (var name in factors.Names)
        {
            var (expected, actual) = (golden.View(name), factors[name]);
            // The sign of an eigenvector is arbitrary.
            if (name.Contains(".Q_", StringComparison.Ordinal))
                actual *= (actual * expected).sum([0L], keepdim: true).sign();
            var difference = (actual - expected).abs().max().item<double>() / expected.abs().max().item<double>();
            // The closest eigenvalues differ by 1.3e-4 of the largest. Eigenvectors rotate by the
            // error divided by that difference.
            Assert.True(difference < (name.Contains(".Q_", StringComparison.Ordinal) ? 1e-2 : 1e-4), $"{name} differs by {difference}");
        }
    }

    private static double[] Text(TextMethod method) =>
        GoldenAttribution.Flat(method.Score(GoldenAttribution.Queries.Tokens, GoldenAttribution.Suite.Rows.Tokens));

    private static void AssertClose(string name, double[] actual)
    {
        var expected = GoldenAttribution.Expected(name);
        var mean = expected.Average();
        var deviation = Math.Sqrt(expected.Sum(e => (e - mean) * (e - mean)) / (expected.Length - 1));
        AssertNear(expected, actual, Tolerance * deviation);
    }

    private static void AssertNear(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        var largest = expected.Zip(actual, (e, a) => Math.Abs(e - a)).Max();
        Assert.True(largest <= tolerance, $"a score differs by {largest}; {tolerance} is allowed");
    }
}
