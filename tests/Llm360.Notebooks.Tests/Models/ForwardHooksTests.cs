// Hooks that read the residual stream, attention and linear layers, against goldens.
using TorchSharp;
using static Llm360.Notebooks.Tests.HookedModel;

namespace Llm360.Notebooks.Tests;

public sealed class ForwardHooksTests
{
    public static TheoryData<string> Models => Families;

    public static TheoryData<string> WithLens => ["llama-mha", "neox", "crystal"];

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_site_is_reached_once_and_nothing_changes(string name)
    {
        using var model = Load(name);
        using var scope = torch.NewDisposeScope();
        var ids = Rows(name, 2);
        var reached = new List<HookSite>();
        var hooks = new ForwardHooks();
        foreach (var site in All(model))
            hooks.Read(site, _ => reached.Add(site));
        var hidden = model.Forward(ids, hooks: hooks);
        Near(model.Logits(model.Forward(ids)), model.Logits(hidden, hooks), 2e-4);
        Assert.Equal(All(model).OrderBy(s => s.ToString()), reached.OrderBy(s => s.ToString()));
    }

    [Fact]
    public void A_bfloat16_pass_with_hooks_is_near_the_one_without()
    {
        using var model = LanguageModel.Load(Fixtures.Path("models", "llama-bf16"));
        using var scope = torch.NewDisposeScope();
        var ids = Rows("llama-bf16", 2);
        var hooks = new ForwardHooks();
        using var kept = hooks.Keep(All(model));
        var difference = (model.Logits(model.Forward(ids)) - model.Logits(model.Forward(ids, hooks: hooks), hooks)).abs();
        Assert.InRange(difference.mean().item<float>(), 0, 0.06);
        Assert.Equal(torch.float32, kept[HookSite.BlockInput(0)].dtype);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_block_adds_its_attention_output_and_then_its_mlp_output(string name)
    {
        using var model = Load(name);
        using var scope = torch.NewDisposeScope();
        var hooks = new ForwardHooks();
        using var kept = hooks.Keep(Stream(model.Config.Layers));
        var hidden = model.Forward(Rows(name, 2), hooks: hooks);
        var factor = model.Config is CrystalConfig crystal ? crystal.EmbeddingScale : 1;
        Near(kept[HookSite.Embedding] * factor, kept[HookSite.BlockInput(0)], 1e-5);
        for (var i = 0; i < model.Config.Layers; i++)
        {
            Near(kept[HookSite.BlockInput(i)] + kept[HookSite.AttentionOutput(i)], kept[HookSite.AfterAttention(i)], 0);
            Near(kept[HookSite.AfterAttention(i)] + kept[HookSite.MlpOutput(i)], kept[HookSite.AfterMlp(i)], 0);
            Assert.True(kept[HookSite.AttentionOutput(i)].abs().max().item<float>() > 0.01);
            if (i > 0)
                Near(kept[HookSite.AfterMlp(i - 1)], kept[HookSite.BlockInput(i)], 0);
        }

        Near(hidden, kept[HookSite.FinalNorm], 0);
        Near(hidden, model.FinalNorm(kept[HookSite.AfterMlp(model.Config.Layers - 1)]), 1e-4);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void The_output_of_a_linear_layer_is_its_input_times_its_weight_plus_its_bias(string name)
    {
        using var model = Load(name);
        using var scope = torch.NewDisposeScope();
        var hooks = new ForwardHooks();
        using var kept = hooks.Keep(All(model));
        model.Logits(model.Forward(Rows(name, 2), hooks: hooks), hooks);
        foreach (var layer in model.LinearLayers)
        {
            var weight = model.Parameters.TryGetValue(layer, out var own) ? own : model.Parameters[model.Config.EmbeddingName];
            var isConv1D = model is CrystalModel && own is not null; // [in, out]
            var product = kept[HookSite.LinearInput(layer)].to(torch.float64).matmul((isConv1D ? weight : weight.t()).to(torch.float64));
            if (model.Parameters.TryGetValue(ParameterNames.BiasOf(layer), out var bias))
                product += bias.to(torch.float64);
            NearInShare(product, kept[HookSite.LinearOutput(layer)], 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(WithLens))]
    public void The_logit_lens_of_every_block_is_the_reference(string name)
    {
        using var model = Load(name);
        using var expected = StateDict.Open(Fixtures.Path("models", name, "lens.safetensors"));
        using var scope = torch.NewDisposeScope();
        var hooks = new ForwardHooks();
        using var kept = hooks.Keep(Stream(model.Config.Layers));
        model.Forward(Rows(name, 2), hooks: hooks);
        for (var i = 0; i <= model.Config.Layers; i++)
        {
            var site = i < model.Config.Layers ? HookSite.BlockInput(i) : HookSite.AfterMlp(i - 1);
            Near(expected.View($"lens.{i}.logits"), model.Logits(model.FinalNorm(kept[site])), 2e-4);
        }
    }

    [Theory]
    [InlineData("llama-mha", LlamaNames.FinalNorm, LlamaNames.Head)]
    [InlineData("neox", "gpt_neox.final_layer_norm.weight", "embed_out.weight")]
    [InlineData("crystal", "transformer.ln_f.weight", "transformer.wte.weight")]
    public void What_each_part_adds_to_a_logit_is_the_reference(string name, string norm, string head)
    {
        using var model = Load(name);
        using var expected = StateDict.Open(Fixtures.Path("models", name, "lens.safetensors"));
        using var scope = torch.NewDisposeScope();
        var ids = Rows(name, 2);
        var hooks = new ForwardHooks();
        using var kept = hooks.Keep(Stream(model.Config.Layers));
        model.Forward(ids, hooks: hooks);
        var next = ids.narrow(1, 1, ids.shape[1] - 1).reshape(-1);
        var read = model.Parameters[head].index_select(0, next).view(2, -1, model.Config.HiddenSize); // [batch, time - 1, hidden]
        read *= model.Parameters[norm];
        var factor = model.Config is CrystalConfig crystal ? crystal.LogitScale : 1;
        Near(expected.View("attribution.embedding"), Contribution(HookSite.BlockInput(0)), 5e-5);
        for (var i = 0; i < model.Config.Layers; i++)
        {
            Near(expected.View("attribution.attention")[i], Contribution(HookSite.AttentionOutput(i)), 5e-5);
            Near(expected.View("attribution.mlp")[i], Contribution(HookSite.MlpOutput(i)), 5e-5);
        }

        torch.Tensor Contribution(HookSite site)
        {
            var c = kept[site];
            if (model is not LlamaModel)
                c = c - c.mean([-1], keepdim: true);
            return (c.narrow(1, 0, ids.shape[1] - 1) * read).sum(-1) * expected.View("attribution.scale") * factor;
        }
    }

    [Fact]
    public void Attention_with_a_cache_and_with_padding_is_read_and_each_row_sums_to_1()
    {
        using var model = Load("llama-gqa");
        using var scope = torch.NewDisposeScope();
        var ids = Rows("llama-gqa", 2);
        using var cache = new KeyValueCache(model, 2, (int)ids.shape[1]);
        var hooks = new ForwardHooks();
        using var kept = hooks.Keep(HookSite.AttentionProbabilities(1));
        var first = model.Forward(ids.narrow(1, 0, 7), cache, padding: [2, 0], hooks: hooks);
        Assert.Equal([2, model.Config.Heads, 7, 7], kept[HookSite.AttentionProbabilities(1)].shape);
        Near(model.Forward(ids.narrow(1, 0, 7), padding: [2, 0]).narrow(1, 2, 5), first.narrow(1, 2, 5), 1e-4);
        model.Forward(ids.narrow(1, 7, 4), cache, padding: [2, 0], hooks: hooks);
        var probabilities = kept[HookSite.AttentionProbabilities(1)];
        Assert.Equal([2, model.Config.Heads, 4, 11], probabilities.shape);
        Near(torch.ones(2, model.Config.Heads, 4), probabilities.sum(-1), 1e-5);
        Assert.Equal(0, probabilities[0].narrow(2, 0, 2).abs().max().item<float>());
    }

    [Fact]
    public void Kept_tensors_outlive_the_scope_of_the_pass_and_the_result_that_the_caller_disposes()
    {
        using var model = Load("llama-mha");
        var hooks = new ForwardHooks();
        using var kept = hooks.Keep(All(model));
        float[] result;
        using (torch.NewDisposeScope())
        {
            var hidden = model.Forward(Rows("llama-mha", 1), hooks: hooks);
            model.Logits(hidden, hooks).Dispose();
            result = hidden.data<float>().ToArray();
            hidden.Dispose();
        }

        Assert.Equal(result, kept[HookSite.FinalNorm].data<float>().ToArray());
        Assert.All(kept.Sites, site => Assert.False(kept[site].IsInvalid));
        var former = kept[HookSite.BlockInput(1)];
        using var scope = torch.NewDisposeScope();
        model.Forward(Rows("llama-mha", 2), hooks: hooks);
        Assert.True(former.IsInvalid);
        Assert.Equal(2, kept[HookSite.BlockInput(1)].shape[0]);
    }
}
