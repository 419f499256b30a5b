// Names of the parameters of a module in Hugging Face checkpoints.
namespace Llm360.Notebooks;

internal static class ParameterNames
{
    private const string WeightEnding = ".weight", BiasEnding = ".bias";

    public static string Weight(string module) => module + WeightEnding;

    public static string Bias(string module) => module + BiasEnding;

    /// <summary>The module that holds a weight.</summary>
    public static string ModuleOf(string weight) => weight[..^WeightEnding.Length];

    /// <summary>The bias that belongs to a weight.</summary>
    public static string BiasOf(string weight) => Bias(ModuleOf(weight));
}
