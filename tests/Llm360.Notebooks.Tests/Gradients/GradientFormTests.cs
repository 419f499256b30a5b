// The three forms of a row's gradient agree: full, as factors, and projected.
using System.Text.Json;
using static TorchSharp.torch;

namespace Llm360.Notebooks.Tests;

public sealed class GradientFormTests
{
    private const double Tolerance = 2e-5; // a share of the largest entry

    public static TheoryData<string, string> Engines => new()
    {
        { "llama-gqa", "cpu" }, { "llama-tied", "cpu" }, { "llama-head-dim", "cpu" },
        { "llama-tied", "autograd" }, { "llama-bias", "autograd" }, { "neox", "autograd" }, { "crystal", "autograd" },
    };

    [Theory]
    [MemberData(nameof(Engines))]
    public void Factors_multiply_to_the_full_gradient(string name, string engine)
    {
        using var scope = NewDisposeScope();
        using var model = LanguageModel.Load(Fixtures.Path("models", name), Device.Cpu, ScalarType.Float32);
        var row = Row(name);
        var (full, factors) = (Compute(model, engine, row, GradientForm.Full), Compute(model, engine, row, GradientForm.Factors));
        var config = model.Config;

        var ids = tensor(row.Select(t => (long)t).ToArray());
        var dEmbedded = factors[LinearLayer.OutputGradientName(LinearLayer.EmbeddingModule(config))];
        var lookup = zeros([config.VocabularySize, config.HiddenSize]).index_add(0, ids, dEmbedded, 1);
        var product = new Dictionary<string, Tensor> { [config.EmbeddingName] = lookup };
        foreach (var layer in LinearLayer.Of(config))
        {
            var (x, y) = (factors[LinearLayer.InputName(layer.Module)], factors[LinearLayer.OutputGradientName(layer.Module)]);
            var weight = layer.IsInputFirst ? x.t().matmul(y) : y.t().matmul(x);
            product[layer.Parameter] = product.TryGetValue(layer.Parameter, out var other) ? other + weight : weight;
            product[ParameterNames.Bias(layer.Module)] = y.sum([0L]);
        }

        foreach (var (parameter, gradient) in full)
            AssertClose(parameter, gradient, product.TryGetValue(parameter, out var p) ? p : factors[parameter]);
    }

    // Projected sizes below, between and above the dimensions of the parameters.
    [Theory]
    [MemberData(nameof(Engines))]
    public void The_projected_form_is_the_projection_of_the_full_gradient(string name, string engine)
    {
        using var scope = NewDisposeScope();
        using var model = LanguageModel.Load(Fixtures.Path("models", name), Device.Cpu, ScalarType.Float32);
        var full = Compute(model, engine, Row(name), GradientForm.Full);
        foreach (var size in new[] { 3, 32, 40, 500 })
        {
            var options = new GradientOptions { ProjectedSize = size, ProjectionSeed = 7 };
            var projected = Compute(model, engine, Row(name), GradientForm.Projected, options);
            Assert.Equal(full.Keys.Order(), projected.Keys.Order());
            foreach (var (parameter, gradient) in full)
                AssertClose(parameter, ByDefinition(parameter, gradient, options), projected[parameter]);
        }
    }

    [Fact]
    public void Products_of_projections_estimate_products_of_gradients()
    {
        using var scope = NewDisposeScope();
        using var model = LanguageModel.Load(Fixtures.Path("models", "llama-gqa"), Device.Cpu);
        var rows = Fixtures.Json("models", "llama-gqa", "rows.json")["rows"].Deserialize<int[][]>()![..2];
        var exact = Product(GradientForm.Full, 0);
        var estimates = Enumerable.Range(0, 60).Select(seed => Product(GradientForm.Projected, seed)).ToList();
        var (mean, variance) = (estimates.Average(), estimates.Sum(e => Math.Pow(e - estimates.Average(), 2)) / 59);
        Assert.InRange(Math.Abs(mean - exact), 0, 4 * Math.Sqrt(variance / 60)); // The seeds are fixed, so the test is deterministic.

        double Product(GradientForm form, int seed)
        {
            var both = model.RowGradients(rows, form, new GradientOptions { ProjectedSize = 16, ProjectionSeed = seed }).ToList();
            var product = both[0].Tensors.Sum(t => (t.Value * both[1].Tensors[t.Key]).sum().item<float>());
            both.ForEach(g => g.Dispose());
            return product;
        }
    }

    private static IReadOnlyDictionary<string, Tensor> Compute(
        LanguageModel model, string engineName, int[] row, GradientForm form, GradientOptions? options = null)
    {
        options ??= new GradientOptions();
        using IRowGradients engine = engineName == "cpu" ? new CpuRowGradients(model, options) : new AutogradRowGradients(model, options);
        return engine.Compute([row], form).Single().Tensors;
    }

    private static int[] Row(string name) => Fixtures.Json("models", name, "rows.json")["rows"].Deserialize<int[][]>()![0];

    // A second implementation of the documented definition of GradientForm.Projected.
    private static Tensor ByDefinition(string parameter, Tensor gradient, GradientOptions options)
    {
        var left = Matrix("left", gradient.shape[0]);
        return gradient.dim() == 1 ? left.t().matmul(gradient) : left.t().matmul(gradient).matmul(Matrix("right", gradient.shape[1]));

        Tensor Matrix(string side, long width)
        {
            var size = options.ProjectedSize;
            if (width <= size)
                return eye(width);
            var hash = 14695981039346656037UL;
            foreach (var c in $"{options.ProjectionSeed}/{parameter}/{side}")
                hash = (hash ^ c) * 1099511628211UL;
            var random = new SplitMix64(hash);
            var words = Enumerable.Range(0, (int)((width * size) + 63) / 64).Select(_ => random.Next()).ToArray();
            var entries = Enumerable.Range(0, (int)width * size).Select(i => ((words[i / 64] >> (i % 64)) & 1) == 1 ? 1f : -1f).ToArray();
            return tensor(entries, [width, size]) / Math.Sqrt(size);
        }
    }

    private static void AssertClose(string name, Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        var (difference, largest) = ((actual - expected).abs().max().item<float>(), expected.abs().max().item<float>());
        Assert.True(largest > 0 && difference <= Tolerance * largest, $"{name} differs by {difference}; its largest entry is {largest}");
    }
}
