// The memory of a tensor's elements.
using System.Runtime.InteropServices;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Direct access to the memory of tensors on the CPU, for the kit's kernels.</summary>
internal static unsafe partial class TensorMemory
{
    /// <summary>
    /// Pointer to the first element of a tensor on the CPU, for any strides. Valid while the tensor
    /// lives.
    /// </summary>
    public static float* Floats(torch.Tensor tensor) => (float*)Data(tensor.Handle);

    /// <summary>
    /// Whether the kit's kernels support a tensor: float32 on the CPU, without a requested
    /// gradient.
    /// </summary>
    public static bool IsPlain(torch.Tensor tensor) =>
        tensor.device_type == DeviceType.CPU && tensor.dtype == torch.ScalarType.Float32 && !tensor.requires_grad;

    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_data")]
    private static partial void* Data(nint handle);
}
