// Questions for attribution, chosen from a suite's own data.
namespace Llm360.Notebooks;

/// <summary>A query with a name.</summary>
/// <param name="Name">For example <c>canary c35-r16</c>.</param>
/// <param name="TokenIds">Its tokens.</param>
/// <param name="Canary">The canary's name; null for other text.</param>
/// <param name="Repetitions">Number of rows that begin with the canary; 0 for other text.</param>
public sealed record AttributionQuestion(string Name, int[] TokenIds, string? Canary = null, int Repetitions = 0);

/// <summary>Chooses questions.</summary>
public static class AttributionQuestions
{
    private const int LongestSentence = 48, PromptLength = 8, ContinuationLength = 16;

    /// <summary>
    /// Canaries that were planted and seen, some for each number of repetitions, the last planted
    /// first.
    /// </summary>
    /// <param name="index">An index with the canaries' chunks.</param>
    /// <param name="least">Smallest number of repetitions.</param>
    /// <param name="each">Canaries for each number of repetitions.</param>
    /// <returns>The most repeated ones first; empty if the suite has no canaries.</returns>
    public static IReadOnlyList<AttributionQuestion> Canaries(this AttributionIndex index, int least = 8, int each = 2)
    {
        ArgumentNullException.ThrowIfNull(index);
        var suite = index.Analysis.Suite;
        var path = Path.Combine(suite.Folder, SuiteLayout.Canaries);
        if (suite.Recipe?.Corpus.Canaries is null || !File.Exists(path))
            return [];
        var seen = index.Checkpoints[^1].RequireChunksSeen();
        var chunks = index.Chunks.Select(c => c.Index).Where(c => c < seen).ToHashSet();
        return
        [
            .. Canary.ReadAll(path).Where(c => c.Chunk is { } chunk && chunks.Contains(chunk) && c.Repetitions >= least)
                .GroupBy(c => c.Repetitions).OrderByDescending(g => g.Key)
                .SelectMany(g => g.OrderByDescending(c => c.Chunk).Take(each))
                .Select(c => new AttributionQuestion($"canary {c.Id}", c.TokenIds, c.Id, c.Repetitions)),
        ];
    }

    /// <summary>
    /// The first sentence in the training rows that contains a word, at most 48 tokens. If there is
    /// none, the beginning of the first row that has no canary.
    /// </summary>
    /// <param name="index">The index.</param>
    /// <param name="name">Name of the question.</param>
    /// <param name="word">A word or part of one; case is ignored.</param>
    /// <exception cref="Llm360Exception">The suite has no tokenizer.</exception>
    public static AttributionQuestion Sentence(this AttributionIndex index, string name, string word)
    {
        ArgumentNullException.ThrowIfNull(index);
        var tokenizer = RequireTokenizer(index);
        foreach (var row in index.Rows.Where(r => r.Canary is null))
        {
            var text = tokenizer.Decode(row.TokenIds);
            var at = text.IndexOf(word, StringComparison.OrdinalIgnoreCase);
            if (at < 0)
                continue;
            var begin = text.LastIndexOf(". ", at, StringComparison.Ordinal) is var before and >= 0 ? before + 2 : -1;
            var end = text.IndexOf('.', at);
            // A sentence that is cut off by the row does not count.
            if (begin < 0 || end < 0)
                continue;
            var tokens = tokenizer.Encode(text[begin..(end + 1)]);
            if (tokens.Length is >= 4 and <= LongestSentence)
                return new AttributionQuestion(name, tokens);
        }

        var first = index.Rows.First(r => r.Canary is null).TokenIds;
        return new AttributionQuestion(name, first[..Math.Min(LongestSentence, first.Length)]);
    }

    /// <summary>
    /// A continuation by the last checkpoint after the beginning of a training row: 8 tokens of the
    /// row and 16 greedy ones.
    /// </summary>
    /// <param name="index">The index.</param>
    /// <param name="name">Name of the question.</param>
    /// <param name="run">Device, progress and cancellation.</param>
    /// <exception cref="Llm360Exception">The checkpoint cannot be loaded.</exception>
    public static async Task<AttributionQuestion> OutputAsync(this AttributionIndex index, string name, RunOptions? run = null)
    {
        ArgumentNullException.ThrowIfNull(index);
        var row = index.Rows.Last(r => r.Canary is null);
        using var model = await index.Checkpoints[^1].LoadAsync(run).ConfigureAwait(false);
        var prompt = row.TokenIds[..Math.Min(PromptLength, row.TokenIds.Length)];
        var output = await Task.Run(() => model.Generate([prompt], new GenerationOptions { MaxNewTokens = ContinuationLength })[0])
            .ConfigureAwait(false);
        return new AttributionQuestion(name, [.. prompt, .. output]);
    }

    /// <summary>Answers questions with several methods, each in one pass over the rows.</summary>
    /// <param name="indices">An index for each method.</param>
    /// <param name="questions">The questions.</param>
    public static async Task<AttributionComparison> AskAsync(
        this IReadOnlyList<AttributionIndex> indices, IReadOnlyList<AttributionQuestion> questions)
    {
        ArgumentNullException.ThrowIfNull(indices);
        var results = new List<IReadOnlyList<AttributionResult>>();
        foreach (var index in indices)
            results.Add(await index.QueryAsync([.. questions.Select(q => q.TokenIds)]).ConfigureAwait(false));
        return new AttributionComparison(questions, results);
    }

    private static ITokenizer RequireTokenizer(AttributionIndex index) => index.Tokenizer ?? throw new Llm360Exception(
        $"The suite {index.Analysis.Suite.Name} has no tokenizer.", $"suite {index.Analysis.Suite.Name}", "Ask with token ids.");
}
