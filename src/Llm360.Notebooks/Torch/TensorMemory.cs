// Where a tensor's elements lie.
using System.Runtime.InteropServices;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Direct access to the memory of tensors on the CPU, for kernels written here.</summary>
internal static unsafe partial class TensorMemory
{
    /// <summary>The first element of a tensor on the CPU, whatever its strides. Valid while the tensor lives.</summary>
    public static float* Floats(torch.Tensor tensor) => (float*)Data(tensor.Handle);

    /// <summary>Whether a kernel written here may take a tensor: float32 on the CPU, and no gradient is asked for.</summary>
    public static bool IsPlain(torch.Tensor tensor) => tensor.device_type == DeviceType.CPU && tensor.dtype == torch.ScalarType.Float32 && !tensor.requires_grad;

    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_data")]
    private static partial void* Data(nint handle);
}
