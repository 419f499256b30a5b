// Generating tokens from a model, batched, with a key-value cache.
using static TorchSharp.torch;

namespace Llm360.Notebooks.Models;

/// <summary>How to generate.</summary>
public sealed record GenerationOptions
{
    /// <summary>Tokens to generate for each prompt at most.</summary>
    public int MaxNewTokens { get; init; } = 256;

    /// <summary>0 takes the most probable token; above, logits are divided by this and a token is drawn.</summary>
    public double Temperature { get; init; }

    /// <summary>Draw from the k most probable tokens only; null for all.</summary>
    public int? TopK { get; init; }

    /// <summary>Draw from the smallest set of tokens whose probabilities reach this only (Holtzman et al. 2020, arXiv 1904.09751).</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Of the draws. A row's draws depend on this and the row's number, not on the other rows.</summary>
    public int Seed { get; init; }

    /// <summary>Tokens that end a row; they are the last of what comes back.</summary>
    public IReadOnlyCollection<int> StopTokens { get; init; } = [];

    internal void Check()
    {
        if (MaxNewTokens < 1 || !(Temperature >= 0 && double.IsFinite(Temperature)) || TopK < 1 || !(TopP is > 0 and <= 1))
            throw new Llm360Exception($"These options make no sense: {this}.", "generation options", "New tokens and top-k must be at least 1, the temperature 0 or above, and top-p above 0 and at most 1.");
    }
}

/// <summary>Generation.</summary>
public static class Generation
{
    /// <summary>Continues prompts of any lengths in one batch.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">Token ids; none may be empty.</param>
    /// <param name="options">How.</param>
    /// <param name="onToken">Told each new token as it comes: row, token.</param>
    /// <param name="cancellation">Looked at before every token; <see cref="Work.Cancellation"/> when not given.</param>
    /// <returns>The new tokens of each row, a stop token included. Greedy rows are what each prompt alone gives.</returns>
    /// <exception cref="Llm360Exception">A prompt is empty, has unknown tokens, or does not fit the model's positions with its continuation; options that make no sense.</exception>
    public static IReadOnlyList<IReadOnlyList<int>> Generate(this LanguageModel model, IReadOnlyList<int[]> prompts, GenerationOptions options, Action<int, int>? onToken = null, CancellationToken? cancellation = null)
    {
        options.Check();
        model.CheckTokens(prompts, options.MaxNewTokens);
        var generated = prompts.Select(_ => new List<int>()).ToArray();
        if (prompts.Count == 0)
            return generated;
        using var inference = inference_mode();
        using var decoder = new BatchDecoder(model, [.. prompts], options.MaxNewTokens);
        using var sampler = new Sampler(options, model.Device);
        for (var step = 0; step < options.MaxNewTokens && decoder.Rows.Count > 0; step++)
        {
            (cancellation ?? Work.Cancellation).ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var next = sampler.Next(decoder.Logits(), decoder.Rows); // [rows]
            var tokens = next.cpu().data<long>().ToArray();
            var goesOn = new List<int>();
            foreach (var (place, row) in decoder.Rows.Index())
            {
                generated[row].Add((int)tokens[place]);
                onToken?.Invoke(row, (int)tokens[place]);
                if (!options.StopTokens.Contains((int)tokens[place]))
                    goesOn.Add(place);
            }

            decoder.Advance(next, goesOn);
        }

        return generated;
    }

    /// <summary>The greedy continuation of equally long prompts: at every step the most probable token, whatever it is.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">Token ids, I64 [batch, prompt length].</param>
    /// <param name="count">Tokens to generate for each row; generation does not stop at the end token.</param>
    /// <param name="cancellation">Looked at before every token.</param>
    /// <returns>I64 [batch, count], on the model's device.</returns>
    /// <exception cref="Llm360Exception">Prompt and continuation do not fit the model's positions.</exception>
    public static Tensor Greedy(LanguageModel model, Tensor prompts, int count, CancellationToken cancellation = default)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        long batch = prompts.shape[0], length = prompts.shape[1];
        if (length + count > model.Config.LongestSequence)
            throw new Llm360Exception($"{length} + {count} tokens are more than the model's {model.Config.LongestSequence} positions.", "prompt and continuation length", "Ask for fewer tokens.");
        using var cache = BatchDecoder.MayCache(model, (int)length + count) ? new KeyValueCache(model.Config, batch, (int)length + count, model.Device, model.Type) : null;
        var all = empty([batch, length + count], int64, device: model.Device);
        all.narrow(1, 0, length).copy_(prompts);
        for (var i = 0; i < count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            var seen = cache?.Length ?? 0;
            var hidden = model.Forward(all.narrow(1, seen, length + i - seen), cache); // [batch, time, hidden]
            all.select(1, length + i).copy_(model.Logits(hidden.select(1, hidden.shape[1] - 1)).argmax(1));
        }

        return all.narrow(1, length, count).MoveToOuterDisposeScope();
    }
}
