// The memorization score of sequences: greedy continuation against the true one.
using Llm360.Notebooks.Corpora;
using Llm360.Notebooks.Models;
using Llm360.Notebooks.Text;
using TorchSharp;

namespace Llm360.Notebooks.Memorization;

/// <summary>Scores sequences with one model.</summary>
/// <remarks>
/// score(k, l) = 1/l sum over i of [S(k+i) = G(k+i)], with G the greedy continuation of the first k tokens, running free (Biderman et al. 2023, arXiv 2304.11158;
/// LLM360, section 4.3). A score of 1 is k-extractible.
/// </remarks>
public static class MemorizationScorer
{
    private const int RowsAtOnce = 128;

    /// <summary>Scores rows in the order given.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">Sequences of at least k + l tokens.</param>
    /// <param name="settings">k, l and whether token metrics are wanted; null for the defaults.</param>
    /// <param name="tokenizer">The model's, for the zlib ratio among the token metrics; null leaves it out.</param>
    /// <param name="cancellation">Looked at before every pass.</param>
    /// <exception cref="Llm360Exception">A row is too short, or k + l is more than the model's positions.</exception>
    public static IReadOnlyList<MemorizationRow> Score(LanguageModel model, IReadOnlyList<TokenRow> rows, MemorizationSettings? settings = null, ITokenizer? tokenizer = null, CancellationToken cancellation = default)
    {
        settings ??= new MemorizationSettings();
        var (promptLength, continuationLength) = (settings.PromptLength, settings.ContinuationLength);
        var tooShort = rows.Index().FirstOrDefault(r => r.Item.TokenIds.Length < promptLength + continuationLength);
        if (tooShort.Item is not null)
            throw new Llm360Exception($"A sequence has {tooShort.Item.TokenIds.Length} tokens; k + l = {promptLength + continuationLength} are needed.", $"row {tooShort.Index}", "Choose a smaller k or l.");
        var results = new List<MemorizationRow>(rows.Count);
        foreach (var batch in rows.Index().Chunk(RowsAtOnce))
        {
            using var scope = torch.NewDisposeScope();
            var prompts = torch.tensor(batch.SelectMany(r => r.Item.TokenIds.Take(promptLength)).Select(t => (long)t).ToArray(), [batch.Length, promptLength]);
            var generated = Generation.Greedy(model, prompts, continuationLength, cancellation).cpu().data<long>().ToArray(); // [batch, l]
            results.AddRange(batch.Select((r, i) => Compare(r.Index, r.Item, promptLength, generated.AsSpan(i * continuationLength, continuationLength))));
        }

        if (settings.TokenMetrics)
        {
            var sequences = rows.Select(r => r.TokenIds[..(promptLength + continuationLength)]).ToList();
            foreach (var (row, tokens, scores) in results.Zip(sequences, model.Score(sequences, cancellation: cancellation)))
                TokenMetrics.Fill(row, scores.Positions.SkipLast(1).ToArray(), tokens, promptLength, tokenizer);
        }

        return results;
    }

    private static MemorizationRow Compare(int index, TokenRow row, int promptLength, ReadOnlySpan<long> generated)
    {
        var matches = new char[generated.Length];
        for (var i = 0; i < generated.Length; i++)
            matches[i] = generated[i] == row.TokenIds[promptLength + i] ? '1' : '0';
        var match = matches.Count(m => m == '1');
        return new MemorizationRow
        {
            Row = index,
            Source = row.Source,
            CanaryRepetitions = row.Canary?.Repetitions,
            Match = match,
            Matches = new string(matches),
            Score = (double)match / generated.Length,
            FirstMismatch = matches.TakeWhile(m => m == '1').Count(),
            Extractible = match == generated.Length,
        };
    }
}
