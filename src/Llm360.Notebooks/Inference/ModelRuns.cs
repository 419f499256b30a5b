// Runs a model on a text, to inspect its computation.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Runs a model on a text.</summary>
public static class ModelRuns
{
    /// <summary>Runs a model on a text and keeps the logits and the residual stream.</summary>
    /// <param name="model">The model.</param>
    /// <param name="text">At least one token of text. No token is put before it.</param>
    /// <param name="tokenizer">
    /// Its tokenizer; null takes the one in the folder that the model was loaded from.
    /// </param>
    /// <param name="hooks">
    /// Read or replace tensors of the pass; null for none. The run keeps replacements instead of
    /// the original tensors.
    /// </param>
    /// <returns>
    /// Tokens, logits and activations. A cell shows a table of the most probable next tokens.
    /// </returns>
    /// <exception cref="Llm360Exception">
    /// The text is empty or too long, there is no tokenizer, a hook is wrong, or the model was
    /// disposed.
    /// </exception>
    public static ModelRun Run(this LanguageModel model, string text, ITokenizer? tokenizer = null, ForwardHooks? hooks = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(text);
        tokenizer ??= Tokenizers.Load(model.Folder ?? throw new Llm360Exception(
            "The model was not loaded from a folder.", "model", "Give the tokenizer: model.Run(text, tokenizer)."));
        var ids = tokenizer.Encode(text);
        if (ids.Length == 0)
            throw new Llm360Exception("The text is empty.", "text", "Give at least one character.");
        hooks = hooks?.Copy() ?? new ForwardHooks();
        var activations = hooks.Keep(ResidualStream(model.Config.Layers));
        try
        {
            using var scope = torch.NewDisposeScope();
            using var plain = torch.no_grad();
            var hidden = model.Forward(torch.tensor(ids), hooks: hooks); // [1, time, hidden]
            var logits = model.Logits(hidden.squeeze(0), hooks); // [time, vocabulary]
            return new ModelRun(model, new TokenNames(tokenizer), ids, logits.DetachFromDisposeScope(), activations);
        }
        catch
        {
            activations.Dispose();
            throw;
        }
    }

    private static IEnumerable<HookSite> ResidualStream(int blocks) =>
    [
        HookSite.Embedding,
        .. Enumerable.Range(0, blocks).SelectMany(Block),
        HookSite.FinalNorm,
    ];

    private static HookSite[] Block(int i) =>
        [HookSite.BlockInput(i), HookSite.AttentionOutput(i), HookSite.AfterAttention(i), HookSite.MlpOutput(i), HookSite.AfterMlp(i)];
}
