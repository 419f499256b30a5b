// Tensors over memory that somebody else owns.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Llm360.Notebooks.Weights;

/// <summary>Makes tensors over memory that somebody else keeps alive.</summary>
internal static unsafe partial class MappedTensor
{
    /// <summary>A CPU tensor over <paramref name="data"/>; freeing the tensor leaves the memory alone.</summary>
    public static torch.Tensor Create(void* data, long[] shape, torch.ScalarType type)
    {
        Torch.LibTorch.Load();
        fixed (long* dimensions = shape)
        {
            var handle = New(data, &KeepMemory, dimensions, shape.Length, (sbyte)type, (sbyte)type, (int)DeviceType.CPU, -1, 0);
            if (handle == 0)
                torch.CheckForErrors();
            return torch.Tensor.UnsafeCreateTensor(handle);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void KeepMemory(void* data)
    {
    }

    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_new")]
    private static partial nint New(void* data, delegate* unmanaged[Cdecl]<void*, void> deleter, long* sizes, int dimensions, sbyte type, sbyte dtype, int deviceType, int deviceIndex, byte requiresGradient);
}
