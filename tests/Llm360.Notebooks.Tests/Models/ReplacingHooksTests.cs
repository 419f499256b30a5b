// Passes patched or ablated by hooks, against passes of models with that part changed.
using TorchSharp;
using static Llm360.Notebooks.Tests.HookedModel;

namespace Llm360.Notebooks.Tests;

public sealed class ReplacingHooksTests
{
    public static TheoryData<string> Models => Families;

    [Theory]
    [MemberData(nameof(Models))]
    public void Zero_in_place_of_an_output_is_the_model_without_that_part(string name)
    {
        using var model = Load(name);
        using var scope = torch.NewDisposeScope();
        var ids = Rows(name, 2);
        (string attention, string mlp) = Endings(model);
        foreach (var (site, ending, block) in new[] { (HookSite.AttentionOutput(1), attention, 1), (HookSite.MlpOutput(0), mlp, 0) })
        {
            var layer = model.LinearLayers.Where(n => n.EndsWith(ending, StringComparison.Ordinal)).ElementAt(block);
            var (without, weights) = Over(name, (n, w) => n == layer || n == ParameterNames.BiasOf(layer) ? w.zero_() : w);
            var expected = without.Forward(ids);
            Near(expected, model.Forward(ids, hooks: new ForwardHooks().Replace(site, x => torch.zeros_like(x))), 1e-3);
            Near(expected, model.Forward(ids, hooks: new ForwardHooks().Replace(HookSite.LinearOutput(layer), x => x * 0)), 1e-3);
            Assert.True((expected - model.Forward(ids)).abs().max().item<float>() > 0.1);
            Free(without, weights);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_replaced_input_of_a_linear_layer_goes_through_its_weight(string name)
    {
        using var model = Load(name);
        using var scope = torch.NewDisposeScope();
        var ids = Rows(name, 2);
        foreach (var layer in model.LinearLayers.SkipLast(1))
        {
            var (doubled, weights) = Over(name, (n, w) => n == layer ? w * 2 : w);
            NearInShare(doubled.Forward(ids), model.Forward(ids, hooks: Doubled(layer)), 1e-4);
            Free(doubled, weights);
        }

        var hidden = model.Forward(ids);
        NearInShare(model.Logits(hidden) * 2, model.Logits(hidden, Doubled(model.LinearLayers[^1])), 1e-5);

        static ForwardHooks Doubled(string layer) => new ForwardHooks().Replace(HookSite.LinearInput(layer), x => x * 2);
    }

    [Theory]
    [MemberData(nameof(ForwardHooksTests.WithLens), MemberType = typeof(ForwardHooksTests))]
    public void A_stream_patched_at_one_position_is_the_reference(string name)
    {
        using var model = Load(name);
        using var expected = StateDict.Open(Fixtures.Path("models", name, "lens.safetensors"));
        using var scope = torch.NewDisposeScope();
        var ids = Rows(name, 2);
        var source = new ForwardHooks();
        using var kept = source.Keep(HookSite.BlockInput(1));
        var plain = model.Logits(model.Forward(ids, hooks: source));
        var other = kept[HookSite.BlockInput(1)].narrow(0, 1, 1).narrow(1, 5, 1);
        var hooks = new ForwardHooks().Replace(
            HookSite.BlockInput(1), x => torch.cat([x.narrow(1, 0, 5), other, x.narrow(1, 6, x.shape[1] - 6)], 1));
        var patched = model.Logits(model.Forward(ids.narrow(0, 0, 1), hooks: hooks));
        Near(expected.View("patch.logits"), patched.squeeze(0), 2e-4);
        Near(plain.narrow(0, 0, 1).narrow(1, 0, 5), patched.narrow(1, 0, 5), 2e-5);
        Assert.False(kept[HookSite.BlockInput(1)].IsInvalid);
    }

    [Fact]
    public void Uniform_attention_gives_the_mean_of_the_values()
    {
        using var model = Load("llama-mha");
        using var scope = torch.NewDisposeScope();
        const string output = "model.layers.0.self_attn.o_proj.weight", value = "model.layers.0.self_attn.v_proj.weight";
        var hooks = new ForwardHooks().Replace(HookSite.AttentionProbabilities(0), p => torch.full_like(p, 1.0 / p.shape[3]));
        using var kept = hooks.Keep(HookSite.LinearInput(output), HookSite.LinearOutput(value));
        model.Forward(Rows("llama-mha", 2), hooks: hooks);
        var mean = kept[HookSite.LinearOutput(value)].mean([1], keepdim: true);
        Near(mean.expand_as(kept[HookSite.LinearInput(output)]), kept[HookSite.LinearInput(output)], 1e-5);
    }

    [Fact]
    public void A_block_is_skipped_by_returning_its_input()
    {
        using var model = (LlamaModel)Load("llama-mha");
        using var scope = torch.NewDisposeScope();
        var ids = Rows("llama-mha", 2);
        torch.Tensor? input = null;
        var hooks = new ForwardHooks().Read(HookSite.BlockInput(1), x => input = x).Replace(HookSite.AfterMlp(1), _ => input!);
        var config = (LlamaConfig)model.Config with { Layers = 1 };
        Assert.Equal(2, model.Config.Layers);
        using var shorter = new LlamaModel(config, config.Parameters().ToDictionary(p => p.Name, p => model.Parameters[p.Name]));
        Near(shorter.Forward(ids), model.Forward(ids, hooks: hooks), 1e-5);
    }

    [Fact]
    public void Hooks_of_one_site_run_in_their_order_and_a_tensor_of_the_caller_stays_the_callers()
    {
        using var model = Load("llama-mha");
        using var scope = torch.NewDisposeScope();
        var ids = Rows("llama-mha", 2);
        var hooks = new ForwardHooks();
        using var before = hooks.Keep(HookSite.BlockInput(1));
        // An expanded view that has memory for one row only. A kernel must not read beyond it.
        using var row = torch.randn(1, 1, model.Config.HiddenSize);
        using var patch = row.expand(2, ids.shape[1], model.Config.HiddenSize);
        hooks.Replace(HookSite.BlockInput(1), _ => patch);
        using var after = hooks.Keep(HookSite.BlockInput(1));
        var hidden = model.Forward(ids, hooks: hooks);
        Near(patch, after[HookSite.BlockInput(1)], 0);
        Assert.NotEqual(before[HookSite.BlockInput(1)].data<float>().ToArray(), after[HookSite.BlockInput(1)].data<float>().ToArray());
        Near(hidden, model.Forward(ids, hooks: new ForwardHooks().Replace(HookSite.BlockInput(1), _ => patch.clone())), 0);
        foreach (var site in Stream(model.Config.Layers))
        {
            using var own = torch.randn(2, ids.shape[1], model.Config.HiddenSize);
            model.Forward(ids, hooks: new ForwardHooks().Replace(site, _ => own)).Dispose();
            Assert.False(own.IsInvalid);
        }
    }

    private static (string Attention, string Mlp) Endings(LanguageModel model) => model switch
    {
        LlamaModel => ("o_proj.weight", "down_proj.weight"),
        NeoxModel => ("attention.dense.weight", "dense_4h_to_h.weight"),
        _ => ("attn.c_proj.weight", "mlp.c_proj.weight"),
    };

    private static void Free(LanguageModel model, Dictionary<string, torch.Tensor> weights)
    {
        model.Dispose();
        foreach (var weight in weights.Values)
            weight.Dispose();
    }
}
