// The sequence that a model remembers best, as text.

namespace Llm360.Notebooks;

/// <summary>Showing memorised sequences.</summary>
public static class MemorizedText
{
    /// <summary>Sequences among which one without a template is looked for.</summary>
    private const int Candidates = 64;

    /// <summary>
    /// The sequence that the last scored checkpoint reproduces best, among the ordinary text that
    /// it has seen. The prompt is grey, the background is each token's loss, and reproduced tokens
    /// are underlined. Continuations that repeat a unit or count need no memory: they are passed
    /// over, unless the 64 best sequences have no others.
    /// </summary>
    /// <remarks>
    /// With token metrics, the smaller loss decides between equal scores. For a suite without
    /// chunks, the text says that there are none.
    /// </remarks>
    /// <param name="scores">The scores.</param>
    /// <param name="run">
    /// Device, progress and cancellation. The precision is that of the scores.
    /// </param>
    /// <exception cref="Llm360Exception">
    /// The checkpoint has seen nothing, or cannot be loaded.
    /// </exception>
    public static async Task<TokenText> BestRememberedAsync(this MemorizationScores scores, RunOptions? run = null)
    {
        if (scores.Suite.Chunks.Count == 0)
        {
            return new TokenText(
                $"The training data of {scores.Suite.Name} is not published as rows that this kit reads",
                [new TokenValue("No sequence was scored.", Prompt: true)]);
        }

        var checkpoint = scores.LastCheckpoint();
        List<MemorizationRow> best =
            [.. scores.Seen(checkpoint).OrderByDescending(r => r.Score).ThenBy(r => r.Loss ?? 0).Take(Candidates)];
        if (best.Count == 0)
        {
            throw new Llm360Exception(
                $"{checkpoint} has seen none of the scored sequences.",
                $"suite {scores.Suite.Name}",
                "Score a later checkpoint, or chunks it has seen.");
        }

        var (k, l) = (scores.Settings.PromptLength, scores.Settings.ContinuationLength);
        var candidates = await scores.TokensAsync(best, k + l, run.StopToken()).ConfigureAwait(false);
        var tokenizer = checkpoint.Tokenizer();
        var chosen = FirstWithoutTemplate(candidates, k, tokenizer);
        var (row, tokens) = (best[chosen], candidates[chosen]);
        var choices = (run ?? new RunOptions()) with { Precision = scores.Settings.Precision };
        using var model = await checkpoint.LoadAsync(choices).ConfigureAwait(false);
        // A single pass reports no progress.
        var positions = model.Score([tokens], run: choices with { Progress = new Progress<WorkProgress>() })[0].Positions;
        var decoder = tokenizer.StartDecoding([]);
        var values = tokens.Select((token, i) => new TokenValue(
            decoder.Push(token),
            i < k ? null : -positions[i - 1].LogProbability,
            Memorized: i >= k && row.Matches[i - k] == '1',
            Prompt: i < k));
        return new TokenText(
            $"loss (nats) of {scores.Suite.Name} at {checkpoint} on a sequence of {row.Source}, chunk {row.Chunk}, row {row.Row}: "
                + $"{row.Match} of {l} tokens reproduced, the best of {SampleText.Choice(scores.Settings)}",
            [.. values]);
    }

    /// <summary>
    /// The first sequence whose continuation follows no template; the first one if all do.
    /// </summary>
    internal static int FirstWithoutTemplate(int[][] sequences, int promptLength, ITokenizer tokenizer) =>
        Math.Max(0, Array.FindIndex(sequences, tokens => !Templates.Matches(tokens[promptLength..], tokenizer)));
}
