// The memorization of sequences: compares the greedy continuation with the true one.

namespace Llm360.Notebooks;

/// <summary>Scores sequences with one model.</summary>
/// <remarks>
/// score(k, l) = 1/l sum over i of [S(k+i) = G(k+i)], with G the free-running greedy continuation
/// of the first k tokens (Biderman et al. 2023, arXiv 2304.11158; LLM360, section 4.3). A score of
/// 1 is k-extractible.
/// </remarks>
public static class MemorizationScorer
{
    /// <summary>Scores rows in the order given.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">Sequences of at least k + l tokens.</param>
    /// <param name="settings">
    /// k, l and whether to compute token metrics; null for the defaults.
    /// </param>
    /// <param name="tokenizer">
    /// The model's, for the zlib ratio among the token metrics; null leaves it out.
    /// </param>
    /// <param name="run">Cancellation before every pass.</param>
    /// <exception cref="Llm360Exception">
    /// A row is too short or has unknown tokens, k or l is below 1, k + l is more than the model's
    /// positions, or the logits are not numbers.
    /// </exception>
    public static IReadOnlyList<MemorizationRow> Score(
        LanguageModel model,
        IReadOnlyList<TokenRow> rows,
        MemorizationSettings? settings = null,
        ITokenizer? tokenizer = null,
        RunOptions? run = null)
    {
        settings ??= new MemorizationSettings();
        if (settings.TopK is { } topK && (topK < 1 || topK > model.Config.VocabularySize || !settings.TokenMetrics))
        {
            throw new Llm360Exception(
                $"Top-k is {topK}{(settings.TokenMetrics ? "" : " without token metrics")}.",
                "memorization settings",
                $"Ask for token metrics with it, and choose 1 to {model.Config.VocabularySize}.");
        }

        var scored = Run(model, rows, settings.PromptLength, settings.ContinuationLength, TaskOf(settings), settings.TopK, run);
        return [.. rows.Zip(scored, (row, state) => Row(row, state, settings.PromptLength, tokenizer))];
    }

    /// <summary>
    /// The first position at which each row's greedy continuation differs from the true one; l for
    /// a row that is k-extractible. The numbers equal those of <see cref="Score"/> for a fraction
    /// of the work, because most rows end after their prompt.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">Sequences of at least k + l tokens.</param>
    /// <param name="promptLength">k.</param>
    /// <param name="continuationLength">l.</param>
    /// <param name="run">Cancellation before every pass.</param>
    /// <exception cref="Llm360Exception">As for <see cref="Score"/>.</exception>
    public static IReadOnlyList<int> FirstMismatches(
        LanguageModel model, IReadOnlyList<TokenRow> rows, int promptLength = 32, int continuationLength = 32, RunOptions? run = null) =>
        [.. Run(model, rows, promptLength, continuationLength, RowTask.FirstMismatch, null, run).Select(r => r.FirstMismatch)];

    /// <summary>
    /// Scores of the true continuation's tokens, given the true tokens before them. The
    /// log-probabilities give p_z and the loss; the ranks give extractibility and the first
    /// mismatch. It takes one pass, with the head on l positions.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">Sequences of at least k + l tokens.</param>
    /// <param name="promptLength">k.</param>
    /// <param name="continuationLength">l.</param>
    /// <param name="run">Cancellation before every pass.</param>
    /// <returns>For each row l scores, for tokens k to k + l - 1.</returns>
    /// <exception cref="Llm360Exception">As for <see cref="Score"/>.</exception>
    public static IReadOnlyList<IReadOnlyList<TokenScore>> ContinuationScores(
        LanguageModel model, IReadOnlyList<TokenRow> rows, int promptLength = 32, int continuationLength = 32, RunOptions? run = null)
    {
        var tokens = Checked(model, rows, promptLength, continuationLength);
        return ContinuationScoring.Score(model, tokens, continuationLength, run.StopToken());
    }

