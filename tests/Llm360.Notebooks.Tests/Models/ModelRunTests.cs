// A text through a model: tokens, logits, activations, the logit lens, and their tables.
using System.Globalization;
using TorchSharp;

namespace Llm360.Notebooks.Tests;

public sealed class ModelRunTests(PicoSuite pico)
{
    private const string Text = "The model reads\nthis text";

    [Fact]
    public async Task A_run_has_the_tokens_the_logits_and_the_residual_stream_of_a_pass()
    {
        using var model = await pico.Suite.Checkpoints[^1].LoadAsync(Device.Cpu);
        using var run = model.Run(Text);
        var tokenizer = pico.Suite.Tokenizer();
        Assert.Equal(tokenizer.Encode(Text), run.Tokens);
        Assert.Equal(Text, string.Concat(run.TokenTexts).TrimStart());
        using var scope = torch.NewDisposeScope();
        var hidden = model.Forward(run.Tokens.ToArray());
        HookedModel.Near(model.Logits(hidden).squeeze(0), run.Logits, 1e-4);
        HookedModel.Near(hidden, run.Activations[HookSite.FinalNorm], 1e-4);
        Assert.Equal(HookedModel.Stream(model.Config.Layers), run.Activations.Sites);
        using var other = model.Run(Text, tokenizer);
        Assert.Equal(run.ToString(), other.ToString());
    }

