// Gradients through hooks against autograd, the linear layer's formula and finite differences.
using TorchSharp;
using static Llm360.Notebooks.Tests.HookedModel;

namespace Llm360.Notebooks.Tests;

public sealed class HookGradientTests
{
    public static TheoryData<string> Models => Families;

    [Theory]
    [MemberData(nameof(Models))]
    public void Gradients_of_the_parameters_are_those_of_the_plain_pass_and_of_inputs_and_output_gradients(string name)
    {
        var (model, weights) = Over(name, (_, w) => w.requires_grad_());
        using var scope = torch.NewDisposeScope();
        var ids = Rows(name, 1);
        var plain = torch.autograd.grad([Loss(model, ids, null)], [.. weights.Values]);
        var hooks = new ForwardHooks();
        using var kept = hooks.Keep(All(model));
        var loss = Loss(model, ids, hooks);
        var outputs = model.LinearLayers.Select(n => kept[HookSite.LinearOutput(n)]).ToList();
        var all = torch.autograd.grad([loss], [.. weights.Values, .. outputs, kept[HookSite.Embedding]]);
        var parameters = weights.Keys.Zip(all).ToDictionary(p => p.First, p => p.Second);
        foreach (var (parameter, expected) in weights.Keys.Zip(plain))
            NearInShare(expected, parameters[parameter], 1e-4);

        // With a tied head, the head and the embedding share one weight, so its gradient is the
        // sum.
        var lookup = torch.zeros_like(parameters[model.Config.EmbeddingName]).index_add(0, ids[0], all[^1][0], 1);
        foreach (var (i, layer) in model.LinearLayers.Index())
        {
            var x = kept[HookSite.LinearInput(layer)][0].detach(); // [time, inputs]
            var y = all[weights.Count + i][0]; // [time, outputs]
            var product = model is CrystalModel && weights.ContainsKey(layer) ? x.t().matmul(y) : y.t().matmul(x);
            if (weights.ContainsKey(layer))
                NearInShare(parameters[layer], product, 1e-4);
            else
                NearInShare(parameters[model.Config.EmbeddingName], product + lookup, 1e-4);
            if (parameters.TryGetValue(ParameterNames.BiasOf(layer), out var bias))
                NearInShare(bias, y.sum([0L]), 1e-4);
        }

        if (weights.ContainsKey(model.LinearLayers[^1]))
            NearInShare(parameters[model.Config.EmbeddingName], lookup, 1e-4);
        model.Dispose();
        foreach (var weight in weights.Values)
            weight.Dispose();
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_loaded_model_without_gradients_has_them_by_what_a_hook_adds(string name)
    {
        using var model = Load(name);
        using var scope = torch.NewDisposeScope();
        using var generator = new torch.Generator(1, torch.CPU);
        var ids = Rows(name, 1);
        foreach (var site in All(model))
        {
            torch.Tensor? direction = null;
            using var zero = torch.zeros(1).requires_grad_();
            var gradient = torch.autograd.grad([At(zero)], [zero])[0].item<float>();
            var step = 1e-2f;
            double Point(float h)
            {
                using var distance = torch.full([1], h);
                return At(distance).item<float>();
            }

            // Richardson's extrapolation of central differences, in float32.
            double near = (Point(step) - Point(-step)) / (2 * step), far = (Point(2 * step) - Point(-2 * step)) / (4 * step);
            Assert.InRange(gradient - (((4 * near) - far) / 3), -Doubt(gradient), Doubt(gradient));

            torch.Tensor At(torch.Tensor distance) => Loss(model, ids, new ForwardHooks().Replace(site, x =>
            {
                direction ??= Direction(x).DetachFromDisposeScope();
                return x + (direction * distance);
            }));
        }

        torch.Tensor Direction(torch.Tensor x)
        {
            var random = torch.randn(x.shape, generator: generator);
            return random * (x.norm() / random.norm() * 0.1f);
        }

        static double Doubt(double gradient) => 0.015 + (0.01 * Math.Abs(gradient));
    }

    [Fact]
    public void A_pass_without_hooks_after_one_with_gradients_is_the_same()
    {
        using var model = Load("llama-mha");
        using var scope = torch.NewDisposeScope();
        var ids = Rows("llama-mha", 1);
        var before = model.Forward(ids).data<float>().ToArray();
        using var zero = torch.zeros(1).requires_grad_();
        Loss(model, ids, new ForwardHooks().Replace(HookSite.Embedding, x => x + zero)).backward();
        Assert.Equal(before, model.Forward(ids).data<float>().ToArray());
    }
}
