// One sequence on its way: what is known of its greedy continuation.

namespace Llm360.Notebooks;

/// <summary>What to find out of each sequence.</summary>
internal enum RowTask
{
    /// <summary>Where the greedy continuation first differs; the row is done there.</summary>
    FirstMismatch,

    /// <summary>The whole greedy continuation.</summary>
    Continuation,

    /// <summary>That, and the scores of the true tokens at every position.</summary>
    TokenScores,
}

/// <summary>The state of one row.</summary>
/// <remarks>
/// As long as the greedy tokens are the true ones, the true continuation is the context that
/// free-running decoding would have, so growing segments of it (1, 2, 4, ... tokens) are computed
/// at once and compared; what was computed behind a mismatch is taken back. From the mismatch on
/// the row's own tokens follow one by one. (The true continuation as a draft after the mismatch is
/// not offered again: contexts have parted. Whether it would pay has not been measured.)
/// </remarks>
/// <param name="index">Its number.</param>
/// <param name="tokens">The k + l true tokens.</param>
/// <param name="promptLength">k.</param>
/// <param name="task">What is wanted.</param>
internal sealed class ScoredRow(int index, int[] tokens, int promptLength, RowTask task)
{
    private readonly int length = tokens.Length - promptLength;
    private int known; // greedy tokens known
    private int drafted; // of the segment in flight: true tokens that come after the last known one
    private int step = 1;

    public int Index => index;

    public int[] Tokens => tokens;

    /// <summary>Greedy tokens, as far as they are known.</summary>
    public int[] Greedy { get; } = new int[tokens.Length - promptLength];

    /// <summary>
    /// Place of the first greedy token that is not the true one; l if there is none so far.
    /// </summary>
    public int FirstMismatch { get; private set; } = tokens.Length - promptLength;

    /// <summary>Of tokens 1 to k + l - 1, where wanted.</summary>
    public TokenScore[]? Scores { get; set; }

    /// <summary>
    /// With a finite number of tokens to draw from: log-probabilities of the continuation, where
    /// wanted.
    /// </summary>
    public float[]? TopKLogs { get; set; }

    public bool IsDone => known == length || (task == RowTask.FirstMismatch && HasParted);

    private bool HasParted => FirstMismatch < length;

    /// <summary>Forgets all that was computed.</summary>
    public void Restart()
    {
        (known, drafted, step, FirstMismatch) = (0, 0, 1, length);
        Array.Clear(Greedy);
    }

    /// <summary>The first segment: the prompt, or all that is scored.</summary>
    public Segment First(int slot)
    {
        if (task != RowTask.TokenScores)
            return new Segment(slot, tokens[..promptLength]);
        drafted = length - 1;
        return new Segment(slot, tokens[..^1], tokens.Length - 1);
    }

    /// <summary>The next segment.</summary>
    public Segment Next(int slot)
    {
        if (HasParted)
        {
            drafted = 0;
            return new Segment(slot, [Greedy[known - 1]]);
        }

        var count = Math.Min(step, length - known);
        (step, drafted) = (step * 2, count - 1);
        var first = promptLength + known - 1;
        return new Segment(slot, tokens[first..(first + count)], count);
    }

    /// <summary>
    /// Takes up what the model chose after the last known token and after each drafted one.
    /// </summary>
    /// <param name="chosen">[1 + drafted]</param>
    /// <returns>How many tokens the row's slot may keep.</returns>
    public int Accept(ReadOnlySpan<int> chosen)
    {
        for (var i = 0; i <= drafted; i++)
        {
            Greedy[known] = chosen[i];
            if (chosen[i] != tokens[promptLength + known] && !HasParted)
                FirstMismatch = known;
            known++;
            if (HasParted)
                break;
        }

        return promptLength + known - 1;
    }
}
