// Generating tokens from a model, batched, with a key-value cache.
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>Options of generation.</summary>
public sealed record GenerationOptions
{
    /// <summary>Maximum number of tokens to generate for each prompt.</summary>
    public int MaxNewTokens { get; init; } = 256;

    /// <summary>
    /// 0 takes the most probable token. With larger values the logits are divided by it, and a
    /// token is drawn.
    /// </summary>
    public double Temperature { get; init; }

    /// <summary>Draw from the k most probable tokens only; null for all.</summary>
    public int? TopK { get; init; }

    /// <summary>
    /// Draw only from the smallest set of tokens whose probabilities sum to this (Holtzman et al.
    /// 2020, arXiv 1904.09751).
    /// </summary>
    public double TopP { get; init; } = 1;

    /// <summary>
    /// Seed of the draws. A row's draws depend on the seed and the row's index, not on the other
    /// rows.
    /// </summary>
    public int Seed { get; init; }

    /// <summary>Tokens that end a row. The result includes them.</summary>
    public IReadOnlyCollection<int> StopTokens { get; init; } = [];

    internal void Check()
    {
        var wrong = MaxNewTokens < 1 ? $"The number of new tokens is {MaxNewTokens}; it must be 1 or more."
            : !(Temperature >= 0 && double.IsFinite(Temperature)) ? $"The temperature is {Temperature}; it must be 0 or more."
            : TopK < 1 ? $"Top-k is {TopK}; it must be 1 or more."
            : !(TopP is > 0 and <= 1) ? $"Top-p is {TopP}; it must be above 0 and at most 1." : null;
        if (wrong is not null)
            throw new Llm360Exception(wrong, "generation options", "Change it, or leave it out.");
    }
}

/// <summary>Generation.</summary>
public static class Generation
{
    /// <summary>Maximum number of rows at once, if memory permits.</summary>
    private const int RowsAtOnce = 256;

    /// <summary>Continues prompts of any lengths, as many at once as fit in memory.</summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">Token ids; none may be empty.</param>
    /// <param name="options">Length, temperature and other options.</param>
    /// <param name="onToken">Receives each new token immediately: row, token.</param>
    /// <param name="run">
    /// Progress, in rows, after every token; cancellation before every token.
    /// </param>
    /// <returns>
    /// The new tokens of each row, including a stop token. Greedy rows equal the result of each
    /// prompt alone.
    /// </returns>
    /// <exception cref="Llm360Exception">
    /// A prompt is empty, has unknown tokens, or does not fit the model's positions with its
    /// continuation; options are invalid; logits are not numbers.
    /// </exception>
    public static IReadOnlyList<IReadOnlyList<int>> Generate(
        this LanguageModel model,
        IReadOnlyList<int[]> prompts,
        GenerationOptions options,
        Action<int, int>? onToken = null,
        RunOptions? run = null)
    {
        var (progress, cancellation) = (run.Watcher(), run.StopToken());
        options.Check();
        model.CheckTokens(prompts, options.MaxNewTokens);
        var generated = prompts.Select(_ => new List<int>()).ToArray();
        if (prompts.Count == 0)
            return generated;
        var capacity = prompts.Max(p => p.Length) + options.MaxNewTokens;
        // With dynamic angles no keys are kept, but the keys of one layer are in memory at a time.
        var bytes = SlotCache.BytesOfSlot(model, capacity) / (model.Config.HasDynamicAngles ? model.Config.Layers : 1);
        DeviceMemory.Require(
            model, bytes, $"A sequence of {capacity:N0} tokens", "generation options", "Ask for fewer new tokens.");
        var atOnce = DeviceMemory.Rows(model, capacity, prompts.Count, RowsAtOnce);
        for (var first = 0; first < prompts.Count;)
        {
            var count = Math.Min(atOnce, prompts.Count - first);
            try
            {
                Batch(first, count);
                first += count;
            }
            catch (Exception e) when (DeviceMemory.IsExhausted(e) && count > 1 && onToken is null) // Reported tokens are final.
            {
                atOnce = count / 2;
                Array.ForEach(generated[first..(first + count)], row => row.Clear());
                var what = $"memory does not suffice for {count} rows at once: going on with {atOnce}";
                progress?.Report(new WorkProgress("generate", first, prompts.Count, "rows", what));
            }
        }

        return generated;

        void Batch(int first, int count)
        {
            using var inference = inference_mode();
            using var decoder = new RowDecoder(model, count, capacity);
            using var sampler = new Sampler(options, model.Device);
            var segments = Enumerable.Range(0, count).Select(slot => new Segment(slot, prompts[first + slot])).ToList();
            for (var step = 0; step < options.MaxNewTokens && segments.Count > 0; step++)
            {
                using var scope = NewDisposeScope();
                var hidden = decoder.Compute(segments, cancellation); // [rows, hidden]
                var next = options.Temperature == 0
                    ? HeadReduction.Argmax(model, hidden)
                    : sampler.Next(model.Logits(hidden), [.. segments.Select(p => first + p.Slot)]);
                var goOn = new List<Segment>();
                foreach (var (segment, token) in segments.Zip(next))
                {
                    var row = first + segment.Slot;
                    if (token < 0)
                        throw HeadReduction.NotNumbers($"row {row}, token {prompts[row].Length + generated[row].Count}");
                    generated[row].Add(token);
                    onToken?.Invoke(row, token);
                    if (!options.StopTokens.Contains(token))
                        goOn.Add(new Segment(segment.Slot, [token]));
                }

                segments = goOn;
                var isLast = step + 1 == options.MaxNewTokens;
                var done = first + (isLast ? count : count - segments.Count);
                var detail = $"token {step + 1} of {options.MaxNewTokens}";
                progress?.Report(new WorkProgress("generate", done, prompts.Count, "rows", detail));
            }
        }
    }
}
