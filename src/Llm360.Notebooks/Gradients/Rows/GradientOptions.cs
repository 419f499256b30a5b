// Options of the gradients of rows: their form, the loss, the projection.
namespace Llm360.Notebooks;

/// <summary>The form in which the gradient of a row's loss is given.</summary>
public enum GradientForm
{
    /// <summary>
    /// One tensor for each parameter, by its name, in the layout of the file: [out, in] for linear
    /// layers, [in, out] for those of CrystalCoder. A tied head and its embedding are one
    /// parameter, which gets the sum of both gradients.
    /// </summary>
    Full,

    /// <summary>
    /// For each linear layer, the head among them: <c>{module}.input</c>, X [tokens, in], and
    /// <c>{module}.output_gradient</c>, Y [tokens, out]. The gradient of the weight is Yᵀ X ([out,
    /// in]) or Xᵀ Y ([in, out]); that of the bias is the sum of Y over tokens. For the embedding:
    /// <c>{module}.output_gradient</c>, Y [tokens, hidden]; row v of its gradient is the sum of Y
    /// over the tokens with id v. For norms: the gradient of each parameter, by its name. Y of the
    /// last token is zero, because it predicts nothing; so is its X if the row has one token more
    /// than the model has positions.
    /// </summary>
    Factors,

    /// <summary>
    /// One tensor for each parameter, by its name: a random projection of <see cref="Full"/>. A
    /// matrix G [r, c] becomes Lᵀ G R, [min(size, r), min(size, c)]; a vector g [r] becomes Lᵀ g,
    /// [min(size, r)]. The product is formed from projected factors, (Y L)ᵀ (X R), as in LoGra
    /// (Choe et al. 2024, arXiv 2405.13954).
    /// </summary>
    /// <remarks>
    /// L [r, size] has independent entries ±1/√size, so that products of projected gradients are
    /// unbiased estimates of products of gradients. Where r ≤ size, L is the identity. The signs
    /// are those of the bits of SplitMix64 outputs, lowest first, row by row; a set bit is +. The
    /// generator's seed is the 64-bit FNV-1a hash of the UTF-8 text <c>{seed}/{parameter}/left</c>;
    /// R [c, size] has <c>right</c> for <c>left</c>.
    /// </remarks>
    Projected,
}

/// <summary>How the losses of a row's positions become one number.</summary>
public enum LossReduction
{
    /// <summary>The sum, in nats per row. The gradients of longer rows are larger.</summary>
    Sum,

    /// <summary>The sum divided by the number of predictions, tokens - 1: nats per token.</summary>
    Mean,
}

/// <summary>Settings of <see cref="ModelRowGradients.RowGradients"/>.</summary>
public sealed record GradientOptions
{
    /// <summary>Sum or mean over the positions of a row. Default: the sum.</summary>
    public LossReduction Reduction { get; init; } = LossReduction.Sum;

    /// <summary>Size of each projected side. Default: 32.</summary>
    /// <exception cref="Llm360Exception">It is below 1.</exception>
    public int ProjectedSize
    {
        get;
        init => field = value >= 1 ? value
            : throw new Llm360Exception(
                $"Gradients cannot be projected to {value} dimensions.", nameof(ProjectedSize), "Use a size of at least 1.");
    } = 32;

    /// <summary>
    /// Seed of the projections. Default: 0. Only gradients with the same seed and size can be
    /// compared.
    /// </summary>
    public int ProjectionSeed { get; init; }

    /// <summary>
    /// Whether the loss is replaced by the negative margin, the sum over t of -log(p_t / (1 -
    /// p_t)).
    /// </summary>
    internal bool IsMargin { get; init; }

    /// <summary>
    /// Whether only the weights of <see cref="LinearLayer.OfBlocks"/> count. Results have no other
    /// weights, and the gradients of head and embedding are not computed.
    /// </summary>
    internal bool BlocksOnly { get; init; }

    /// <summary>Factor of each position's loss in a row of this many tokens.</summary>
    internal double LossScale(int tokens) => Reduction == LossReduction.Mean ? 1.0 / (tokens - 1) : 1;
}
