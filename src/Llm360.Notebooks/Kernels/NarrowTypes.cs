// Products of float32 with weights of bfloat16 and float16.
using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// LibTorch multiplies only matrices of the same type. Either x is rounded to the weights' type, or
/// the weights are widened to float32 block by block.
/// </summary>
internal static class NarrowTypes
{
    /// <summary>Weights widened at a time.</summary>
    private const int Block = 1 << 22;

    /// <summary>Whether the processor multiplies bfloat16, with sums in float32.</summary>
    public static bool MultipliesBFloat16 { get; } =
        X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7 && X86Base.CpuId(7, 0).Eax >= 1
        && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0; // AVX512_BF16

    /// <summary>
    /// Whether x is rounded, which requires a processor that multiplies in the weights' type.
    /// Without such instructions LibTorch takes several times as long as in float32.
    /// </summary>
    /// <param name="weights">Their type.</param>
    public static bool Rounds(ScalarType weights) => weights == ScalarType.BFloat16
        ? !X86Base.IsSupported || MultipliesBFloat16
        : weights == ScalarType.Float16 && !X86Base.IsSupported;

    /// <summary>x Wᵀ + b in float32.</summary>
    /// <param name="x">float32 [..., width]</param>
    /// <param name="weight">bfloat16 or float16 [outputs, width]</param>
    /// <param name="bias">[outputs] of the same type; null for none.</param>
    /// <returns>float32 [..., outputs]</returns>
    public static Tensor Widened(Tensor x, Tensor weight, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        var (wide, outputs) = (bias?.to(float32), weight.shape[0]);
        var y = empty([.. x.shape[..^1], outputs], float32, CPU);
        var rows = Math.Max(1, Block / weight.shape[1]);
        for (var first = 0L; first < outputs; first += rows)
        {
            using var block = NewDisposeScope();
            var count = Math.Min(rows, outputs - first);
            var part = weight.narrow(0, first, count).to(float32);
            y.narrow(-1, first, count).copy_(nn.functional.linear(x, part, wide?.narrow(0, first, count)));
        }

        return y.MoveToOuterDisposeScope();
    }
}
