// The type a model computes in, in the words of command lines, settings and notebooks.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Names of the types that weights can have.</summary>
public static class Precision
{
    /// <summary>The checkpoint's own type.</summary>
    public const string Auto = "auto";

    private static readonly Dictionary<string, torch.ScalarType?> Types = new() { [Auto] = null, ["fp32"] = torch.ScalarType.Float32, ["bf16"] = torch.ScalarType.BFloat16, ["fp16"] = torch.ScalarType.Float16 };

    /// <summary><c>auto</c>, <c>fp32</c>, <c>bf16</c>, <c>fp16</c>.</summary>
    public static IReadOnlyCollection<string> Names => Types.Keys;

    /// <summary>The type of a name; null for <c>auto</c>, the checkpoint's own.</summary>
    /// <exception cref="Llm360Exception">There is none of that name.</exception>
    public static torch.ScalarType? Parse(string name) => Types.TryGetValue(name, out var type) ? type
        : throw new Llm360Exception($"\"{name}\" is not a type of weights.", "precision", $"Use {string.Join(", ", Names)}.");
}
