// The shape of a GPT-NeoX model (Pythia), read from Hugging Face's config.json.
namespace Llm360.Notebooks;

/// <summary><c>config.json</c> of a GPT-NeoX model.</summary>
/// <param name="HiddenSize">Width of the residual stream.</param>
/// <param name="IntermediateSize">Width of the MLP.</param>
/// <param name="Layers">Number of blocks.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="VocabularySize">Entries of the vocabulary.</param>
/// <param name="MaximumLength">Longest sequence trained on.</param>
/// <param name="NormEps">Epsilon of LayerNorm.</param>
/// <param name="ParallelResidual">Whether attention and MLP of a block read the same input.</param>
/// <param name="TanhGelu">Whether GELU is the tanh form instead of the erf form.</param>
/// <param name="AttentionBias">Whether the attention's projections have biases.</param>
/// <param name="TiedHead">Whether the head is the embedding.</param>
/// <param name="RotaryEmbedding">Pythia rotates the first quarter of each head.</param>
internal sealed record NeoxConfig(
    int HiddenSize,
    int IntermediateSize,
    int Layers,
    int Heads,
    int VocabularySize,
    int MaximumLength,
    double NormEps,
    bool ParallelResidual,
    bool TanhGelu,
    bool AttentionBias,
    bool TiedHead,
    RotaryConfig RotaryEmbedding) : ModelConfig
{
    /// <inheritdoc/>
    public override RotaryConfig Rotary => RotaryEmbedding;

    internal override string EmbeddingName => NeoxNames.Embedding;

    internal override string? TiedHeadName => TiedHead ? NeoxNames.Head : null;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, long[] Shape)> Parameters()
    {
        yield return (NeoxNames.Embedding, [VocabularySize, HiddenSize]);
        for (var i = 0; i < Layers; i++)
        {
            foreach (var norm in new[] { NeoxNames.AttentionNorm(i), NeoxNames.MlpNorm(i) })
            {
                yield return (ParameterNames.Weight(norm), [HiddenSize]);
                yield return (ParameterNames.Bias(norm), [HiddenSize]);
            }

            yield return (ParameterNames.Weight(NeoxNames.QueryKeyValue(i)), [3L * HiddenSize, HiddenSize]);
            yield return (ParameterNames.Weight(NeoxNames.AttentionOutput(i)), [HiddenSize, HiddenSize]);
            if (AttentionBias)
            {
                yield return (ParameterNames.Bias(NeoxNames.QueryKeyValue(i)), [3L * HiddenSize]);
                yield return (ParameterNames.Bias(NeoxNames.AttentionOutput(i)), [HiddenSize]);
            }

            yield return (ParameterNames.Weight(NeoxNames.Up(i)), [IntermediateSize, HiddenSize]);
            yield return (ParameterNames.Bias(NeoxNames.Up(i)), [IntermediateSize]);
            yield return (ParameterNames.Weight(NeoxNames.Down(i)), [HiddenSize, IntermediateSize]);
            yield return (ParameterNames.Bias(NeoxNames.Down(i)), [HiddenSize]);
        }

        yield return (ParameterNames.Weight(NeoxNames.FinalNorm), [HiddenSize]);
        yield return (ParameterNames.Bias(NeoxNames.FinalNorm), [HiddenSize]);
        if (!TiedHead)
            yield return (NeoxNames.Head, [VocabularySize, HiddenSize]);
    }

    // Published files contain the causal mask and the rotary frequencies.
    internal override bool IsIgnored(string name) =>
        name.EndsWith(".attention.bias", StringComparison.Ordinal) || name.EndsWith(".attention.masked_bias", StringComparison.Ordinal)
        || name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal) || name == TiedHeadName;

    internal static NeoxConfig From(ConfigReader json)
    {
        json.ExpectArchitecture("GPTNeoXForCausalLM");
        json.Expect("hidden_act", "gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh");
        int heads = json.Integer("num_attention_heads"), hidden = json.Integer("hidden_size");
        var config = new NeoxConfig(
            hidden,
            json.Integer("intermediate_size"),
            json.Integer("num_hidden_layers"),
            heads,
            json.Integer("vocab_size"),
            json.Integer("max_position_embeddings", 2048),
            json.Epsilon("layer_norm_eps", 1e-5),
            json.Truth("use_parallel_residual", true),
            json.Text("hidden_act", "gelu") != "gelu",
            json.Truth("attention_bias", true),
            json.Truth("tie_word_embeddings", false),
            json.Rotary(hidden / heads, "rotary_emb_base", "rotary_pct", 0.25));
        if (hidden % heads != 0 || config.Rotary.Dimensions % 2 != 0 || config.Rotary.Dimensions > hidden / heads)
            throw json.Unsupported("num_attention_heads", "A head's dimensions must be whole, and an even number of them rotary.");
        json.RefuseUnknown();
        return config;
    }
}
