// Attribution methods on every model family: two ways of computing must agree.

namespace Llm360.Notebooks.Tests;

public sealed class AttributionFamilyTests
{
    public static TheoryData<string> Families => ["llama-gqa", "llama-tied", "llama-bias", "neox", "crystal"];

    [Theory]
    [MemberData(nameof(Families))]
    public void Projections_that_keep_everything_give_the_product_of_gradients(string name)
    {
        using var model = LanguageModel.Load(Fixtures.Path("models", name), Device.Cpu);
        var (at, rows) = (At(model), Rows(name));
        using var projection = new SeededProjection(4096, 0);
        AssertClose(Score(new TracInLinear(), at, rows), Score(new LoGraDot(projection), at, rows));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Every_method_scores_and_the_parts_of_tokens_add_up(string name)
    {
        using var model = LanguageModel.Load(Fixtures.Path("models", name), Device.Cpu);
        var (at, rows) = (At(model), Rows(name));
        var settings = new AttributionSettings { ProjectedSize = 4 };
        foreach (var method in Enum.GetValues<AttributionMethod>())
        {
            if (AttributionMethods.Create(method, settings) is not CheckpointMethod { UsesOptimizer: false } of)
                continue;
            using var state = of.Fit(at, rows);
            using var held = of.Hold(at, state, rows.Slice(0, 1));
            var scores = of.Combine([of.Score(at, state, held, rows)]);
            Assert.All(scores.Cast<double>(), s => Assert.True(double.IsFinite(s), of.Name));
            if (of is not (CurvatureMethod or ProjectedMethod or TracInLinear))
                continue;
            var parts = of.TokenScores(at, state, held, 0, rows.Slice(1, 1));
            Assert.Equal(scores[0, 1], parts.Sum(), 2e-3 * parts.Sum(Math.Abs));
        }
    }

    private static double[] Score(CheckpointMethod method, CheckpointPass at, RowBatch rows)
    {
        using var held = method.Hold(at, null, rows.Slice(0, 2));
        return GoldenAttribution.Flat(method.Score(at, null, held, rows).Scores);
    }

    private static CheckpointPass At(LanguageModel model) => new(model, "checkpoint", 0) { LearningRate = 1 };

    private static RowBatch Rows(string name)
    {
        var rows = Fixtures.Json("models", name, "rows.json")["rows"]!.AsArray();
        return new RowBatch([.. rows.Take(3).Select(r => r!.AsArray().Select(t => t!.GetValue<int>()).ToArray())], i => $"row {i}");
    }

    private static void AssertClose(double[] expected, double[] actual)
    {
        var scale = expected.Max(Math.Abs);
        Assert.All(expected.Zip(actual), p => Assert.InRange(p.Second - p.First, -1e-4 * scale, 1e-4 * scale));
    }
}
