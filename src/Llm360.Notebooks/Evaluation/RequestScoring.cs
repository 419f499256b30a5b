// Log-likelihoods of continuations, with shared prefixes and a minimum of head computations.
namespace Llm360.Notebooks;

/// <summary>The score of one continuation.</summary>
/// <param name="LogLikelihood">Sum of the log-probabilities of its tokens, nats.</param>
/// <param name="IsGreedy">Whether each of its tokens is the most probable one.</param>
internal readonly record struct ContinuationScore(double LogLikelihood, bool IsGreedy);

/// <summary>
/// How requests are scored. On a CPU, the results do not depend on these options.
/// </summary>
/// <param name="RowsAtOnce">Sequences at once, memory permitting.</param>
/// <param name="SharePrefixes">Whether common prefixes are computed once.</param>
internal sealed record ScoringOptions(int RowsAtOnce = 64, bool SharePrefixes = true);

/// <summary>Scores requests.</summary>
/// <remarks>
/// On a CPU, a request has the same bits alone, in any batch, after a shared prefix and with any
/// number of threads: <see cref="RowInvariance"/>.
/// </remarks>
internal static class RequestScoring
{
    /// <summary>Scores of all requests, in order.</summary>
    /// <param name="model">The model.</param>
    /// <param name="requests">The requests; equal ones are scored once.</param>
    /// <param name="options">How requests are scored.</param>
    /// <param name="places">Returns where each request comes from, for errors.</param>
    /// <param name="progress">Called with the number of sequences done; null for no calls.</param>
    /// <param name="cancellation">Checked before every pass.</param>
    /// <exception cref="Llm360Exception">
    /// A continuation is longer than the model's positions, a token is not in the vocabulary, or
    /// logits are not numbers.
    /// </exception>
    public static ContinuationScore[] Score(
        LanguageModel model, IReadOnlyList<TokenRequest> requests, ScoringOptions options, Func<int, string> places, Action<int,
            int>? progress, CancellationToken cancellation)
    {
        var leaves = new Dictionary<string, (PrefixLeaf Leaf, List<int> Requests)>();
        foreach (var (i, request) in requests.Index())
        {
            Check(model, request, places, i);
            var leaf = new PrefixLeaf(request.Input(model.Config.MaximumLength), 0);
            leaf = leaf with { First = leaf.Tokens.Length - request.Continuation.Length };
            var key = $"{leaf.First} {string.Join(' ', leaf.Tokens)}";
            if (!leaves.TryGetValue(key, out var found))
                leaves[key] = found = (leaf, []);
            found.Requests.Add(i);
        }

        var scores = new ContinuationScore?[requests.Count];
        var byLeaf = leaves.Values.ToDictionary(l => l.Leaf, l => l.Requests);
        var rows = options.RowsAtOnce;
        while (byLeaf.Keys.Where(l => scores[byLeaf[l][0]] is null).ToList() is { Count: > 0 } left)
        {
            try
            {
                PrefixSweep.Run(model, requests, byLeaf, scores, left, options with { RowsAtOnce = rows }, places, progress, cancellation);
            }
            catch (Exception e) when (DeviceMemory.IsExhausted(e) && rows > 1)
            {
                rows = Math.Max(1, Math.Min(rows, left.Count) / 2);
            }
        }

        return [.. scores.Select(s => s!.Value)];
    }

    private static void Check(LanguageModel model, TokenRequest request, Func<int, string> places, int i)
    {
        if (request.Continuation.Length > model.Config.MaximumLength)
        {
            throw new Llm360Exception(
                $"A continuation of {request.Continuation.Length} tokens is longer than the model's "
                + $"{model.Config.MaximumLength} positions.",
                places(i), "Leave the item out, or use a model with more positions.");
        }

        TokenRows.CheckVocabulary(model.Config, request.Context, places(i));
        TokenRows.CheckVocabulary(model.Config, request.Continuation, places(i));
    }
}
