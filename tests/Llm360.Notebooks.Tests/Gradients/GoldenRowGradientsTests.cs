// Row gradients against the references in tests/fixtures/models/*/gradients.safetensors.
using System.Text.Json;
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class GoldenRowGradientsTests
{
    // A share of the largest entry of each tensor.
    private const double Tolerance = 1e-4;
    private const int GoldenRows = 3;

    public static TheoryData<string, string> Engines => new()
    {
        { "llama-mha", "cpu" }, { "llama-gqa", "cpu" },
        { "llama-mha", "autograd" }, { "llama-gqa", "autograd" }, { "llama-bias", "autograd" },
        { "neox", "autograd" }, { "crystal", "autograd" },
    };

    [Theory]
    [MemberData(nameof(Engines))]
    public void Full_gradients_are_the_golden_ones(string name, string engineName)
    {
        using var model = LanguageModel.Load(Fixtures.Path("models", name), Device.Cpu);
        using var engine = Engine(engineName, model);
        using var golden = Golden(name);
        using var file = StateDict.Open(Fixtures.Path("models", name));
        var count = 0;
        foreach (var gradient in engine.Compute(Rows(name), GradientForm.Full))
        {
            using (gradient)
            {
                Assert.Equal(count++, gradient.Row);
                var names = gradient.Tensors.Keys.Select(k => $"row.{gradient.Row}.{k}");
                Assert.Equal(golden.Entries.Keys.Where(k => IsOf(k, gradient.Row)).Order(), names.Order());
                foreach (var (parameter, tensor) in gradient.Tensors)
                    AssertClose(golden, $"row.{gradient.Row}.{parameter}", tensor);
            }
        }

        Assert.Equal(GoldenRows, count);

        bool IsOf(string key, int row) => key.StartsWith($"row.{row}.", StringComparison.Ordinal) && file.Entries.ContainsKey(key[6..]);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Factors_are_the_golden_ones(string name, string engineName)
    {
        using var model = LanguageModel.Load(Fixtures.Path("models", name), Device.Cpu);
        using var engine = Engine(engineName, model);
        using var golden = Golden(name);
        var rows = Rows(name);
        using var gradient = engine.Compute(rows[..1], GradientForm.Factors).Single();
        var shapes = LinearLayer.FactorShapes(model.Config, rows[0].Length).Select(s => $"{s.Name} {string.Join(' ', s.Shape)}");
        Assert.Equal(shapes.Order(), gradient.Tensors.Select(t => $"{t.Key} {string.Join(' ', t.Value.shape)}").Order());
        var factors = golden.Entries.Keys.Where(k => IsEnding(k, ".input") || IsEnding(k, ".output_gradient")).ToList();
        Assert.NotEmpty(factors);
        foreach (var key in factors)
            AssertClose(golden, key, gradient.Tensors[key["row.0.".Length..]]);
        foreach (var (norm, _) in LinearLayer.NormParameters(model.Config))
            AssertClose(golden, $"row.0.{norm}", gradient.Tensors[norm]);
        foreach (var (key, tensor) in gradient.Tensors.Where(t => IsEnding(t.Key, ".output_gradient")))
            Assert.True(tensor[-1].count_nonzero().item<long>() == 0, $"{key}: the last token predicts nothing");

        static bool IsEnding(string key, string ending) => key.EndsWith(ending, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("llama-mha")]
    [InlineData("crystal")]
    public void The_loss_is_the_golden_one_summed_or_averaged(string name)
    {
        using var model = LanguageModel.Load(Fixtures.Path("models", name), Device.Cpu);
        using var expected = StateDict.Open(Fixtures.Path("models", name, "expected.safetensors"));
        using var losses = expected.View("loss");
        var rows = Rows(name);
        using var sum = model.RowGradients(rows[1..2]).Single();
        using var mean = model.RowGradients(rows[1..2], options: new GradientOptions { Reduction = LossReduction.Mean }).Single();
        var predictions = rows[1].Length - 1;
        Assert.Equal(losses[1].item<float>(), mean.Loss, 1e-5);
        Assert.Equal(losses[1].item<float>() * predictions, sum.Loss, 1e-5 * predictions);
        foreach (var (parameter, tensor) in mean.Tensors)
        {
            using var scope = torch.NewDisposeScope();
            var summed = sum.Tensors[parameter];
            Assert.InRange(((tensor * predictions) - summed).abs().max().item<float>(), 0, 1e-5 * summed.abs().max().item<float>());
        }
    }

    private static IRowGradients Engine(string name, LanguageModel model) =>
        name == "cpu" ? new CpuRowGradients(model, new(), threads: 2) : new AutogradRowGradients(model, new());

    private static StateDict Golden(string name) => StateDict.Open(Fixtures.Path("models", name, "gradients.safetensors"));

    private static int[][] Rows(string name) => Fixtures.Json("models", name, "rows.json")["rows"].Deserialize<int[][]>()![..GoldenRows];

    private static void AssertClose(StateDict golden, string key, torch.Tensor actual)
    {
        using var scope = torch.NewDisposeScope();
        var expected = golden.View(key);
        Assert.Equal(expected.shape, actual.shape);
        var (difference, largest) = ((actual - expected).abs().max().item<float>(), expected.abs().max().item<float>());
        Assert.True(difference <= Tolerance * largest, $"{key} differs by {difference}; its largest entry is {largest}");
    }
}
