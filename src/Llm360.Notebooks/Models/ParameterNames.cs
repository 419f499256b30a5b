// How Hugging Face checkpoints name what a module holds.
namespace Llm360.Notebooks;

internal static class ParameterNames
{
    private const string WeightEnding = ".weight", BiasEnding = ".bias";

    public static string Weight(string module) => module + WeightEnding;

    public static string Bias(string module) => module + BiasEnding;

    /// <summary>The module that holds a weight.</summary>
    public static string ModuleOf(string weight) => weight[..^WeightEnding.Length];

    /// <summary>The bias beside a weight.</summary>
    public static string BiasOf(string weight) => Bias(ModuleOf(weight));
}
