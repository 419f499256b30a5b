// Generation from text to text.

namespace Llm360.Notebooks;

/// <summary>Generation with text as input and output.</summary>
public static class TextGeneration
{
    /// <summary>
    /// The tokenizer stored with a checkpoint. From the Hub only the tokenizer's files are fetched.
    /// A revision without a tokenizer uses that of <c>main</c>.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// It cannot be fetched, is missing, malformed or of a kind that is not supported.
    /// </exception>
    public static ITokenizer Tokenizer(this Checkpoint checkpoint) =>
        Tokenizers.Load(checkpoint.FetchTokenizerAsync().GetAwaiter().GetResult());

    /// <summary>The tokenizer of a suite: that of its last checkpoint.</summary>
    public static ITokenizer Tokenizer(this Suite suite) => suite.Checkpoints[^1].Tokenizer();

    /// <summary>The same, or null if there is none.</summary>
    internal static ITokenizer? TokenizerOrNull(this Suite suite) =>
        suite.Checkpoints.Count > 0 && suite.Checkpoints[^1].FetchTokenizerAsync().GetAwaiter().GetResult() is var folder
        && Tokenizers.Exists(folder)
            ? Tokenizers.Load(folder) : null;

    /// <summary>The greedy continuation of a text.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="prompt">At least one token of text.</param>
    /// <param name="count">
    /// Maximum number of tokens to generate; the end token stops earlier.
    /// </param>
    /// <returns>Only the new text.</returns>
    /// <exception cref="Llm360Exception">
    /// The prompt is empty, or prompt and continuation do not fit the model's positions.
    /// </exception>
    public static string Complete(this LanguageModel model, ITokenizer tokenizer, string prompt, int count)
    {
        var ids = tokenizer.Encode(prompt);
        if (ids.Length == 0)
            throw new Llm360Exception("The prompt is empty.", "prompt", "Give at least one character.");
        int[] stop = tokenizer.EosId < 0 ? [] : [tokenizer.EosId];
        var options = new GenerationOptions { MaxNewTokens = count, StopTokens = stop };
        var generated = model.Generate([ids], options)[0].Where(i => !stop.Contains(i));
        var decoder = tokenizer.StartDecoding(ids);
        return string.Concat(generated.Select(decoder.Push)) + decoder.Flush();
    }
}
