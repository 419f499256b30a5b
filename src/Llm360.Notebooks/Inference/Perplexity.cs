// The perplexity of a long text, in overlapping windows.
namespace Llm360.Notebooks;

/// <summary>The loss of a model on one text.</summary>
/// <param name="Tokens">
/// Predicted tokens: all but the first. Without overlap, all but the first of each window.
/// </param>
/// <param name="Loss">Mean negative log-probability of a token, nats.</param>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed record PerplexityResult(int Tokens, double Loss) : IShownAsTable
{
    /// <summary>exp of the loss.</summary>
    public double Perplexity => Math.Exp(Loss);

    /// <summary>The numbers as a table.</summary>
    public Table ToTable() => RowTable.Card(
        "Perplexity of a text.", ("tokens predicted", Tokens), ("loss, nats per token", Loss), ("perplexity", Perplexity));
}

/// <summary>Perplexity.</summary>
public static class PerplexityOfText
{
    private const int WindowsAtOnce = 64;

    /// <summary>
    /// The perplexity of a text in overlapping windows, as in Hugging Face's documentation. Windows
    /// of <paramref name="window"/> tokens begin every <paramref name="stride"/> tokens. A window
    /// scores only the tokens that no earlier window has scored. So every token but the first
    /// counts once, after the first window with at least window - stride tokens before it. If the
    /// stride is a whole window, nothing overlaps, and the first token of each window is not
    /// scored.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="tokens">At least two token ids.</param>
    /// <param name="window">Tokens per window; the model's longest sequence when null.</param>
    /// <param name="stride">
    /// Tokens between the starts of consecutive windows; when null, 512 or half a window, whichever
    /// is less.
    /// </param>
    /// <param name="run">Progress, in tokens, and cancellation.</param>
    /// <exception cref="Llm360Exception">
    /// There are fewer than two tokens, window and stride are invalid, a token is not in the
    /// vocabulary, or the model's logits are not numbers.
    /// </exception>
    public static PerplexityResult Perplexity(
        this LanguageModel model, int[] tokens, int? window = null, int? stride = null, RunOptions? run = null)
    {
        var length = window ?? model.Config.MaximumLength;
        var step = stride ?? Math.Max(1, Math.Min(512, length / 2));
        if (tokens.Length < 2)
            throw new Llm360Exception($"The text has {tokens.Length} token(s); a perplexity needs two.", "text", "Give a longer text.");
        if (length < 2 || length > model.Config.LongestSequence || step < 1 || step > length)
        {
            throw new Llm360Exception(
                $"A window of {length} tokens with a stride of {step} does not fit a model of {model.Config.LongestSequence} positions.",
                "window and stride",
                $"Give a window of 2 to {model.Config.LongestSequence} tokens, and a stride of 1 to the window's length.");
        }

        TokenRows.CheckVocabulary(model.Config, tokens, "text");
        var (progress, stop) = (run.Watcher(), run.StopToken());
        var (count, sum) = (0, 0.0);
        // A few at a time, because small strides make many windows of nearly the same tokens.
        foreach (var part in Windows(tokens, length, step).Chunk(WindowsAtOnce))
        {
            // A position predicts the next token; the last position of a window predicts none.
            int[] first = [.. part.Select(w => Math.Max(w.Reached - w.Begin - 1, 0))];
            var scores = Scoring.Scores(model, [.. part.Select(w => tokens[w.Begin..w.End])], first, null, Tell, stop);
            count += scores.Sum(s => s.Length - 1);
            sum -= scores.Sum(s => s.SkipLast(1).Sum(p => (double)p.LogProbability));

            void Tell(int windows, string detail)
            {
                var done = windows == 0 ? part[0].Reached : part[windows - 1].End;
                progress?.Report(new WorkProgress("perplexity", done, tokens.Length, "tokens", detail));
            }
        }

        return double.IsFinite(sum) ? new PerplexityResult(count, sum / count) : throw HeadReduction.NotNumbers("text");
    }

    private static IEnumerable<(int Begin, int End, int Reached)> Windows(int[] tokens, int length, int step)
    {
        for (int begin = 0, reached = 1; reached < tokens.Length; begin += step)
        {
            var end = Math.Min(begin + length, tokens.Length);
            yield return (begin, end, reached);
            reached = end;
        }
    }
}
