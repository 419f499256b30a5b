// The state of one sequence during scoring: its greedy continuation so far.

namespace Llm360.Notebooks;

/// <summary>The result to compute for each sequence.</summary>
internal enum RowTask
{
    /// <summary>The first mismatch of the greedy continuation; the row ends there.</summary>
    FirstMismatch,

    /// <summary>The whole greedy continuation.</summary>
    Continuation,

    /// <summary>The continuation, and the scores of the true tokens at every position.</summary>
    TokenScores,
}

/// <summary>The state of one row.</summary>
/// <remarks>
/// As long as the greedy tokens equal the true ones, the true continuation is the context of
/// free-running decoding. Growing segments of it (1, 2, 4, ... tokens) are therefore computed at
/// once and compared; tokens computed after a mismatch are discarded. From the mismatch on, the
/// row's own tokens are decoded one by one. (The true continuation is not used as a draft after the
/// mismatch, because the contexts differ. Whether it would pay has not been measured.)
/// </remarks>
/// <param name="index">Its number.</param>
/// <param name="tokens">The k + l true tokens.</param>
/// <param name="promptLength">k.</param>
/// <param name="task">The result to compute.</param>
internal sealed class ScoredRow(int index, int[] tokens, int promptLength, RowTask task)
{
    private readonly int length = tokens.Length - promptLength;
    private int known; // greedy tokens known
    private int drafted; // of the segment in flight: true tokens that come after the last known one
    private int step = 1;

    public int Index => index;

    public int[] Tokens => tokens;

    /// <summary>Greedy tokens computed so far.</summary>
    public int[] Greedy { get; } = new int[tokens.Length - promptLength];

    /// <summary>
    /// Position of the first greedy token that differs from the true one; l if there is none so
    /// far.
    /// </summary>
    public int FirstMismatch { get; private set; } = tokens.Length - promptLength;

    /// <summary>Scores of tokens 1 to k + l - 1, if requested.</summary>
    public TokenScore[]? Scores { get; set; }

    /// <summary>
    /// For sampling from the most probable tokens: log-probabilities of the continuation, if
    /// requested.
    /// </summary>
    public float[]? TopKLogs { get; set; }

    public bool IsDone => known == length || (task == RowTask.FirstMismatch && HasParted);

    private bool HasParted => FirstMismatch < length;

    /// <summary>Discards all results.</summary>
    public void Restart()
    {
        (known, drafted, step, FirstMismatch) = (0, 0, 1, length);
        Array.Clear(Greedy);
    }

    /// <summary>The first segment: the prompt, or all tokens that are scored.</summary>
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
    /// Processes the model's choices after the last known token and after each drafted token.
    /// </summary>
    /// <param name="chosen">[1 + drafted]</param>
    /// <returns>Number of tokens that the row's slot may keep.</returns>
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
