// Splits a context and its continuation into tokens as lm-eval does.
namespace Llm360.Notebooks;

/// <summary>A request in tokens.</summary>
/// <param name="Context">Token ids before the continuation; at least one.</param>
/// <param name="Continuation">Token ids that are scored; at least one.</param>
internal sealed record TokenRequest(int[] Context, int[] Continuation)
{
    /// <summary>
    /// The model's input: the last tokens that fit its positions, without the very last.
    /// </summary>
    /// <param name="longest">The model's positions.</param>
    public int[] Input(int longest)
    {
        var length = Context.Length + Continuation.Length - 1;
        var dropped = Math.Max(0, length - longest);
        var input = new int[length - dropped];
        for (var i = 0; i < input.Length; i++)
            input[i] = i + dropped < Context.Length ? Context[i + dropped] : Continuation[i + dropped - Context.Length];
        return input;
    }
}

/// <summary>Splits requests by the rules of lm-eval 0.4.13.</summary>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="bos">Whether a text begins with the tokenizer's begin token.</param>
internal sealed class RequestTokens(ITokenizer tokenizer, bool bos)
{
    private readonly Dictionary<string, int[]> contexts = [];
    private string? last;

    /// <summary>Tokens of a whole text.</summary>
    public int[] Encode(string text) => bos && tokenizer.BosId >= 0 ? [tokenizer.BosId, .. tokenizer.Encode(text)] : tokenizer.Encode(text);

    /// <summary>
    /// The token before a text without a context: BOS, or EOS if there is no BOS.
    /// </summary>
    /// <exception cref="Llm360Exception">The tokenizer has neither.</exception>
    public int Prefix => tokenizer.BosId >= 0 ? tokenizer.BosId : tokenizer.EosId >= 0 ? tokenizer.EosId
        : throw new Llm360Exception("The tokenizer has neither a begin nor an end token.", "tokenizer",
            "Use tasks whose prompts are not empty.");

    /// <summary>Splits a context and its continuation.</summary>
    /// <remarks>
    /// The context need not be a prefix of the whole text in tokens. If a token spans the boundary,
    /// the tokens of the whole text from the context's length on are scored after the context's own
    /// tokens.
    /// </remarks>
    /// <param name="context">The text before the continuation.</param>
    /// <param name="continuation">The text to score.</param>
    /// <param name="place">Where the request comes from, for errors.</param>
    /// <exception cref="Llm360Exception">
    /// There is nothing to score, or there is no context.
    /// </exception>
    public TokenRequest Split(string context, string continuation, string place)
    {
        if (context.Length == 0)
        {
            var ids = tokenizer.Encode(continuation);
            var before = Prefix;
            return ids.Length > 0 && ids[0] == before ? Checked(ids[..1], ids[1..], place) : Checked([before], ids, place);
        }

        var head = Context(context[..PythonText.KeptLength(context)]);
        var whole = Encode(context + continuation);
        return Checked(head, whole.Length > head.Length ? whole[head.Length..] : [], place);
    }

    // Cached: choices of one item have the same context, which may be long.
    private int[] Context(string text)
    {
        if (text == last)
            return contexts[text];
        contexts.Clear();
        last = text;
        return contexts[text] = Encode(text);
    }

    private static TokenRequest Checked(int[] context, int[] continuation, string place)
    {
        if (continuation.Length == 0)
            throw new Llm360Exception("The continuation adds no token to its context, so there is nothing to score.", place,
                "Give the choice a text.");
        if (context.Length == 0)
            throw new Llm360Exception("The context has no token, so nothing predicts the continuation.", place,
                "Give the item a prompt, or leave out --no-bos.");
        return new TokenRequest(context, continuation);
    }
}
