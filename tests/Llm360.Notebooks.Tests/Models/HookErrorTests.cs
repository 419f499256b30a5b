// Bad hooks, tokens and hidden states and a disposed model give one error with a remedy.
using TorchSharp;
using static Llm360.Notebooks.Tests.HookedModel;

namespace Llm360.Notebooks.Tests;

public sealed class HookErrorTests
{
    [Fact]
    public void A_site_that_the_model_does_not_have_is_named()
    {
        using var model = Load("llama-mha");
        foreach (var block in new[] { -1, 2, int.MaxValue })
        {
            var error = Fails(model, new ForwardHooks().Read(HookSite.AfterMlp(block), _ => { }));
            Assert.Equal($"The model has no block {block}.", error.What);
            Assert.Equal($"hook at block {block} after MLP", error.Where);
            Assert.Equal("Choose a block from 0 to 1.", error.Remedy);
        }

        var hooks = new ForwardHooks().Read(HookSite.LinearInput("model.layers.0.self_attn.query.weight"), _ => { });
        Assert.Contains("no linear layer model.layers.0.self_attn.query.weight", Fails(model, hooks).What, StringComparison.Ordinal);
        Assert.Contains("q_proj", Fails(model, hooks).Remedy, StringComparison.Ordinal);
        using var hidden = torch.zeros(1, 1, model.Config.HiddenSize);
        Assert.Throws<Llm360Exception>(() => model.Logits(hidden, hooks));
        Fails(model, new ForwardHooks().Read(HookSite.LinearInput(LlamaNames.Embedding), _ => { }));
    }

    [Fact]
    public void A_tensor_of_another_shape_or_type_is_refused()
    {
        using var model = Load("llama-mha");
        using var scope = torch.NewDisposeScope();
        Func<torch.Tensor, torch.Tensor>[] wrong =
            [x => x.narrow(1, 0, 1), x => x.to(torch.float64), x => x.squeeze(0), x => x.to(torch.device("meta")), Disposed];
        foreach (var replace in wrong)
        {
            var error = Fails(model, new ForwardHooks().Replace(HookSite.AttentionOutput(1), replace));
            Assert.StartsWith("A hook returned ", error.What, StringComparison.Ordinal);
            Assert.Equal("hook at block 1 attention output", error.Where);
        }

        static torch.Tensor Disposed(torch.Tensor x)
        {
            var copy = x.clone();
            copy.Dispose();
            return copy;
        }
    }

    [Fact]
    public void Tokens_are_taken_as_an_array_a_row_or_a_batch_and_refused_otherwise()
    {
        using var model = Load("llama-mha");
        using var scope = torch.NewDisposeScope();
        var expected = model.Forward(torch.tensor(new long[] { 3, 1, 4 }, [1, 3]));
        int[] ids = [3, 1, 4];
        foreach (var tokens in new[] { torch.tensor(new long[] { 3, 1, 4 }), torch.tensor(ids), torch.tensor(ids, [1, 3]) })
            Near(expected, model.Forward(tokens), 0);
        Near(expected, model.Forward(ids), 0);

        long[][] shapes = [[1, 1, 3], [], [0], [1, 0]];
        foreach (var wrong in shapes.Select(s => torch.zeros(s, torch.int64)).Concat([torch.zeros(1, 3), torch.zeros([3], torch.@bool)]))
            Assert.Contains("[batch, time]", Assert.Throws<Llm360Exception>(() => model.Forward(wrong)).Remedy, StringComparison.Ordinal);
        var outside = Assert.Throws<Llm360Exception>(() => model.Forward(torch.tensor(new long[] { 3, -1 })));
        Assert.Contains("not in the model's vocabulary", outside.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Hidden_states_of_another_width_or_type_are_refused()
    {
        using var model = Load("llama-mha");
        using var scope = torch.NewDisposeScope();
        var width = model.Config.HiddenSize;
        foreach (var wrong in new[] { torch.zeros(2, width - 1), torch.zeros([2, width], torch.int64), torch.tensor(1f) })
        {
            Assert.Throws<Llm360Exception>(() => model.FinalNorm(wrong));
            Assert.Throws<Llm360Exception>(() => model.Logits(wrong));
        }
    }

    [Theory]
    [MemberData(nameof(ForwardHooksTests.Models), MemberType = typeof(ForwardHooksTests))]
    public void A_disposed_model_says_so(string name)
    {
        var model = Load(name);
        var parameters = model.Parameters;
        using var scope = torch.NewDisposeScope();
        var (ids, hidden) = (Rows(name, 1), torch.zeros(1, 1, model.Config.HiddenSize));
        model.Dispose();
        model.Dispose();
        foreach (var use in new Action[]
        {
            () => model.Forward(ids), () => model.Logits(hidden), () => model.FinalNorm(hidden),
            () => _ = parameters[model.Config.EmbeddingName], () => _ = model.Device,
            () => model.Score([[1, 2, 3]]), () => model.Generate([[1, 2, 3]], new GenerationOptions { MaxNewTokens = 2 }),
            () => model.Rebind(Fixtures.Path("models", name)),
        })
            Assert.Equal("The model was disposed.", Assert.Throws<Llm360Exception>(use).What);
    }

    [Fact]
    public void Parameters_are_those_of_the_configuration_in_its_order()
    {
        foreach (var name in new[] { "llama-bias", "llama-tied", "llama-bin", "neox", "crystal" })
        {
            using var model = Load(name);
            Assert.Equal(model.Config.Parameters().Select(p => p.Name), model.Parameters.Keys);
            Assert.Equal(model.Config.Parameters().Select(p => p.Shape), model.Parameters.Select(p => p.Value.shape));
            Assert.Equal(model.Config.ParameterCount, model.Parameters.Values.Sum(t => t.numel()));
            var error = Assert.Throws<Llm360Exception>(() => model.Parameters["nothing"]);
            Assert.Contains("no parameter nothing", error.What, StringComparison.Ordinal);
            Assert.False(model.Parameters.TryGetValue("nothing", out _));
        }
    }

    [Fact]
    public void An_activation_that_was_not_kept_says_so()
    {
        using var model = Load("llama-mha");
        var hooks = new ForwardHooks();
        using var kept = hooks.Keep(HookSite.BlockInput(1));
        Assert.Contains("Run a forward pass", Missing(HookSite.BlockInput(1)), StringComparison.Ordinal);
        using var hidden = model.Forward(new[] { 1, 2 }, hooks: hooks);
        Assert.Contains("block 1 input", Missing(HookSite.BlockInput(0)), StringComparison.Ordinal);

        string Missing(HookSite site) => Assert.Throws<Llm360Exception>(() => kept[site]).Remedy;
    }

    private static Llm360Exception Fails(LanguageModel model, ForwardHooks hooks)
    {
        using var scope = torch.NewDisposeScope();
        return Assert.Throws<Llm360Exception>(() => model.Forward(Rows("llama-mha", 1), hooks: hooks));
    }
}
