// The ways to score training rows for a query.
using System.Text.Json.Serialization;

namespace Llm360.Notebooks;

/// <summary>A method of training-data attribution.</summary>
/// <remarks>
/// A score is positive if training on the row lowers the query's loss, to first order. Text methods
/// rank by similarity. g is the gradient of the loss summed over a row's tokens (nats); eta is a
/// learning rate. "Block linears" are all linear layers except the head.
/// </remarks>
[JsonConverter(typeof(JsonStringEnumConverter<AttributionMethod>))]
public enum AttributionMethod
{
    /// <summary>
    /// Sum over checkpoints of eta g(query) . g(row), all parameters; nats. TracInCP (Pruthi et al.
    /// 2020, arXiv 2002.08484).
    /// </summary>
    TracIn,

    /// <summary><see cref="TracIn"/> over block linears only; nats.</summary>
    TracInLinear,

    /// <summary><see cref="TracIn"/> over the head only, without a backward pass; nats.</summary>
    TracInHead,

    /// <summary>g(query) . g(row) at the last checkpoint, all parameters; squared nats.</summary>
    GradDot,

    /// <summary>The cosine of g(query) and g(row) at the last checkpoint; -1 to 1.</summary>
    GradCos,

    /// <summary>
    /// Sum over checkpoints of eta times the cosine of g(query) and the row's Adam step (Xia et al.
    /// 2024, arXiv 2402.04333). It needs the checkpoints' optimizer files.
    /// </summary>
    Less,

    /// <summary>
    /// The dot product of gradients projected inside each block linear; squared nats.
    /// </summary>
    LoGraDot,

    /// <summary>
    /// LoGra (Choe et al. 2024, arXiv 2405.13954): projected gradients with the inverse of their
    /// second moment between them; no unit.
    /// </summary>
    LoGra,

    /// <summary><see cref="Trak"/> at the last checkpoint.</summary>
    TrakLast,

    /// <summary>
    /// TRAK (Park et al. 2023, arXiv 2303.14186): ridge regression on projected gradients of the
    /// margin, averaged over checkpoints; change of the margin's logit.
    /// </summary>
    Trak,

    /// <summary>
    /// EK-FAC influence (Grosse et al. 2023, arXiv 2308.03296) of block linears at the last
    /// checkpoint, one damping for all layers; no unit.
    /// </summary>
    EkFac,

    /// <summary>
    /// <see cref="EkFac"/> with a damping for each layer, a tenth of its mean eigenvalue.
    /// </summary>
    EkFacAuto,

    /// <summary>
    /// <see cref="EkFac"/> with the eigenvalues of K-FAC, the products of both factors'
    /// eigenvalues.
    /// </summary>
    KFac,

    /// <summary>
    /// <see cref="EkFac"/> without rotation: the mean squared gradient of each weight.
    /// </summary>
    Diagonal,

    /// <summary>
    /// BM25 over token ids with exact lengths (Robertson and Zaragoza 2009); no unit.
    /// </summary>
    Bm25,

    /// <summary>Number of distinct n-grams of the query that occur in the row.</summary>
    NGram,

    /// <summary>Length of the longest run of tokens that occurs in both; tokens.</summary>
    CommonRun,

    /// <summary>The row's length; tokens. It does not depend on the query.</summary>
    RowLength,

    /// <summary>
    /// The row's loss at the last checkpoint; nats. It does not depend on the query.
    /// </summary>
    RowLoss,

    /// <summary>A number from 0 to 1 that the row's tokens and a seed determine.</summary>
    Random,
}
