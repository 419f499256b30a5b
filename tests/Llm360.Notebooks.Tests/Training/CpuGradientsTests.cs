// The hand-written gradient equals autograd's on odd shapes and is the same every time.
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class CpuGradientsTests
{
    // Relative to the norm of each tensor. Both sides round in float32, in a different order.
    private const double Tolerance = 2e-5;

    [Theory]
    [InlineData(32, 48, 2, 2, 2, 64, 4, 17, 2, false)]
    [InlineData(128, 256, 1, 4, 4, 2048, 3, 257, 2, false)] // the widths of the embedded suite, rows that do not divide evenly
    [InlineData(24, 20, 2, 3, 3, 50, 3, 33, 2, false)] // heads of 8, nothing a multiple of 16
    [InlineData(36, 52, 1, 2, 1, 71, 2, 100, 2, false)] // heads of 18, one key-value head
    [InlineData(48, 32, 2, 6, 2, 40, 5, 65, 3, true)] // groups of three, tied head
    [InlineData(40, 33, 1, 4, 4, 77, 1, 2, 5, true)] // one row of one position, more threads than rows
    [InlineData(64, 64, 3, 2, 2, 100, 7, 130, 5, false)]
    [InlineData(16, 16, 0, 1, 1, 19, 2, 9, 2, false)] // no block
    public void It_is_autograds_gradient(int hidden, int mlp, int layers, int heads, int keyValueHeads, int vocabulary, int rows,
        int length, int threads, bool tied)
    {
        var config = new LlamaConfig(hidden, mlp, layers, heads, keyValueHeads, hidden / heads, vocabulary, length - 1, 1e-5, 10000, tied);
        AssertAutogradsGradient(config, rows, length, threads);
    }

    private static readonly LlamaConfig Base = Heads(4, 2, 8);

    /// <summary>Configurations with one property changed, by property; null if the fast pass must
    /// refuse the change.</summary>
    private static readonly Dictionary<string, LlamaConfig[]?> Admitted = new()
    {
        [nameof(LlamaConfig.HiddenSize)] = [Base with { HiddenSize = 40 }],
        [nameof(LlamaConfig.IntermediateSize)] = [Base with { IntermediateSize = 21 }],
        [nameof(LlamaConfig.Layers)] = [Base with { Layers = 1 }],
        [nameof(LlamaConfig.Heads)] = [Base with { Heads = 2 }],
        [nameof(LlamaConfig.KeyValueHeads)] = [Heads(4, 1, 8)],
        [nameof(LlamaConfig.HeadDimension)] = [Heads(4, 2, 10), Heads(4, 4, 32)],
        [nameof(LlamaConfig.VocabularySize)] = [Base with { VocabularySize = 65 }],
        [nameof(LlamaConfig.MaximumLength)] = [Base with { MaximumLength = 500 }],
        [nameof(LlamaConfig.NormEps)] = [Base with { NormEps = 0.1 }],
        [nameof(LlamaConfig.RopeTheta)] = [Base with { RopeTheta = 500 }],
        [nameof(LlamaConfig.TiedHead)] = [Base with { TiedHead = true }],
        [nameof(LlamaConfig.RopeScaling)] =
            [.. Enum.GetValues<RopeScalingType>().Select(t => Base with { RopeScaling = new RopeScaling(t, 4) { OriginalLength = 16 } })],
        [nameof(LlamaConfig.AttentionBias)] = null,
        [nameof(LlamaConfig.MlpBias)] = null,
    };

    [Fact]
    public void It_is_autograds_gradient_for_every_property_that_is_admitted()
    {
        foreach (var config in Admitted.Values.OfType<LlamaConfig[]>().SelectMany(c => c))
        {
            Assert.True(CpuGradients.IsSupported(config), $"{config}");
            AssertAutogradsGradient(config, rows: 3, length: 41, threads: 2);
        }
    }

    // A new property fails this test until the pass either supports or refuses it.
    [Fact]
    public void Every_property_of_a_configuration_is_admitted_or_refused()
    {
        string[] derived = [nameof(LlamaConfig.Rotary), nameof(LlamaConfig.ParameterCount)];
        Assert.Equal(typeof(LlamaConfig).GetProperties().Select(p => p.Name).Except(derived).Order(), Admitted.Keys.Order());
        LlamaConfig[] refused =
            [Base with { AttentionBias = true }, Base with { MlpBias = true }, Heads(3, 2, 8), Heads(4, 2, 9), Heads(4, 0, 8)];
        Assert.All(refused, config => Assert.False(CpuGradients.IsSupported(config)));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void A_model_with_biases_is_trained_by_autograd(bool attention, bool mlp)
    {
        using var weights = Random(Base with { AttentionBias = attention, MlpBias = mlp });
        var recipe = new TrainingRecipe(2, 1e-3, 1e-3, 0, "constant", 0, []);
        using var engine = GradientEngine.For(weights, recipe);
        Assert.IsType<AutogradGradients>(engine);
        Assert.Throws<ArgumentException>(() => new CpuGradients(weights, 1));
        using var gradients = new ParameterBuffer(weights.Config);
        var tokens = Tokens(weights.Config, 2 * 20);
        engine.Compute(tokens, 20, gradients);

        // Compare with a central difference in the direction of the biases' gradient.
        string[] biases = [.. weights.Views.Keys.Where(n => n.EndsWith(".bias", StringComparison.Ordinal))];
        var norm = Math.Sqrt(biases.Sum(n => gradients.Values(n).ToArray().Sum(g => (double)g * g)));
        const double step = 1e-2;
        Assert.Equal(norm, (LossAt(step) - LossAt(-step)) / (2 * step), 0.02 * norm);

        double LossAt(double along)
        {
            using var moved = Random(weights.Config);
            foreach (var name in biases)
            {
                for (var i = 0; i < moved.Values(name).Length; i++)
                    moved.Values(name)[i] += (float)(along * gradients.Values(name)[i] / norm);
            }

            using var other = GradientEngine.For(moved, recipe);
            return other.Loss(tokens, 20);
        }
    }

    [Theory]
    [InlineData(32)]
    [InlineData(20)]
    public void It_is_the_same_to_the_last_bit_every_time(int hidden)
    {
        var config = new LlamaConfig(hidden, 48, 2, 2, 2, hidden / 2, 64, 64, 1e-6, 10000, false);
        using var weights = Random(config);
        using ParameterBuffer first = new(config), again = new(config);
        var tokens = Tokens(config, 9 * 33);
        using (var used = new CpuGradients(weights, 4, 3))
        {
            // Earlier work with longer and more rows must have no effect.
            used.Compute(Tokens(config, 4 * 65), 65, again);
            var loss = used.Compute(tokens, 33, first);
            using var fresh = new CpuGradients(weights, 4, 3);
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal(loss, fresh.Compute(tokens, 33, again));
                Assert.True(first.Span.SequenceEqual(again.Span));
            }
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(3e38f)]
    public void A_loss_that_is_not_finite_is_told(float value)
    {
        var config = new LlamaConfig(32, 48, 1, 2, 2, 16, 64, 64, 1e-6, 10000, false);
        foreach (var name in new[] { LlamaNames.Query(0), LlamaNames.Down(0), LlamaNames.MlpNorm(0), LlamaNames.Head })
        {
            using var weights = Random(config);
            using var gradients = new ParameterBuffer(config);
            using var cpu = new CpuGradients(weights, 2, 2);
            var tokens = Tokens(config, 2 * 20);
            var before = cpu.Compute(tokens, 20, gradients);
            weights.Values(name)[..32].Fill(value);
            var loss = cpu.Compute(tokens, 20, gradients);
            Assert.False(double.IsFinite(loss) && double.IsFinite(AdamW.Norm(gradients)), $"{name} with {value} gave {loss}");

            // The failed pass has no effect on later passes.
            using var again = Random(config);
            again.Span.CopyTo(weights.Span);
            Assert.Equal(before, cpu.Compute(tokens, 20, gradients));
            Assert.True(double.IsFinite(AdamW.Norm(gradients)));
        }
    }

    [Fact]
    public void Bad_batches_are_one_clear_error()
    {
        var config = new LlamaConfig(32, 48, 1, 2, 2, 16, 64, 16, 1e-6, 10000, false);
        using var weights = Random(config);
        using var gradients = new ParameterBuffer(config);
        using var cpu = new CpuGradients(weights, 1);
        Assert.Contains("Token id 64", Assert.Throws<Llm360Exception>(() => cpu.Compute([1, 2, 64, 4], 4, gradients)).Message,
            StringComparison.Ordinal);
        Assert.Contains("Token id -1", Assert.Throws<Llm360Exception>(() => cpu.Compute([1, 2, 3, -1], 4, gradients)).Message,
            StringComparison.Ordinal);
        Assert.Contains("longer", Assert.Throws<Llm360Exception>(() => cpu.Compute(new int[18], 18, gradients)).Message,
            StringComparison.Ordinal);
        Assert.Throws<Llm360Exception>(() => cpu.Compute([1, 2, 3], 2, gradients));
        Assert.Throws<Llm360Exception>(() => cpu.Compute([1], 1, gradients));
        Assert.Throws<Llm360Exception>(() => cpu.Compute([], 4, gradients));
    }

    private static LlamaConfig Heads(int heads, int keyValueHeads, int dimension) =>
        new(32, 48, 2, heads, keyValueHeads, dimension, 64, 40, 1e-5, 10000, false);

    private static void AssertAutogradsGradient(LlamaConfig config, int rows, int length, int threads)
    {
        using var weights = Random(config);
        using ParameterBuffer expected = new(config), actual = new(config);
        var tokens = Tokens(config, rows * length);
        using var autograd = new AutogradGradients(weights, torch.CPU);
        using var cpu = new CpuGradients(weights, groups: 3, threads);
        Assert.Equal(autograd.Compute(tokens, length, expected), cpu.Compute(tokens, length, actual), 2e-5);
        var whole = AdamW.Norm(expected);
        foreach (var (name, view) in expected.Views)
        {
            // A single position attends only to itself, whatever its query. That gradient is zero,
            // so both sides hold only rounding error.
            using var difference = actual.Views[name] - view;
            var size = Math.Max(view.norm().item<float>(), whole / 100);
            var distance = difference.norm().item<float>();
            Assert.True(distance <= Tolerance * size, $"{config}: {name} differs by {distance} of {size}");
        }
    }

    private static ParameterBuffer Random(LlamaConfig config)
    {
        var random = new Random(5);
        var weights = new ParameterBuffer(config);
        foreach (var (name, shape) in config.Parameters())
        {
            foreach (ref var value in weights.Values(name))
                value = shape.Length == 1 ? 0.5f + random.NextSingle() : (random.NextSingle() - 0.5f) * 0.8f;
        }

        return weights;
    }

    private static int[] Tokens(LlamaConfig config, int count)
    {
        var random = new Random(6);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(config.VocabularySize))];
    }
}
