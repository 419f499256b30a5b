// Passes with gradients must not use the kernels, which compute no gradients.
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class GradientTests
{
    // With a single trained weight, the hidden state before it does not require a gradient.
    [Theory]
    [InlineData("model.layers.0.input_layernorm.weight")]
    [InlineData("model.layers.0.self_attn.o_proj.weight")]
    [InlineData("model.layers.0.mlp.up_proj.weight")]
    [InlineData("model.layers.1.mlp.down_proj.weight")]
    [InlineData("model.norm.weight")]
    public void One_trained_weight_gets_its_gradient(string name)
    {
        var path = Fixtures.Path("models", "llama-gqa");
        var config = (LlamaConfig)ModelConfig.Read(Path.Combine(path, "config.json"));
        using var state = StateDict.Open(path);
        using var scope = torch.NewDisposeScope();
        var weights = config.Parameters().ToDictionary(p => p.Name, p => state.View(p.Name).to(torch.float32).clone());
        using var model = new LlamaModel(config, weights);
        model.Score([[1, 2, 3]]); // The pass with gradients reuses its rotary tables.
        using var ids = torch.tensor(new long[] { 5, 9, 100, 7 }, [1, 4]);
        weights[name].requires_grad = true;
        Loss().backward();
        var gradient = weights[name].grad!;

        // Compare with a central difference in the direction of the gradient.
        var direction = gradient / gradient.norm();
        const float step = 1e-2f;
        var slope = (LossAt(step) - LossAt(-step)) / (2 * step);
        Assert.Equal(gradient.norm().item<float>(), slope, 0.02 * gradient.norm().item<float>());

        torch.Tensor Loss() => torch.nn.functional.cross_entropy(model.Logits(model.Forward(ids)).view(4, -1), ids.view(-1));

        double LossAt(float along)
        {
            using var noGradients = torch.no_grad();
            using var moved =
                new LlamaModel(config, weights.ToDictionary(w => w.Key, w => w.Key == name ? w.Value + (direction * along) : w.Value));
            return torch.nn.functional.cross_entropy(moved.Logits(moved.Forward(ids)).view(4, -1).to(torch.float64),
                ids.view(-1)).item<double>();
        }
    }
}
