// Several questions answered by several methods.
namespace Llm360.Notebooks;

/// <summary>The answers of several methods to several questions.</summary>
public sealed class AttributionComparison
{
    internal AttributionComparison(
        IReadOnlyList<AttributionQuestion> questions, IReadOnlyList<IReadOnlyList<AttributionResult>> byMethod) =>
        (Questions, ByMethod) = (questions, byMethod);

    /// <summary>The questions.</summary>
    public IReadOnlyList<AttributionQuestion> Questions { get; }

    /// <summary>For each method the answers, in the order of the questions.</summary>
    public IReadOnlyList<IReadOnlyList<AttributionResult>> ByMethod { get; }

    /// <summary>The answers to one question, one for each method.</summary>
    /// <exception cref="Llm360Exception">There is no such question.</exception>
    public IReadOnlyList<AttributionResult> this[AttributionQuestion question]
    {
        get
        {
            var place = Questions.ToList().IndexOf(question);
            return place >= 0 ? [.. ByMethod.Select(m => m[place])]
                : throw new Llm360Exception(
                    $"The question \"{question?.Name}\" was not asked.", "comparison", "Ask it together with the others.");
        }
    }

    /// <summary>
    /// The contributions of a row's tokens to its scores for a question, by every method whose
    /// score is a sum over tokens.
    /// </summary>
    /// <param name="question">One of the questions.</param>
    /// <param name="row">A row of the indices.</param>
    public async Task<IReadOnlyList<TokenInfluence>> PerTokenAsync(AttributionQuestion question, AttributionRow row)
    {
        var influences = new List<TokenInfluence>();
        foreach (var answer in this[question].Where(a => a.Index.Analysis.Scoring is CheckpointMethod { IsSumOverTokens: true }))
            influences.Add(await answer.PerTokenAsync(row).ConfigureAwait(false));
        return influences;
    }

    /// <summary>
    /// Recall at k of a canary's planted rows, where k is their number, for each method. For each
    /// number of repetitions it is the mean over its canaries.
    /// </summary>
    internal IReadOnlyList<(string Method, IReadOnlyList<(int Repetitions, IReadOnlyList<double> Recalls)> Points)> Recalls() =>
    [
        .. ByMethod.Select(answers => (answers[0].Method, (IReadOnlyList<(int, IReadOnlyList<double>)>)
        [
            .. Questions.Zip(answers).Where(q => q.First.Canary is not null).GroupBy(q => q.First.Repetitions).OrderBy(g => g.Key)
                .Select(g => (g.Key, (IReadOnlyList<double>)[.. g.Select(q => q.Second.Recall(
                    q.Second.Rows.Count(r => r.Canary == q.First.Canary), r => r.Canary == q.First.Canary))])),
        ])),
    ];
}
