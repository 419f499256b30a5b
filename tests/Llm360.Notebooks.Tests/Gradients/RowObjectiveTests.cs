// Rows with one more token than positions, and gradients of the margin.
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class RowObjectiveTests
{
    private const int Positions = 40, Vocabulary = 70;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_last_token_of_a_row_is_predicted_and_needs_no_position(bool margin)
    {
        using var scope = torch.NewDisposeScope();
        using var model = RandomModel(Positions);
        using var longer = RandomModel(Positions + 1);
        var options = new GradientOptions { ProjectedSize = 7, IsMargin = margin };
        int[][] rows = [Row(Positions + 1, 1), Row(20, 2)];
        using var cpu = new CpuRowGradients(model, options, threads: 2);
        using var autograd = new AutogradRowGradients(model, options);
        using var wide = new AutogradRowGradients(longer, options);
        foreach (var form in Enum.GetValues<GradientForm>())
        {
            foreach (var ((a, b), c) in cpu.Compute(rows, form).Zip(autograd.Compute(rows, form)).Zip(wide.Compute(rows, form)))
            {
                Assert.Equal(c.Loss, a.Loss, 2e-4);
                Assert.Equal(c.Loss, b.Loss, 2e-4);
                foreach (var (name, expected) in c.Tensors)
                {
                    var isInput = name.EndsWith(".input", StringComparison.Ordinal);
                    foreach (var actual in new[] { a, b })
                    {
                        // The last token has no position, so its inputs are unknown and are not
                        // compared.
                        var (x, y) = isInput
                            ? (expected.narrow(0, 0, expected.shape[0] - 1), actual.Tensors[name].narrow(0, 0, expected.shape[0] - 1))
                            : (expected, actual.Tensors[name]);
                        var (distance, size) = ((x - y).norm().item<float>(), Math.Max(x.norm().item<float>(), 1e-2f));
                        Assert.True(distance <= 1e-4 * size, $"{form} {name} of row {a.Row} differs by {distance} of {size}");
                    }
                }

                a.Dispose();
                b.Dispose();
                c.Dispose();
            }
        }
    }

    [Fact]
    public void The_gradient_of_the_margin_is_that_of_losses_over_one_minus_p()
    {
        using var scope = torch.NewDisposeScope();
        using var model = RandomModel(Positions);
        var row = Row(2, 3); // One prediction.
        using var loss = model.RowGradients([row]).Single();
        using var margin = model.RowGradients([row], options: new GradientOptions { IsMargin = true }).Single();
        var p = Math.Exp(-loss.Loss);
        Assert.Equal(-Math.Log(p / (1 - p)), margin.Loss, 1e-4);
        foreach (var (name, gradient) in loss.Tensors)
            Assert.True((gradient / (float)(1 - p) - margin.Tensors[name]).abs().max().item<float>() < 1e-5, name);
    }

    private static LlamaModel RandomModel(int positions)
    {
        using var generator = new torch.Generator(5, torch.CPU);
        var config = new LlamaConfig(32, 48, 2, 2, 2, 16, Vocabulary, positions, 1e-5, 10000, false);
        return new LlamaModel(config, config.Parameters().ToDictionary(
            p => p.Name, p => (torch.randn(p.Shape, generator: generator) * 0.2 + (p.Shape.Length == 1 ? 1 : 0)).DetachFromDisposeScope()));
    }

    private static int[] Row(int length, int seed) =>
        [.. Enumerable.Range(0, length).Select(i => (int)((i + 1) * 31L * (seed + 3) % Vocabulary))];
}
