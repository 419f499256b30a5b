// The sequence that a model remembers best, as text.

namespace Llm360.Notebooks;

/// <summary>Showing memorised sequences.</summary>
public static class MemorizedText
{
    /// <summary>Of the ordinary text that the last scored checkpoint has seen, the sequence it reproduces best: prompt in grey, each token's loss as background, reproduced tokens underlined.</summary>
    /// <remarks>Of equal scores the one with the smaller loss, where token metrics were asked for.</remarks>
    /// <param name="scores">The scores.</param>
    /// <param name="device"><see cref="Device.Best"/> when null.</param>
    /// <exception cref="Llm360Exception">The checkpoint has seen nothing, or cannot be loaded.</exception>
    public static async Task<TokenText> BestRememberedAsync(this MemorizationScores scores, Device? device = null)
    {
        var checkpoint = scores.LastCheckpoint();
        var row = scores.Seen(checkpoint).OrderByDescending(r => r.Score).ThenBy(r => r.Loss ?? 0).FirstOrDefault()
            ?? throw new Llm360Exception($"{checkpoint} has seen none of the scored sequences.", $"suite {scores.Suite.Name}", "Score a later checkpoint, or chunks it has seen.");
        var (k, l) = (scores.Settings.PromptLength, scores.Settings.ContinuationLength);
        var tokens = (await scores.TokensAsync([row], k + l).ConfigureAwait(false))[0];
        using var model = await checkpoint.LoadAsync(device, Precision.Parse(scores.Settings.Precision)).ConfigureAwait(false);
        var positions = model.Score([tokens], progress: new Progress<WorkProgress>())[0].Positions; // one pass: nothing to watch
        var decoder = checkpoint.Tokenizer().StartDecoding([]);
        return new TokenText(
            $"loss (nats) of {scores.Suite.Name} at {checkpoint} on a sequence of {row.Source}, chunk {row.Chunk}, row {row.Row}: {row.Match} of {l} tokens reproduced",
            [.. tokens.Select((token, i) => new TokenValue(decoder.Push(token), i < k ? null : -positions[i - 1].LogProbability, Memorized: i >= k && row.Matches[i - k] == '1', Prompt: i < k))]);
    }
}
