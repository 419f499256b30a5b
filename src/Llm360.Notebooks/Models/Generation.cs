// Generating text from a model: greedy, batched, with a key-value cache.
using static TorchSharp.torch;

namespace Llm360.Notebooks.Models;

/// <summary>Generation.</summary>
public static class Generation
{
    /// <summary>The greedy continuation of each prompt: at every step the most probable token, whatever it is.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">Token ids, I64 [batch, prompt length].</param>
    /// <param name="count">Tokens to generate for each row; generation does not stop at the end token.</param>
    /// <param name="cancellation">Looked at before every token.</param>
    /// <returns>I64 [batch, count], on the model's device.</returns>
    /// <exception cref="Llm360Exception">Prompt and continuation do not fit the model's positions.</exception>
    public static Tensor Greedy(LlamaModel model, Tensor prompts, int count, CancellationToken cancellation = default)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        long batch = prompts.shape[0], length = prompts.shape[1];
        if (length + count > model.Config.MaximumLength)
            throw new Llm360Exception($"{length} + {count} tokens are more than the model's {model.Config.MaximumLength} positions.", "prompt and continuation length", "Ask for fewer tokens.");
        using var cache = new KeyValueCache(model.Config, batch, (int)length + count, model.Device, model.Type);
        var generated = empty([batch, count], int64, device: model.Device);
        var input = prompts.to(model.Device); // [batch, prompt length], then [batch, 1]
        for (var i = 0; i < count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            var hidden = model.Forward(input, cache); // [batch, time, hidden]
            var next = model.Logits(hidden.select(1, hidden.shape[1] - 1)).argmax(1); // [batch]
            generated.select(1, i).copy_(next);
            input = generated.narrow(1, i, 1).MoveToOuterDisposeScope();
        }

        return generated.MoveToOuterDisposeScope();
    }
}