    [Fact]
    public async Task The_next_tokens_are_the_largest_logits_with_their_probabilities()
    {
        using var model = await pico.Suite.Checkpoints[^1].LoadAsync(Device.Cpu);
        using var run = model.Run(Text);
        using var scope = torch.NewDisposeScope();
        var scores = model.Score([[.. run.Tokens]])[0].Positions;
        foreach (var (t, choices) in run.NextTokens(4).Index())
        {
            Assert.Equal(scores[t].Argmax, choices[0].Token);
            Assert.Equal(choices.OrderByDescending(c => c.Probability), choices);
            foreach (var choice in choices)
                Assert.Equal(run.Logits[t].softmax(0)[choice.Token].item<float>(), choice.Probability, 6);
        }

        var table = run.ToTable();
        Assert.Equal(run.Tokens.Count, table.Rows.Count);
        Assert.Equal("", table.Rows[0][2]);
        for (var t = 1; t < run.Tokens.Count; t++)
        {
            var shown = double.Parse(table.Rows[t][2].Replace("<0.001", "0", StringComparison.Ordinal), CultureInfo.InvariantCulture);
            Assert.InRange(Math.Exp(scores[t - 1].LogProbability), shown - 0.00051, shown + 0.00051);
        }

        Assert.Contains("\\n", table.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("<table", run.ToHtml(), StringComparison.Ordinal);
        Assert.Throws<Llm360Exception>(() => run.NextTokens(0));
        Assert.Throws<Llm360Exception>(() => run.NextTokens(model.Config.VocabularySize + 1));
    }

    [Fact]
    public async Task The_logit_lens_is_final_norm_and_unembedding_of_every_blocks_input_and_ends_at_the_prediction()
    {
        using var model = await pico.Suite.Checkpoints[^1].LoadAsync(Device.Cpu);
        using var run = model.Run(Text);
        var lens = run.LogitLens();
        using var scope = torch.NewDisposeScope();
        Assert.Equal(model.Config.Layers + 1, lens.Sites.Count);
        for (var i = 0; i < model.Config.Layers; i++)
        {
            var logits = model.Logits(model.FinalNorm(run.Activations[HookSite.BlockInput(i)]))[0];
            Assert.Equal(logits.argmax(-1).data<long>().ToArray(), lens.Predictions[i].Select(p => (long)p.Token));
        }

        Assert.Equal(run.NextTokens(1).Select(n => n[0].Token), lens.Predictions[^1].Select(p => p.Token));
        Assert.NotEqual(lens.Predictions[0].Select(p => p.Token), lens.Predictions[^1].Select(p => p.Token));
        Assert.Equal("block 0 input", lens.ToTable().Rows[0][0]);
        Assert.Equal($"block {model.Config.Layers - 1} after MLP", lens.ToTable().Rows[^1][0]);
        Assert.StartsWith("<table", lens.ToHtml(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hooks_of_a_run_change_it_and_stay_as_they_were()
    {
        using var model = await pico.Suite.Checkpoints[^1].LoadAsync(Device.Cpu);
        var hooks = new ForwardHooks();
        foreach (var i in Enumerable.Range(0, model.Config.Layers))
            hooks.Replace(HookSite.AttentionOutput(i), x => x * 0).Replace(HookSite.MlpOutput(i), x => x * 0);
        using var run = model.Run(Text, hooks: hooks);
        using var again = model.Run(Text, hooks: hooks);
        using var scope = torch.NewDisposeScope();
        HookedModel.Near(run.Activations[HookSite.BlockInput(0)], run.Activations[HookSite.AfterMlp(model.Config.Layers - 1)], 0);
        HookedModel.Near(run.Logits, again.Logits, 0);
        Assert.False(run.Activations[HookSite.FinalNorm].IsInvalid);
    }

    [Fact]
    public async Task Errors_say_what_is_missing()
    {
        using var model = await pico.Suite.Checkpoints[0].LoadAsync(Device.Cpu);
        Assert.Equal("The text is empty.", Assert.Throws<Llm360Exception>(() => model.Run("")).What);
        using var fixture = HookedModel.Load("llama-mha");
        Assert.Contains("no tokenizer", Assert.Throws<Llm360Exception>(() => fixture.Run("a")).What, StringComparison.Ordinal);
        using var own = new LlamaModel((LlamaConfig)model.Config, model.Parameters);
        Assert.Contains("model.Run(text, tokenizer)", Assert.Throws<Llm360Exception>(() => own.Run("a")).Remedy, StringComparison.Ordinal);
        using var run = own.Run("a", pico.Suite.Tokenizer());
        own.Dispose();
        Assert.Equal("The model was disposed.", Assert.Throws<Llm360Exception>(run.LogitLens).What);
        Assert.NotEmpty(run.ToString());
    }

    [Fact]
    public void Single_tokens_are_shown_as_they_read_inside_a_text_or_as_the_vocabulary_writes_them()
    {
        var tokenizer = pico.Suite.Tokenizer();
        var names = new TokenNames(tokenizer);
        Assert.Equal(" model", names.Of(tokenizer.Encode("a model")[^1]));
        Assert.Equal(["<0xC3>", "<0xA9>"], tokenizer.Encode("a \u00E9")[^2..].Select(names.Of));
        Assert.Equal($"[{tokenizer.VocabularySize}]", names.Of(tokenizer.VocabularySize));
        Assert.Equal(tokenizer.Pieces[tokenizer.EosId], names.Of(tokenizer.EosId));
        Assert.Equal("\" \\n\\u0001x\"", TokenNames.Quoted(" \n\u0001x"));
    }

    [Fact]
    public void A_text_of_one_token_has_a_table()
    {
        using var model = LanguageModel.Load(pico.Suite.Checkpoints[0].Folder);
        using var run = model.Run("a");
        Assert.Single(run.Tokens);
        Assert.Single(run.ToTable().Rows);
    }

    [Fact]
    public async Task A_model_that_goes_on_to_another_checkpoint_names_its_folder()
    {
        using var model = await pico.Suite.Checkpoints[0].LoadAsync(Device.Cpu);
        Assert.Equal(pico.Suite.Checkpoints[0].Folder, model.Folder);
        model.Rebind(pico.Suite.Checkpoints[^1].Folder);
        Assert.Equal(pico.Suite.Checkpoints[^1].Folder, model.Folder);
    }
}
