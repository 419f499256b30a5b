// Storages and the tensors over them, as a pickle describes them, before their bytes are located.
namespace Llm360.Notebooks;

/// <summary>
/// A persistent id: elements of one type under a key. In very old files it begins
/// <paramref name="ViewOffset"/> elements into the key's storage.
/// </summary>
internal sealed record Storage(string DType, string Key, long Count, long ViewOffset, long KeyCount)
{
    public int ElementSize => SafetensorsTypes.All[DType].Size;

    /// <summary>Bytes of the whole storage under the key.</summary>
    public Int128 KeyLength => (Int128)KeyCount * ElementSize;
}

/// <summary>A tensor over a storage, after its elements were found to be inside it.</summary>
internal sealed record PickledTensor(Storage Storage, long Offset, long[] Size, long[] Stride)
{
    /// <summary>
    /// Elements that a tensor with overlapping strides may have beyond its storage. An expanded
    /// tensor costs its full size when it is read.
    /// </summary>
    private const long LargestExpansion = 1 << 24;

    /// <summary>
    /// The tensor's entry, given the position in the file at which the storage begins.
    /// </summary>
    public TensorEntry ToEntry(string name, string file, string storageName, long storageBegin) =>
        new(name, Storage.DType, Size, file, storageBegin + ((Storage.ViewOffset + Offset) * Storage.ElementSize))
        {
            Strides = Stride.SequenceEqual(SafetensorsTypes.RowMajor(Size)) ? null : Stride,
            Storage = storageName,
            Offset = Storage.ViewOffset + Offset,
        };

    /// <summary>A contradiction to the storage; null if there is none.</summary>
    public string? Fault()
    {
        if (Size.Length != Stride.Length)
            return $"a tensor has {Size.Length} sizes and {Stride.Length} strides";
        if (Size.Length > SafetensorsTypes.LargestRank)
            return $"a tensor has {Size.Length} dimensions";
        if (Offset < 0 || Size.Any(n => n < 0) || Stride.Any(n => n < 0))
            return "a tensor has a negative offset, size or stride";
        if (Size.Contains(0))
            return Offset <= Storage.Count ? null : $"an empty tensor begins at element {Offset} of a storage of {Storage.Count}";
        Int128 count = 1, last = Offset;
        foreach (var (n, stride) in Size.Zip(Stride))
        {
            count *= n;
            last += (Int128)(n - 1) * stride;
            if (count > (Int128)Storage.Count + LargestExpansion)
                return $"a tensor of [{string.Join(", ", Size)}] over a storage of {Storage.Count}";
        }

        if (last < Storage.Count)
            return null;
        var shape = $"a tensor of [{string.Join(", ", Size)}], strides [{string.Join(", ", Stride)}]";
        return $"{shape} from element {Offset} runs past a storage of {Storage.Count}";
    }
}
