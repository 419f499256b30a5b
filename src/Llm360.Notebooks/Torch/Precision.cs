// The type of a model's weights, by the names of the command line.
using System.Text.Json;
using System.Text.Json.Serialization;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>The type that a model's weights have in memory.</summary>
/// <remarks>The default value is <see cref="Auto"/>.</remarks>
[JsonConverter(typeof(PrecisionConverter))]
public readonly record struct Precision
{
    private const string AutoName = "auto";

    private static readonly Dictionary<string, torch.ScalarType?> Types = new()
    {
        [AutoName] = null,
        ["fp32"] = torch.ScalarType.Float32,
        ["bf16"] = torch.ScalarType.BFloat16,
        ["fp16"] = torch.ScalarType.Float16,
    };

    // The names in PyTorch and Hugging Face transformers.
    private static readonly Dictionary<string, string> Aliases = new(StringComparer.OrdinalIgnoreCase)
    {
        ["float32"] = "fp32",
        ["float"] = "fp32",
        ["bfloat16"] = "bf16",
        ["float16"] = "fp16",
        ["half"] = "fp16",
    };

    private readonly string? name;

    private Precision(string name) => this.name = name;

    /// <summary>The checkpoint's own type.</summary>
    public static Precision Auto => default;

    /// <summary>32 bits: float32.</summary>
    public static Precision Fp32 { get; } = new("fp32");

    /// <summary>16 bits with the range of float32: bfloat16.</summary>
    public static Precision Bf16 { get; } = new("bf16");

    /// <summary>16 bits with a smaller range and more digits: float16.</summary>
    public static Precision Fp16 { get; } = new("fp16");

    /// <summary><c>auto</c>, <c>fp32</c>, <c>bf16</c>, <c>fp16</c>.</summary>
    public static IReadOnlyCollection<string> Names => Types.Keys;

    /// <summary>The type in LibTorch; null for the checkpoint's own type.</summary>
    internal torch.ScalarType? Type => Types[ToString()];

    /// <summary>
    /// Reads one of <see cref="Names"/>, or PyTorch's name: <c>float32</c>,
    /// <c>bfloat16</c>, <c>float16</c>, <c>half</c>. Case does not matter.
    /// </summary>
    /// <exception cref="Llm360Exception">The name is none of them.</exception>
    public static Precision Parse(string name)
    {
        var known = name is null ? null : Aliases.GetValueOrDefault(name, name.ToLowerInvariant());
        return known is null || !Types.ContainsKey(known)
            ? throw new Llm360Exception($"\"{name}\" is not a type of weights.", "precision", $"Use {string.Join(", ", Names)}.")
            : known == AutoName ? Auto : new Precision(known);
    }

    /// <summary>The name.</summary>
    public override string ToString() => name ?? AutoName;
}

/// <summary>Precision as its name.</summary>
internal sealed class PrecisionConverter : JsonConverter<Precision>
{
    public override Precision Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Precision.Parse(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, Precision value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
