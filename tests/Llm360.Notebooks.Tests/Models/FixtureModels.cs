// Variants of fixture models for cases that no checkpoint covers.
using TorchSharp;

namespace Llm360.Notebooks.Tests;

internal static class FixtureModels
{
    /// <summary>llama-mha with another head.</summary>
    public static LlamaModel WithHead(Func<torch.Tensor, torch.Tensor> head)
    {
        var folder = Fixtures.Path("models", "llama-mha");
        var config = (LlamaConfig)ModelConfig.Read(Path.Combine(folder, "config.json"));
        using var state = StateDict.Open(folder);
        return new LlamaModel(config, config.Parameters().ToDictionary(
            p => p.Name,
            p => p.Name == LlamaNames.Head ? head(state.View(p.Name).clone()) : state.View(p.Name).clone()));
    }
}
