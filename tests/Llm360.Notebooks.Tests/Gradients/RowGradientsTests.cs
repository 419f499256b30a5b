// Row gradients: the CPU pass against autograd on odd shapes, the choice of engine, bad rows.
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class RowGradientsTests
{
    private const double Tolerance = 5e-5; // relative to the norm of each tensor

    [Theory]
    [InlineData(32, 48, 2, 2, 2, 16, 64, 17, false)]
    [InlineData(24, 20, 2, 3, 3, 8, 50, 33, false)] // nothing a multiple of 16
    [InlineData(36, 52, 1, 2, 1, 18, 71, 140, false)] // heads of 18, one key-value head, more tokens than a strip
    [InlineData(48, 33, 2, 6, 2, 10, 40, 66, true)] // groups of three, heads wider than hidden, tied head
    [InlineData(40, 32, 1, 4, 4, 10, 77, 2, true)] // one prediction
    [InlineData(64, 64, 1, 2, 2, 32, 100, 257, false)] // strips of the head and of blocks end at other tokens
    [InlineData(16, 16, 0, 1, 1, 16, 19, 9, false)] // no block
    public void The_CPU_pass_gives_autograds_gradients_in_every_form(
        int hidden, int mlp, int layers, int heads, int keyValueHeads, int head, int vocabulary, int length, bool tied)
    {
        using var scope = torch.NewDisposeScope();
        using var model = Random(new LlamaConfig(hidden, mlp, layers, heads, keyValueHeads, head, vocabulary, length, 1e-5, 10000, tied));
        var options = new GradientOptions { ProjectedSize = 20, Reduction = LossReduction.Mean };
        int[][] rows = [Row(length, vocabulary, 1), Row(Math.Max(2, length / 2), vocabulary, 2), Row(length, vocabulary, 3)];
        using var cpu = new CpuRowGradients(model, options, threads: 2);
        using var autograd = new AutogradRowGradients(model, options);
        foreach (var form in Enum.GetValues<GradientForm>())
        {
            foreach (var (expected, actual) in autograd.Compute(rows, form).Zip(cpu.Compute(rows, form)))
            {
                Assert.Equal((expected.Row, form, form), (actual.Row, expected.Form, actual.Form));
                Assert.Equal(expected.Loss, actual.Loss, 2e-5);
                Assert.Equal(expected.Tensors.Keys.Order(), actual.Tensors.Keys.Order());
                var largest = expected.Tensors.Values.Max(t => t.norm().item<float>());
                foreach (var (name, tensor) in expected.Tensors)
                {
                    Assert.Equal(tensor.shape, actual.Tensors[name].shape);
                    var distance = (tensor - actual.Tensors[name]).norm().item<float>();

                    // A single position attends only to itself, whatever its query. That gradient
                    // is only rounding error on both sides.
                    var size = Math.Max(tensor.norm().item<float>(), largest / 100);
                    Assert.True(distance <= Tolerance * size, $"{form} {name} of row {actual.Row} differs by {distance} of {size}");
                }

                expected.Dispose();
                actual.Dispose();
            }
        }
    }

    [Fact]
    public void Threads_and_other_rows_change_no_bit_on_the_CPU()
    {
        var config = new LlamaConfig(36, 52, 2, 2, 1, 18, 71, 64, 1e-6, 10000, false);
        using var model = Random(config);
        int[][] rows = [.. Enumerable.Range(0, 7).Select(i => Row(64 - (9 * i), 71, i))];
        foreach (var form in Enum.GetValues<GradientForm>())
        {
            using var one = new CpuRowGradients(model, new GradientOptions(), 1);
            using var many = new CpuRowGradients(model, new GradientOptions(), 3);
            foreach (var (i, actual) in many.Compute(rows, form).Index())
            {
                using var alone = one.Compute([rows[i]], form).Single();
                Assert.Equal(alone.Loss, actual.Loss);
                foreach (var (name, tensor) in alone.Tensors)
                    Assert.True(tensor.data<float>().SequenceEqual(actual.Tensors[name].data<float>()), $"{form}: {name} of row {i}");
                actual.Dispose();
            }
        }
    }

    [Theory]
    [InlineData("llama-gqa")]
    [InlineData("llama-tied")]
    [InlineData("neox")]
    [InlineData("crystal")]
    public void Blocks_alone_have_the_gradients_that_they_have_among_all(string name)
    {
        using var model = LanguageModel.Load(Fixtures.Path("models", name), Device.Cpu);
        int[][] rows = [[5, 9, 100, 7, 3], [8, 2]];
        foreach (var form in Enum.GetValues<GradientForm>())
        {
            var among = model.RowGradients(rows, form);
            foreach (var (all, blocks) in among.Zip(model.RowGradients(rows, form, new GradientOptions { BlocksOnly = true })))
            {
                Assert.Equal(all.Loss, blocks.Loss);
                var modules = LinearLayer.OfBlocks(model.Config).Select(l => l.Module);
                Assert.Equal(
                    form == GradientForm.Factors
                        ? modules.SelectMany(m => new[] { LinearLayer.InputName(m), LinearLayer.OutputGradientName(m) }).Order()
                        : modules.Select(m => m + ".weight").Order(),
                    blocks.Tensors.Keys.Order());
                foreach (var (key, tensor) in blocks.Tensors)
                    Assert.True(tensor.data<float>().SequenceEqual(all.Tensors[key].data<float>()), $"{form}: {key}");
                all.Dispose();
                blocks.Dispose();
            }
        }
    }

    [Fact]
    public void The_mean_gradient_of_training_is_the_mean_over_rows()
    {
        var config = new LlamaConfig(32, 48, 2, 2, 2, 16, 64, 32, 1e-6, 10000, false);
        using var model = Random(config);
        int[][] rows = [Row(32, 64, 1), Row(32, 64, 2)];
        using ParameterBuffer weights = new(config), gradients = new(config);
        foreach (var (name, view) in weights.Views)
            view.copy_(model.Parameters[name]);
        using var training = new CpuGradients(weights, 1, 1);
        training.Compute([.. rows.SelectMany(r => r)], 32, gradients);
        var both = model.RowGradients(rows, options: new GradientOptions { Reduction = LossReduction.Mean }).ToList();
        using var scope = torch.NewDisposeScope();
        foreach (var (name, view) in gradients.Views)
        {
            var mean = (both[0].Tensors[name] + both[1].Tensors[name]) / 2;
            Assert.InRange((mean - view).norm().item<float>(), 0, 1e-5 * view.norm().item<float>());
        }

        both.ForEach(g => g.Dispose());
    }

    [Fact]
    public void The_CPU_pass_takes_what_it_supports_and_autograd_the_rest()
    {
        AssertEngine<CpuRowGradients>("llama-gqa");
        AssertEngine<CpuRowGradients>("llama-bf16");
        AssertEngine<CpuRowGradients>("llama-rope-yarn");
        AssertEngine<AutogradRowGradients>("llama-bias");
        AssertEngine<AutogradRowGradients>("llama-rope-dynamic");
        AssertEngine<AutogradRowGradients>("neox");
        AssertEngine<AutogradRowGradients>("crystal");

        static void AssertEngine<T>(string name)
        {
            using var model = LanguageModel.Load(Fixtures.Path("models", name), Device.Cpu);
            using var engine = RowGradientEngine.For(model, new GradientOptions());
            Assert.IsType<T>(engine);
        }
    }

    [Fact]
    public void Weights_in_bfloat16_are_widened_and_stay_as_they_are()
    {
        using var narrow = LanguageModel.Load(Fixtures.Path("models", "llama-bf16"), Device.Cpu);
        using var wide = LanguageModel.Load(Fixtures.Path("models", "llama-bf16"), Device.Cpu, torch.ScalarType.Float32);
        int[] row = [5, 9, 100, 7, 3];
        using var expected = wide.RowGradients([row]).Single();
        using var actual = narrow.RowGradients([row]).Single();
        using (var autograd = new AutogradRowGradients(narrow, new GradientOptions()))
        {
            using var other = autograd.Compute([row], GradientForm.Full).Single();
            Assert.Equal(actual.Loss, other.Loss, 2e-4);
        }

        Assert.Equal(torch.ScalarType.BFloat16, narrow.Type);
        Assert.All(narrow.Parameters.Values, w => Assert.False(w.requires_grad));
        foreach (var (name, tensor) in expected.Tensors)
            Assert.True(tensor.data<float>().SequenceEqual(actual.Tensors[name].data<float>()), name);
    }

    [Theory]
    [InlineData("llama-gqa")]
    [InlineData("neox")]
    public void Bad_rows_are_one_clear_error_before_anything_is_computed(string name)
    {
        using var model = LanguageModel.Load(Fixtures.Path("models", name), Device.Cpu);
        Assert.Equal("row 1", Error([1, 2], []).Where);
        Assert.Contains("one token", Error([1, 2], [3]).What, StringComparison.Ordinal);
        Assert.Contains("longer", Error(new int[model.Config.MaximumLength + 2]).What, StringComparison.Ordinal);
        Assert.Contains("row 0, token 2", Error([1, 2, model.Config.VocabularySize]).Where, StringComparison.Ordinal);
        Assert.Contains("row 0, token 0", Error([-1, 2]).Where, StringComparison.Ordinal);
        Assert.Throws<Llm360Exception>(() => new GradientOptions { ProjectedSize = 0 });
        Assert.Empty(model.RowGradients([]));
        using var longest = model.RowGradients([new int[model.Config.MaximumLength]]).Single();
        Assert.NotEmpty(longest.Tensors);

        Llm360Exception Error(params int[][] rows) => Assert.Throws<Llm360Exception>(() => model.RowGradients(rows));
    }

    [Theory]
    [InlineData("cpu", GradientForm.Full)]
    [InlineData("cpu", GradientForm.Factors)]
    [InlineData("cpu", GradientForm.Projected)]
    [InlineData("autograd", GradientForm.Full)]
    [InlineData("autograd", GradientForm.Factors)]
    [InlineData("autograd", GradientForm.Projected)]
    public void A_gradient_that_is_not_finite_names_its_row(string engineName, GradientForm form)
    {
        var config = new LlamaConfig(32, 48, 1, 2, 2, 16, 64, 20, 1e-6, 10000, false);
        using var model = Random(config, broken: 63);
        var options = new GradientOptions();
        using IRowGradients engine =
            engineName == "cpu" ? new CpuRowGradients(model, options, 2) : new AutogradRowGradients(model, options);
        using var results = engine.Compute([[1, 2, 3], [4, 63, 5]], form).GetEnumerator();
        Assert.True(results.MoveNext());
        results.Current.Dispose();
        Assert.StartsWith("row 1 ", Assert.Throws<Llm360Exception>(() => results.MoveNext()).Where, StringComparison.Ordinal);
    }

    [Fact]
    public void A_call_stops_between_rows_when_it_is_cancelled()
    {
        using var model = Random(new LlamaConfig(32, 48, 1, 2, 2, 16, 64, 20, 1e-6, 10000, false));
        using var source = new CancellationTokenSource();
        using var work = AmbientWork.Begin(null, source.Token);
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => model.RowGradients([[1, 2, 3]]).Count());
    }

    private static LlamaModel Random(LlamaConfig config, int? broken = null)
    {
        LibTorch.Load();
        var random = new Random(5);
        var weights = config.Parameters().ToDictionary(p => p.Name, p => torch.tensor(Values(p.Shape), p.Shape));
        if (broken is { } token)
            weights[LlamaNames.Embedding][token, 0] = float.NaN; // Other rows stay valid, because the head is a separate matrix.
        return new LlamaModel(config, weights);

        float[] Values(long[] shape) => [.. Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b))
            .Select(_ => shape.Length == 1 ? 0.5f + random.NextSingle() : (random.NextSingle() - 0.5f) * 0.8f)];
    }

    private static int[] Row(int length, int vocabulary, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(vocabulary))];
    }
}
