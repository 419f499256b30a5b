// Products of bfloat16, on processors that have no instructions for them, and of float16.
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks.Models.Cpu;

/// <summary>Weights are made float32 block by block and multiplied by MKL: LibTorch's own way costs several times as much.</summary>
internal static class NarrowTypes
{
    /// <summary>Weights made float32 at once.</summary>
    private const int Block = 1 << 22;

    private static readonly bool HasBFloat16Products = X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7 && X86Base.CpuId(7, 0).Eax >= 1 && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0; // AVX512_BF16

    /// <summary>Whether LibTorch is slow at a product.</summary>
    public static bool AreSlow(Tensor x, Tensor weight) => X86Base.IsSupported && x.device_type == DeviceType.CPU && weight.device_type == DeviceType.CPU && x.dtype == weight.dtype && (x.dtype == float16 || (x.dtype == bfloat16 && !HasBFloat16Products));

    /// <summary>x Wᵀ + b, summed in float32 and rounded once, as LibTorch does it.</summary>
    /// <param name="x">[..., width]</param>
    /// <param name="weight">[outputs, width]</param>
    /// <param name="bias">[outputs]; null for none.</param>
    /// <returns>[..., outputs]</returns>
    public static Tensor Linear(Tensor x, Tensor weight, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        var (wide, wideBias, outputs) = (x.to(float32), bias?.to(float32), weight.shape[0]);
        var y = empty([.. x.shape[..^1], outputs], x.dtype, CPU);
        var rows = Math.Max(1, Block / weight.shape[1]);
        for (var first = 0L; first < outputs; first += rows)
        {
            using var block = NewDisposeScope();
            var count = Math.Min(rows, outputs - first);
            y.narrow(-1, first, count).copy_(nn.functional.linear(wide, weight.narrow(0, first, count).to(float32), wideBias?.narrow(0, first, count)));
        }

        return y.MoveToOuterDisposeScope();
    }
}
