// Reads config.json and refuses settings that would silently change the computation.
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Llm360.Notebooks;

/// <summary>
/// A <c>config.json</c> file, in either of the formats that <c>transformers</c> has written.
/// </summary>
internal sealed class ConfigReader
{
    // Keys that describe training, saving or generation and do not change the forward pass.
    private static readonly HashSet<string> Harmless =
    [
        "auto_map", "bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id", "torch_dtype", "dtype",
        "transformers_version", "use_cache", "initializer_range", "pretraining_tp", "_name_or_path", "attention_dropout",
        "hidden_dropout", "classifier_dropout", "attn_pdrop", "embd_pdrop", "resid_pdrop", "is_decoder", "max_sequence_length",
        "output_attentions", "output_hidden_states", "return_dict", "gradient_checkpointing", "id2label", "label2id",
        "problem_type", "task_specific_params", "summary_activation", "summary_first_dropout", "summary_proj_to_labels",
        "summary_type", "summary_use_proj", "tokenizer_class", "mup_weight_decay_scale", "mup_learning_rate_scale",
    ];

    /// <summary>What the file may contain.</summary>
    public static readonly JsonKind Kind = new("config.json", 4 << 20, FetchAgain)
    {
        Missing = "The checkpoint has no config.json.",
        MissingRemedy = "Name a checkpoint's folder in Hugging Face layout.",
    };

    private const string FetchAgain = "Fetch the file again.";
    private readonly JsonObject json;
    private readonly HashSet<string> read = [];

    public ConfigReader(string path)
    {
        Path = path;
        json = JsonInput.Node(path, Kind) as JsonObject ?? throw Kind.Error("it is not an object", path);
    }

    public string Path { get; }

    public int Integer(string key, int? standard = null) => Find(key) switch
    {
        null => standard ?? throw new Llm360Exception($"config.json has no {key}.", Path, FetchAgain),
        JsonValue value when value.TryGetValue<int>(out var n) && n > 0 => n,
        _ => throw Unsupported(key, "It must be a whole number above 0."),
    };

    public double Number(string key, double standard) => Number(Find(key), key) ?? standard;

    public bool Truth(string key, bool standard) => Find(key) switch
    {
        null => standard,
        JsonValue value when value.TryGetValue<bool>(out var truth) => truth,
        _ => throw Unsupported(key, "It must be true or false."),
    };

    public string Text(string key, string standard) =>
        Find(key) is JsonValue value && value.TryGetValue<string>(out var text) ? text
        : json[key] is null ? standard
        : throw Unsupported(key, "It must be a text.");

    /// <summary>
    /// Refuses values other than the implemented ones. An absent or null key is accepted.
    /// </summary>
    public void Expect(string key, params string[] values)
    {
        if (Find(key) is { } value && !values.Contains(value.ToJsonString().Trim('"')))
        {
            throw Unsupported(
                key,
                values.Length == 0 ? "Only models without it are implemented." : $"Only {string.Join(" and ", values)} is implemented.");
        }
    }

    /// <summary>
    /// The rotary base and scaling: <c>rope_theta</c> and <c>rope_scaling</c>, or
    /// <c>rope_parameters</c>.
    /// </summary>
    /// <param name="dimensions">Dimensions of a head.</param>
    /// <param name="baseKey">Key of the base in the older format.</param>
    /// <param name="shareKey">
    /// Key of the share of dimensions that are rotated, in the older format; null if all are.
    /// </param>
    /// <param name="standardShare">The share if the file has none.</param>
    public RotaryConfig Rotary(int dimensions, string baseKey, string? shareKey, double standardShare)
    {
        var (parameters, scaling) = (Find("rope_parameters") as JsonObject, Find("rope_scaling") as JsonObject);
        if ((json["rope_parameters"] is not null && parameters is null) || (json["rope_scaling"] is not null && scaling is null))
            throw Unsupported(json["rope_scaling"] is null ? "rope_parameters" : "rope_scaling", "It must be an object or null.");
        var theta = Number(parameters?["rope_theta"], "rope_parameters") ?? Number(baseKey, Number("rope_theta", 10000));
        var share = Number(parameters?["partial_rotary_factor"], "rope_parameters")
            ?? (shareKey is null ? standardShare : Number(shareKey, standardShare));
        if (!(theta > 0 && double.IsFinite(theta)))
        {
            throw Unsupported(
                parameters?["rope_theta"] is not null ? "rope_parameters" : json[baseKey] is not null ? baseKey : "rope_theta",
                "The base of the rotary frequencies must be above 0.");
        }

        if (!(share is > 0 and <= 1))
        {
            throw Unsupported(
                parameters?["partial_rotary_factor"] is not null ? "rope_parameters" : shareKey ?? "rope_parameters",
                "The share of dimensions that turn is above 0 and at most 1.");
        }

        var key = scaling is null ? "rope_parameters" : "rope_scaling";
        return new RotaryConfig((int)(dimensions * share), theta, Scaling(scaling ?? parameters, key));
    }

