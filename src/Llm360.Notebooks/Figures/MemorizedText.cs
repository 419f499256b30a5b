// The sequence that a model remembers best, as text.

namespace Llm360.Notebooks;

/// <summary>Showing memorised sequences.</summary>
public static class MemorizedText
{
    /// <summary>
    /// The sequence that the last scored checkpoint reproduces best, among the ordinary text that
    /// it has seen. The prompt is grey, the background is each token's loss, and reproduced tokens
    /// are underlined.
    /// </summary>
    /// <remarks>With token metrics, the smaller loss decides between equal scores.</remarks>
    /// <param name="scores">The scores.</param>
    /// <param name="run">
    /// Device, progress and cancellation. The precision is that of the scores.
    /// </param>
    /// <exception cref="Llm360Exception">
    /// The checkpoint has seen nothing, or cannot be loaded.
    /// </exception>
    public static async Task<TokenText> BestRememberedAsync(this MemorizationScores scores, RunOptions? run = null)
    {
        var checkpoint = scores.LastCheckpoint();
        var row = scores.Seen(checkpoint).OrderByDescending(r => r.Score).ThenBy(r => r.Loss ?? 0).FirstOrDefault()
            ?? throw new Llm360Exception(
                $"{checkpoint} has seen none of the scored sequences.",
                $"suite {scores.Suite.Name}",
                "Score a later checkpoint, or chunks it has seen.");
        var (k, l) = (scores.Settings.PromptLength, scores.Settings.ContinuationLength);
        var tokens = (await scores.TokensAsync([row], k + l, run.StopToken()).ConfigureAwait(false))[0];
        var choices = (run ?? new RunOptions()) with { Precision = scores.Settings.Precision };
        using var model = await checkpoint.LoadAsync(choices).ConfigureAwait(false);
        // A single pass reports no progress.
        var positions = model.Score([tokens], run: choices with { Progress = new Progress<WorkProgress>() })[0].Positions;
        var decoder = checkpoint.Tokenizer().StartDecoding([]);
        var values = tokens.Select((token, i) => new TokenValue(
            decoder.Push(token),
            i < k ? null : -positions[i - 1].LogProbability,
            Memorized: i >= k && row.Matches[i - k] == '1',
            Prompt: i < k));
        return new TokenText(
            $"loss (nats) of {scores.Suite.Name} at {checkpoint} on a sequence of {row.Source}, chunk {row.Chunk}, row {row.Row}: "
                + $"{row.Match} of {l} tokens reproduced",
            [.. values]);
    }
}
