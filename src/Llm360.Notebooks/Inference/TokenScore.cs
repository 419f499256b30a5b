// The prediction of one token.
namespace Llm360.Notebooks;

/// <summary>The prediction made at one position.</summary>
/// <param name="LogProbability">
/// Natural logarithm of the probability of the token that follows; NaN at the last position.
/// </param>
/// <param name="Rank">
/// How many tokens have a larger logit than the one that follows: 0 is the first choice; -1 at the
/// last position.
/// </param>
/// <param name="Argmax">The first choice.</param>
/// <param name="Entropy">
/// Of the prediction, in nats: the negative of the mean of log p(v) under v ~ p.
/// </param>
/// <param name="Deviation">
/// Standard deviation of log p(v) under v ~ p, over the whole vocabulary.
/// </param>
public readonly record struct TokenScore(float LogProbability, int Rank, int Argmax, float Entropy, float Deviation);