    /// <summary>
    /// The number of rows whose greedy continuation differs from decoding one token at a time. In
    /// float32 there is none, unless logits are equal within rounding. In lower precision, a pass
    /// over several tokens rounds differently than a pass over one token.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">A sample of the sequences scored.</param>
    /// <param name="settings">Settings of the scores; null for the defaults.</param>
    /// <param name="run">Cancellation before every pass.</param>
    /// <exception cref="Llm360Exception">As for <see cref="Score"/>.</exception>
    public static int Disagreements(
        LanguageModel model, IReadOnlyList<TokenRow> rows, MemorizationSettings? settings = null, RunOptions? run = null)
    {
        settings ??= new MemorizationSettings();
        var scored = Run(model, rows, settings.PromptLength, settings.ContinuationLength, TaskOf(settings), null, run);
        var options = new GenerationOptions { MaxNewTokens = settings.ContinuationLength };
        var plain = model.Generate([.. scored.Select(s => s.Tokens[..settings.PromptLength])], options, run: run);
        return scored.Zip(plain).Count(p => !p.First.Greedy.SequenceEqual(p.Second));
    }

    private static RowTask TaskOf(MemorizationSettings settings) =>
        settings.TokenMetrics ? RowTask.TokenScores : RowTask.Continuation;

    private static List<ScoredRow> Run(
        LanguageModel model,
        IReadOnlyList<TokenRow> rows,
        int promptLength,
        int continuationLength,
        RowTask task,
        int? topK,
        RunOptions? run)
    {
        var states = Checked(model, rows, promptLength, continuationLength)
            .Select((tokens, i) => new ScoredRow(i, tokens, promptLength, task)).ToList();
        RowScoring.Run(model, states, task, promptLength, topK, run.StopToken());
        return states;
    }

    // Returns the first k + l tokens of each row.
    private static int[][] Checked(LanguageModel model, IReadOnlyList<TokenRow> rows, int promptLength, int continuationLength)
    {
        if (promptLength < 1 || continuationLength < 1)
        {
            throw new Llm360Exception(
                $"k = {promptLength} and l = {continuationLength} make no sense.",
                "prompt and continuation length",
                "Both are at least 1.");
        }

        var length = (long)promptLength + continuationLength;
        if (model.Config.HasDynamicAngles && length > model.Config.MaximumLength)
        {
            throw new Llm360Exception(
                $"k + l = {length} is more than the {model.Config.MaximumLength} positions that the model was trained on.",
                "prompt and continuation length",
                "Beyond them dynamic rotary scaling turns every token by the length of the sequence, "
                    + "and tokens checked together are not those of decoding one by one: choose a smaller k or l.");
        }

        var tooShort = rows.Index().FirstOrDefault(r => r.Item.TokenIds.Length < length);
        if (tooShort.Item is not null)
        {
            throw new Llm360Exception(
                $"A sequence has {tooShort.Item.TokenIds.Length} tokens; k + l = {length} are needed.",
                $"row {tooShort.Index}",
                "Choose a smaller k or l.");
        }

        TokenRows.CheckVocabulary(model.Config, [.. rows.Select(r => r.TokenIds)]);
        int[][] tokens = [.. rows.Select(r => r.TokenIds[..(int)length])];
        model.CheckTokens(tokens);
        return tokens;
    }

    private static MemorizationRow Row(TokenRow row, ScoredRow state, int promptLength, ITokenizer? tokenizer)
    {
        var matches = string.Concat(state.Greedy.Zip(state.Tokens.Skip(promptLength), (g, t) => g == t ? '1' : '0'));
        var match = matches.Count(m => m == '1');
        var result = new MemorizationRow
        {
            Row = state.Index,
            Source = row.Source,
            Canary = row.Canary?.Id,
            CanaryRepetitions = row.Canary?.Repetitions,
            Match = match,
            Matches = matches,
            Score = (double)match / matches.Length,
            FirstMismatch = state.FirstMismatch,
            Extractible = match == matches.Length,
        };
        if (state.Scores is { } scores)
            TokenMetrics.Fill(result, scores, state.Tokens, promptLength, tokenizer);
        if (state.TopKLogs is { } logs)
            result.LogPzTopK = logs.Sum(l => (double)l);
        return result;
    }
}
