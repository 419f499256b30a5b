// The shape of a CrystalCoder model, read from its config.json.
namespace Llm360.Notebooks;

/// <summary>
/// <c>config.json</c> of a CrystalCoder model: GPT-2's names with rotary embeddings, SwiGLU and
/// muP's factors (Yang et al. 2022, arXiv 2203.03466).
/// </summary>
/// <param name="HiddenSize">Width of the residual stream.</param>
/// <param name="IntermediateSize">Width of the MLP.</param>
/// <param name="Layers">Number of blocks.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="VocabularySize">Entries of the vocabulary.</param>
/// <param name="MaximumLength">Longest sequence trained on.</param>
/// <param name="NormEps">Epsilon of LayerNorm.</param>
/// <param name="RotaryDimensions">
/// Number of rotated dimensions of each head; pairs are neighbouring dimensions.
/// </param>
/// <param name="EmbeddingScale">Factor on the embeddings.</param>
/// <param name="LogitScale">Factor on the logits: output alpha times width scale.</param>
/// <param name="ScaleByDimension">
/// Whether scores are divided by the head dimension instead of its square root.
/// </param>
internal sealed record CrystalConfig(
    int HiddenSize,
    int IntermediateSize,
    int Layers,
    int Heads,
    int VocabularySize,
    int MaximumLength,
    double NormEps,
    int RotaryDimensions,
    double EmbeddingScale,
    double LogitScale,
    bool ScaleByDimension) : ModelConfig
{
    /// <inheritdoc/>
    public override RotaryConfig Rotary => new(RotaryDimensions, 10000, null);

    internal override string EmbeddingName => CrystalNames.Embedding;

    internal override string TiedHeadName => "lm_head.weight";

    internal override bool HasInputFirst => true;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, long[] Shape)> Parameters()
    {
        yield return (CrystalNames.Embedding, [VocabularySize, HiddenSize]);
        for (var i = 0; i < Layers; i++)
        {
            // Conv1D: weights are [in, out].
            foreach (var (name, input, output) in new (string, long, long)[]
            {
                    (CrystalNames.QueryKeyValue(i), HiddenSize, 3L * HiddenSize),
                    (CrystalNames.AttentionOutput(i), HiddenSize, HiddenSize),
                    (CrystalNames.Up(i), HiddenSize, IntermediateSize),
                    (CrystalNames.Gate(i), HiddenSize, IntermediateSize),
                    (CrystalNames.Down(i), IntermediateSize, HiddenSize),
            })
            {
                yield return (ParameterNames.Weight(name), [input, output]);
                yield return (ParameterNames.Bias(name), [output]);
            }

            foreach (var norm in new[] { CrystalNames.AttentionNorm(i), CrystalNames.MlpNorm(i) })
            {
                yield return (ParameterNames.Weight(norm), [HiddenSize]);
                yield return (ParameterNames.Bias(norm), [HiddenSize]);
            }
        }

        yield return (ParameterNames.Weight(CrystalNames.FinalNorm), [HiddenSize]);
        yield return (ParameterNames.Bias(CrystalNames.FinalNorm), [HiddenSize]);
    }

    // Published files contain the causal mask.
    internal override bool IsIgnored(string name) =>
        name.EndsWith(".attn.bias", StringComparison.Ordinal) || name.EndsWith(".attn.masked_bias", StringComparison.Ordinal)
        || name == TiedHeadName;

    internal static CrystalConfig From(ConfigReader json)
    {
        json.ExpectArchitecture("CrystalCoderLMHeadModel");
        json.Expect("activation_function", "swiglu");
        json.Expect("position_embedding_type", "rotary");
        json.Expect("scale_attn_weights", "true");
        json.Expect("tie_word_embeddings", "true");
        json.Expect("reorder_and_upcast_attn", "false");
        json.Expect("scale_attn_by_inverse_layer_idx", "false");
        json.Expect("add_cross_attention", "false");
        json.Expect("n_ctx", json.Integer("n_positions").ToString(System.Globalization.CultureInfo.InvariantCulture));
        int heads = json.Integer("n_head"), hidden = json.Integer("n_embd");
        var config = new CrystalConfig(
            hidden,
            json.Integer("n_inner", (int)Math.Min(4L * hidden, int.MaxValue)),
            json.Integer("n_layer"),
            heads,
            json.Integer("vocab_size"),
            json.Integer("n_positions"),
            json.Epsilon("layer_norm_epsilon", 1e-5),
            json.Integer("rotary_dim", hidden / heads),
            json.Number("mup_embeddings_scale", 1),
            json.Number("mup_output_alpha", 1) * json.Number("mup_width_scale", 1),
            json.Truth("mup_scale_qk_dot_by_d", false));
        if (hidden % heads != 0 || config.RotaryDimensions % 2 != 0 || config.RotaryDimensions > hidden / heads)
            throw json.Unsupported("rotary_dim", "A head's dimensions must be whole, and an even number of them rotary.");
        if (!(config.LogitScale > 0 && double.IsFinite(config.LogitScale)))
        {
            throw json.Unsupported(
                "mup_output_alpha",
                "Times mup_width_scale it must be above 0: logits of another sign would turn the order of tokens round.");
        }

        json.RefuseUnknown();
        return config;
    }
}
