// Tensors over the bytes of a mapped file.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Creates tensors over memory that they do not own.</summary>
internal static unsafe partial class MappedTensor
{
    /// <summary>
    /// A CPU tensor of an entry; freeing it does not affect the file. The data is copied only if
    /// its position in the file is not aligned for its type.
    /// </summary>
    public static torch.Tensor Create(MappedFile file, TensorEntry entry)
    {
        LibTorch.Load();
        if (entry.Count == 0)
            return torch.empty([.. entry.Shape], entry.ScalarType);
        var data = file.Start + entry.Begin;
        if ((nuint)data % (nuint)entry.ElementSize == 0)
            return Shaped(Create(data, entry.Extent / entry.ElementSize, entry.ScalarType), entry);
        var aligned = torch.empty([entry.Extent / entry.ElementSize], entry.ScalarType);
        using (var first = aligned.narrow(0, 0, 1))
        fixed (byte* target = first.bytes)
            Buffer.MemoryCopy(data, target, entry.Extent, entry.Extent);
        return Shaped(aligned, entry);
    }

    private static torch.Tensor Shaped(torch.Tensor flat, TensorEntry entry)
    {
        using (flat)
            return entry.Strides is null ? flat.view([.. entry.Shape]) : flat.as_strided([.. entry.Shape], [.. entry.Strides]);
    }

    private static torch.Tensor Create(void* data, long count, torch.ScalarType type)
    {
        var handle = New(data, &KeepMemory, &count, 1, (sbyte)type, (sbyte)type, (int)DeviceType.CPU, -1, 0);
        if (handle == 0)
            torch.CheckForErrors();
        return torch.Tensor.UnsafeCreateTensor(handle);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void KeepMemory(void* data)
    {
    }

    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_new")]
    private static partial nint New(
        void* data,
        delegate* unmanaged[Cdecl]<void*, void> deleter,
        long* sizes,
        int dimensions,
        sbyte type,
        sbyte dtype,
        int deviceType,
        int deviceIndex,
        byte requiresGradient);
}