    /// <summary>An epsilon: a number above 0.</summary>
    public double Epsilon(string key, double standard) =>
        Number(key, standard) is var value && value > 0 && double.IsFinite(value) ? value
        : throw Unsupported(key, "It must be a number above 0.");

    /// <summary>Refuses a model class other than the implemented one.</summary>
    public void ExpectArchitecture(string name)
    {
        if (Find("architectures") is { } given
            && !(given is JsonArray { Count: 1 } one && one[0]?.GetValueKind() == JsonValueKind.String && (string)one[0]! == name))
        {
            throw Unsupported("architectures", $"Of this model_type {name} is implemented.");
        }
    }

    /// <summary>
    /// Refuses keys that were not read, because they might change the computation.
    /// </summary>
    public void RefuseUnknown()
    {
        if (json.FirstOrDefault(p => !read.Contains(p.Key) && !Harmless.Contains(p.Key) && p.Value is not null) is { Key: { } key })
            throw Unsupported(key, "The key is not known, and might change what the model computes.");
    }

    /// <summary>A copy of the file without the keys that do not change the forward pass.</summary>
    public JsonObject ForwardPass() =>
        new(json.Where(p => !Harmless.Contains(p.Key)).Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())));

    public Llm360Exception Unsupported(string key, string why)
    {
        var value = Printable.Value(json[key]?.ToJsonString() ?? "(absent)");
        return new($"config.json's {Printable.Value(key)} = {value} is not supported.", Path, why);
    }

    private RopeScaling? Scaling(JsonObject? from, string key)
    {
        string[] plain = ["rope_type", "type", "rope_theta", "partial_rotary_factor"];
        if (from is null || (from["rope_type"] ?? from["type"]) is not { } type || TypeName(type) is not { } name || name == "default")
        {
            return from?.FirstOrDefault(p => !plain.Contains(p.Key) && p.Value is not null) is { Key: { } odd }
                ? throw Unsupported(key, $"Without a rope_type but default, {odd} has no meaning here.") : null;
        }

        RopeScalingType kind = name switch
        {
            "linear" => RopeScalingType.Linear,
            "llama3" => RopeScalingType.Llama3,
            "yarn" => RopeScalingType.Yarn,
            "dynamic" => RopeScalingType.Dynamic,
            _ => throw Unsupported(key, "The scalings that are implemented are linear, llama3, yarn and dynamic."),
        };
        string[] known =
        [
            .. plain, "factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings", "beta_fast", "beta_slow",
            "attention_factor",
        ];
        if (from.FirstOrDefault(p => !known.Contains(p.Key) && p.Value is not null) is { Key: { } unknown })
            throw Unsupported(key, $"Its {unknown} is not implemented.");
        if (kind == RopeScalingType.Llama3 && (from["low_freq_factor"] is null || from["high_freq_factor"] is null))
            throw Unsupported(key, "llama3 needs low_freq_factor and high_freq_factor.");
        if (kind == RopeScalingType.Yarn && !((Value("beta_fast") ?? 32) > (Value("beta_slow") ?? 1)))
            throw Unsupported(key, "yarn needs a beta_fast above its beta_slow.");
        var factor = Value("factor") is { } f && f >= 1 ? f : throw Unsupported(key, "It needs a factor of at least 1.");
        return new RopeScaling(kind, factor)
        {
            LowFrequencyFactor = Value("low_freq_factor") ?? 1,
            HighFrequencyFactor = Value("high_freq_factor") ?? 4,
            OriginalLength = Value("original_max_position_embeddings") is not { } length ? null
                : length is >= 1 and <= int.MaxValue ? (int)length
                : throw Unsupported(key, "Its original_max_position_embeddings must be a whole number above 0."),
            BetaFast = Value("beta_fast") ?? 32,
            BetaSlow = Value("beta_slow") ?? 1,
            AttentionFactor = Value("attention_factor"),
        };

        double? Value(string name) => Number(from[name], key);

        string TypeName(JsonNode type) => type.GetValueKind() == JsonValueKind.String
            ? (string)type!
            : throw Unsupported(key, "Its rope_type must be a text.");
    }

    private double? Number(JsonNode? node, string key) => node switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => (double)value,
        _ => throw Unsupported(key, "It must hold numbers."),
    };

    private JsonNode? Find(string key)
    {
        read.Add(key);
        return json[key];
    }
}
