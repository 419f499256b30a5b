// The prediction of one token.
namespace Llm360.Notebooks;

/// <summary>The prediction made at one position.</summary>
/// <param name="LogProbability">
/// Natural logarithm of the probability of the token that follows; NaN at the last position.
/// </param>
/// <param name="Rank">
/// Number of tokens with a larger logit than the token that follows: 0 if it is the most probable;
/// -1 at the last position.
/// </param>
/// <param name="Argmax">The most probable token.</param>
/// <param name="Entropy">
/// Entropy of the prediction in nats: the negative of the mean of log p(v) under v ~ p.
/// </param>
/// <param name="Deviation">
/// Standard deviation of log p(v) under v ~ p, over the whole vocabulary.
/// </param>
public readonly record struct TokenScore(float LogProbability, int Rank, int Argmax, float Entropy, float Deviation);
