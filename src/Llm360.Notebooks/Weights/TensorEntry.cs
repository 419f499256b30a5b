// One tensor as a safetensors header describes it.
using TorchSharp;

namespace Llm360.Notebooks.Weights;

/// <summary>Name, type, shape and place of one tensor in a file.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="DType">In safetensors' words: F32, BF16, I64, ...</param>
/// <param name="Shape">Dimensions; empty for a scalar.</param>
/// <param name="Begin">First byte, from the start of the file.</param>
/// <param name="Length">Bytes.</param>
public sealed record TensorEntry(string Name, string DType, IReadOnlyList<long> Shape, long Begin, long Length)
{
    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (product, n) => product * n);

    /// <summary>The type in TorchSharp's words.</summary>
    public torch.ScalarType ScalarType => SafetensorsTypes.All[DType].Type;
}

/// <summary>The element types that safetensors and LibTorch share.</summary>
internal static class SafetensorsTypes
{
    public static readonly IReadOnlyDictionary<string, (torch.ScalarType Type, int Size)> All = new Dictionary<string, (torch.ScalarType, int)>
    {
        ["F64"] = (torch.ScalarType.Float64, 8),
        ["F32"] = (torch.ScalarType.Float32, 4),
        ["F16"] = (torch.ScalarType.Float16, 2),
        ["BF16"] = (torch.ScalarType.BFloat16, 2),
        ["I64"] = (torch.ScalarType.Int64, 8),
        ["I32"] = (torch.ScalarType.Int32, 4),
        ["I16"] = (torch.ScalarType.Int16, 2),
        ["I8"] = (torch.ScalarType.Int8, 1),
        ["U8"] = (torch.ScalarType.Byte, 1),
        ["BOOL"] = (torch.ScalarType.Bool, 1),
    };

    public static string Name(torch.ScalarType type) => All.First(t => t.Value.Type == type).Key;
}
