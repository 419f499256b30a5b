// The supported model families. A new family needs a folder and a line here.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>A family of models.</summary>
/// <param name="ModelType"><c>model_type</c> in <c>config.json</c>.</param>
/// <param name="ConfigType">The record of its configuration.</param>
/// <param name="Read">Reads its configuration.</param>
/// <param name="Create">Creates a model over tensors by name.</param>
internal sealed record ModelFamily(
    string ModelType,
    Type ConfigType,
    Func<ConfigReader, ModelConfig> Read,
    Func<ModelConfig, IReadOnlyDictionary<string, torch.Tensor>, BoundWeights?, LanguageModel> Create);

/// <summary>All families.</summary>
internal static class ModelFamilies
{
    private static readonly ModelFamily[] All =
    [
        Family("llama", LlamaConfig.From, (config, tensors, bound) => new LlamaModel(config, tensors, bound)),
        Family("gpt_neox", NeoxConfig.From, (config, tensors, bound) => new NeoxModel(config, tensors, bound)),
        Family("crystalcoder", CrystalConfig.From, (config, tensors, bound) => new CrystalModel(config, tensors, bound)),
    ];

    /// <summary>The family that a configuration file names.</summary>
    /// <exception cref="Llm360Exception">It names no supported family.</exception>
    public static ModelFamily Of(ConfigReader json) => Array.Find(All, f => f.ModelType == json.Text("model_type", ""))
        ?? throw json.Unsupported("model_type", $"The families that are read are {string.Join(", ", All.Select(f => f.ModelType))}.");

    /// <summary>The family of a configuration.</summary>
    public static ModelFamily Of(ModelConfig config) => All.Single(f => f.ConfigType == config.GetType());

    private static ModelFamily Family<T>(
        string modelType,
        Func<ConfigReader, T> read,
        Func<T, IReadOnlyDictionary<string, torch.Tensor>, BoundWeights?, LanguageModel> create)
        where T : ModelConfig =>
        new(modelType, typeof(T), read, (config, tensors, bound) => create((T)config, tensors, bound));
}
