// The shape of a LLaMA model, read from and written to Hugging Face's config.json.
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks.Models;

/// <summary>What <c>config.json</c> says of a LLaMA model.</summary>
/// <param name="HiddenSize">Width of the residual stream.</param>
/// <param name="IntermediateSize">Width of the MLP.</param>
/// <param name="Layers">Number of blocks.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="KeyValueHeads">Key-value heads; fewer than <paramref name="Heads"/> for grouped attention.</param>
/// <param name="HeadDimension">Width of one head.</param>
/// <param name="VocabularySize">Entries of the vocabulary.</param>
/// <param name="MaximumLength">Longest sequence trained on.</param>
/// <param name="NormEps">Epsilon of RMSNorm.</param>
/// <param name="RopeTheta">Base of the rotary frequencies.</param>
/// <param name="TiedHead">Whether the head is the embedding.</param>
public sealed record LlamaConfig(
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
    bool TiedHead)
{
    /// <summary>Reads <c>config.json</c>.</summary>
    /// <exception cref="Llm360Exception">It is missing or malformed, of another architecture, or has a key that changes the mathematics in a way not supported.</exception>
    public static LlamaConfig Read(string path)
    {
        JsonObject json;
        try
        {
            json = JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? throw new JsonException("It is not an object.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Llm360Exception("The checkpoint has no readable config.json.", path, "Name a checkpoint's folder in Hugging Face layout.", e);
        }
        catch (JsonException e)
        {
            throw new Llm360Exception($"config.json is not JSON: {e.Message}", path, "Fetch the file again.", e);
        }

        Expect("model_type", v => v.GetValue<string>() == "llama");
        Expect("hidden_act", v => v.GetValue<string>() == "silu");
        Expect("attention_bias", v => !v.GetValue<bool>());
        Expect("mlp_bias", v => !v.GetValue<bool>());
        Expect("rope_scaling", _ => false);
        Expect("sliding_window", _ => false);

        int heads = Integer("num_attention_heads"), hidden = Integer("hidden_size");
        var rope = json["rope_parameters"] as JsonObject;
        if (rope?["rope_type"]?.GetValue<string>() is { } type && type != "default")
            throw Unsupported("rope_parameters", rope);
        return new LlamaConfig(
            hidden,
            Integer("intermediate_size"),
            Integer("num_hidden_layers"),
            heads,
            Integer("num_key_value_heads", heads),
            Integer("head_dim", hidden / heads),
            Integer("vocab_size"),
            Integer("max_position_embeddings", 2048),
            Number(json["rms_norm_eps"], 1e-6),
            Number(json["rope_theta"] ?? rope?["rope_theta"], 10000),
            json["tie_word_embeddings"]?.GetValue<bool>() ?? false);

        int Integer(string key, int? standard = null)
        {
            if (json[key] is not { } value)
                return standard ?? throw new Llm360Exception($"config.json has no {key}.", path, "Fetch the file again.");
            return value is JsonValue number && number.TryGetValue<int>(out var n) && n > 0 ? n : throw Unsupported(key, value);
        }

        static double Number(JsonNode? value, double standard) => value?.GetValue<double>() ?? standard;

        void Expect(string key, Func<JsonNode, bool> supported)
        {
            if (json[key] is { } value && !supported(value))
                throw Unsupported(key, value);
        }

        Llm360Exception Unsupported(string key, JsonNode value) =>
            new($"config.json's {key} = {value.ToJsonString()} is not supported.", path, "This version reads LLaMA models without biases and with plain rotary embeddings.");
    }

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
        ["hidden_act"] = "silu",
        ["attention_bias"] = false,
        ["mlp_bias"] = false,
        ["tie_word_embeddings"] = TiedHead,
        ["bos_token_id"] = 1,
        ["eos_token_id"] = 2,
        ["torch_dtype"] = "float32",
    }.ToJsonString(new JsonSerializerOptions { WriteIndented = true });

    /// <summary>Every parameter's name and shape, in the order in which <c>transformers</c> lists them.</summary>
    public IEnumerable<(string Name, long[] Shape)> Parameters()
    {
        yield return (LlamaNames.Embedding, [VocabularySize, HiddenSize]);
        for (var i = 0; i < Layers; i++)
        {
            yield return (LlamaNames.Query(i), [Heads * HeadDimension, HiddenSize]);
            yield return (LlamaNames.Key(i), [KeyValueHeads * HeadDimension, HiddenSize]);
            yield return (LlamaNames.Value(i), [KeyValueHeads * HeadDimension, HiddenSize]);
            yield return (LlamaNames.AttentionOutput(i), [HiddenSize, Heads * HeadDimension]);
            yield return (LlamaNames.Gate(i), [IntermediateSize, HiddenSize]);
            yield return (LlamaNames.Up(i), [IntermediateSize, HiddenSize]);
            yield return (LlamaNames.Down(i), [HiddenSize, IntermediateSize]);
            yield return (LlamaNames.AttentionNorm(i), [HiddenSize]);
            yield return (LlamaNames.MlpNorm(i), [HiddenSize]);
        }

        yield return (LlamaNames.FinalNorm, [HiddenSize]);
        if (!TiedHead)
            yield return (LlamaNames.Head, [VocabularySize, HiddenSize]);
    }

    /// <summary>Number of parameters.</summary>
    public long ParameterCount => Parameters().Sum(p => p.Shape.Aggregate(1L, (a, b) => a * b));
}
