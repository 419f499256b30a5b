// The shape of a LLaMA model, read from and written to Hugging Face's config.json.
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks;

/// <summary>
/// <c>config.json</c> of a LLaMA model: LLaMA, Amber, K2, and the suites trained here.
/// </summary>
/// <param name="HiddenSize">Width of the residual stream.</param>
/// <param name="IntermediateSize">Width of the MLP.</param>
/// <param name="Layers">Number of blocks.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="KeyValueHeads">
/// Key-value heads; fewer than <paramref name="Heads"/> for grouped attention.
/// </param>
/// <param name="HeadDimension">Width of one head.</param>
/// <param name="VocabularySize">Entries of the vocabulary.</param>
/// <param name="MaximumLength">Longest sequence trained on.</param>
/// <param name="NormEps">Epsilon of RMSNorm.</param>
/// <param name="RopeTheta">Base of the rotary frequencies.</param>
/// <param name="TiedHead">Whether the head is the embedding.</param>
internal sealed record LlamaConfig(
    int HiddenSize,
    int IntermediateSize,
    int Layers,
    int Heads,
    int KeyValueHeads,
    int HeadDimension,
    int VocabularySize,
    int MaximumLength,
    double NormEps,
    double RopeTheta,
    bool TiedHead) : ModelConfig
{
    /// <inheritdoc/>
    public override int KeyValueHeads { get; } = KeyValueHeads;

    /// <inheritdoc/>
    public override int HeadDimension { get; } = HeadDimension;

    /// <summary>Whether query, key, value and attention output have biases.</summary>
    public bool AttentionBias { get; init; }

    /// <summary>Whether gate, up and down have biases.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Scaling of the rotary embeddings; null for none.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <inheritdoc/>
    public override RotaryConfig Rotary => new(HeadDimension, RopeTheta, RopeScaling);

    internal override string EmbeddingName => LlamaNames.Embedding;

    internal override string? TiedHeadName => TiedHead ? LlamaNames.Head : null;

    /// <summary>Reads <c>config.json</c>.</summary>
    /// <exception cref="Llm360Exception">
    /// It is missing or malformed, not a LLaMA's, or has a key that changes the computation in an
    /// unsupported way.
    /// </exception>
    public static new LlamaConfig Read(string path) => ModelConfig.Read(path) as LlamaConfig
        ?? throw new Llm360Exception("config.json's model_type is not llama.", path, "Load it with LanguageModel.Load.");

    /// <summary>As <c>config.json</c>, readable by <c>transformers</c>.</summary>
    public string ToJson() => new JsonObject
    {
        ["architectures"] = new JsonArray("LlamaForCausalLM"),
        ["model_type"] = "llama",
        ["hidden_size"] = HiddenSize,
        ["intermediate_size"] = IntermediateSize,
        ["num_hidden_layers"] = Layers,
        ["num_attention_heads"] = Heads,
        ["num_key_value_heads"] = KeyValueHeads,
        ["head_dim"] = HeadDimension,
        ["vocab_size"] = VocabularySize,
        ["max_position_embeddings"] = MaximumLength,
        ["rms_norm_eps"] = NormEps,
        ["rope_theta"] = RopeTheta,
        ["rope_scaling"] = RopeScaling?.ToJson(),
        ["hidden_act"] = "silu",
        ["attention_bias"] = AttentionBias,
        ["mlp_bias"] = MlpBias,
        ["tie_word_embeddings"] = TiedHead,
        ["bos_token_id"] = 1,
        ["eos_token_id"] = 2,
        ["torch_dtype"] = "float32",
    }.ToJsonString(new JsonSerializerOptions { WriteIndented = true });

    /// <inheritdoc/>
    public override IEnumerable<(string Name, long[] Shape)> Parameters()
    {
        long queries = (long)Heads * HeadDimension, keys = (long)KeyValueHeads * HeadDimension;
        yield return (LlamaNames.Embedding, [VocabularySize, HiddenSize]);
        for (var i = 0; i < Layers; i++)
        {
            yield return (LlamaNames.Query(i), [queries, HiddenSize]);
            yield return (LlamaNames.Key(i), [keys, HiddenSize]);
            yield return (LlamaNames.Value(i), [keys, HiddenSize]);
            yield return (LlamaNames.AttentionOutput(i), [HiddenSize, queries]);
            yield return (LlamaNames.Gate(i), [IntermediateSize, HiddenSize]);
            yield return (LlamaNames.Up(i), [IntermediateSize, HiddenSize]);
            yield return (LlamaNames.Down(i), [HiddenSize, IntermediateSize]);
            yield return (LlamaNames.AttentionNorm(i), [HiddenSize]);
            yield return (LlamaNames.MlpNorm(i), [HiddenSize]);
            if (AttentionBias)
            {
                yield return (ParameterNames.BiasOf(LlamaNames.Query(i)), [queries]);
                yield return (ParameterNames.BiasOf(LlamaNames.Key(i)), [keys]);
                yield return (ParameterNames.BiasOf(LlamaNames.Value(i)), [keys]);
                yield return (ParameterNames.BiasOf(LlamaNames.AttentionOutput(i)), [HiddenSize]);
            }

            if (MlpBias)
            {
                yield return (ParameterNames.BiasOf(LlamaNames.Gate(i)), [IntermediateSize]);
                yield return (ParameterNames.BiasOf(LlamaNames.Up(i)), [IntermediateSize]);
                yield return (ParameterNames.BiasOf(LlamaNames.Down(i)), [HiddenSize]);
            }
        }

        yield return (LlamaNames.FinalNorm, [HiddenSize]);
        if (!TiedHead)
            yield return (LlamaNames.Head, [VocabularySize, HiddenSize]);
    }

    // Older checkpoints store the rotary frequencies.
    internal override bool IsIgnored(string name) =>
        name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal) || name == TiedHeadName;

    internal static LlamaConfig From(ConfigReader json)
    {
        json.ExpectArchitecture("LlamaForCausalLM");
        json.Expect("hidden_act", "silu");
        json.Expect("sliding_window");
        int heads = json.Integer("num_attention_heads"), hidden = json.Integer("hidden_size");
        var head = json.Integer("head_dim", hidden / heads);
        var rotary = json.Rotary(head, "rope_theta", null, 1);
        var config = new LlamaConfig(
            hidden,
            json.Integer("intermediate_size"),
            json.Integer("num_hidden_layers"),
            heads,
            json.Integer("num_key_value_heads", heads),
            head,
            json.Integer("vocab_size"),
            json.Integer("max_position_embeddings", 2048),
            json.Epsilon("rms_norm_eps", 1e-6),
            rotary.Base,
            json.Truth("tie_word_embeddings", false))
        {
            AttentionBias = json.Truth("attention_bias", false),
            MlpBias = json.Truth("mlp_bias", false),
            RopeScaling = rotary.Scaling,
        };
        var isOdd = head < 2 || head % 2 != 0;
        if (heads % config.KeyValueHeads != 0 || isOdd || rotary.Dimensions != head)
        {
            throw json.Unsupported(
                rotary.Dimensions != head ? "rope_parameters" : isOdd ? "head_dim" : "num_key_value_heads",
                "Heads must be a multiple of key-value heads, and a head's dimensions even and all rotary.");
        }

        json.RefuseUnknown();
        return config;
    }
}
