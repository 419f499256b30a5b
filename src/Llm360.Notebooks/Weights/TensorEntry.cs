// One tensor as a weights file describes it.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Name, type, shape and place of one tensor in a file.</summary>
/// <param name="Name">The tensor's name; in nested pickles its path, joined by <c>/</c>.</param>
/// <param name="DType">The type in safetensors' notation: F32, BF16, I64, ...</param>
/// <param name="Shape">Dimensions; empty for a scalar.</param>
/// <param name="File">The file that contains it.</param>
/// <param name="Begin">Position of its first element in the file, in bytes.</param>
public sealed record TensorEntry(string Name, string DType, IReadOnlyList<long> Shape, string File, long Begin)
{
    /// <summary>
    /// Elements from one index to the next, by dimension; null if row-major without gaps.
    /// </summary>
    public IReadOnlyList<long>? Strides { get; init; }

    /// <summary>
    /// The storage, which tensors may share, by its name in the file; null in safetensors.
    /// </summary>
    public string? Storage { get; init; }

    /// <summary>Elements of the storage before the first element of the tensor.</summary>
    public long Offset { get; init; }

    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (product, n) => product * n);

    /// <summary>Size of its elements in bytes.</summary>
    public long Length => Count * ElementSize;

    /// <summary>The type in TorchSharp.</summary>
    public torch.ScalarType ScalarType => SafetensorsTypes.All[DType].Type;

    internal int ElementSize => SafetensorsTypes.All[DType].Size;

    /// <summary>Bytes from the first element to the end of the last in the file.</summary>
    internal long Extent => Count == 0 ? 0
        : Strides is null ? Length
        : (1 + Shape.Zip(Strides, (n, stride) => (n - 1) * stride).Sum()) * ElementSize;

    internal string ShapeText => $"[{string.Join(", ", Shape)}]";
}

/// <summary>The element types that safetensors and LibTorch share.</summary>
internal static class SafetensorsTypes
{
    /// <summary>LibTorch's own limit on the number of dimensions.</summary>
    public const int LargestRank = 64;

    public static readonly IReadOnlyDictionary<string, (torch.ScalarType Type, int Size)> All =
        new Dictionary<string, (torch.ScalarType, int)>
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

    /// <summary>Strides of a row-major tensor without gaps, in elements.</summary>
    public static long[] RowMajor(IReadOnlyList<long> shape)
    {
        var strides = new long[shape.Count];
        var stride = 1L;
        for (var i = shape.Count - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= Math.Max(1, shape[i]);
        }

        return strides;
    }
}
