// Rows of weights as float32, whatever type they are stored in.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Llm360.Notebooks.Models.Cpu;

/// <summary>A matrix of weights in memory of float32, bfloat16 or float16, its rows one after another.</summary>
internal readonly unsafe struct WeightRows(void* data, ScalarType type, int width)
{
    private const int Width = 8; // Values at once.

    /// <summary>Bytes a value.</summary>
    public int Bytes => type == ScalarType.Float32 ? sizeof(float) : sizeof(ushort);

    /// <summary>Where a row begins.</summary>
    public byte* At(int row) => (byte*)data + ((nint)row * width * Bytes);

    /// <summary>Rows as float32: where they lie, or widened into <paramref name="scratch"/>. The width is a multiple of 8.</summary>
    public float* AsFloats(int row, int count, float* scratch)
    {
        if (type == ScalarType.Float32)
            return (float*)At(row);
        if (type == ScalarType.BFloat16)
            FromBFloat16((ushort*)At(row), scratch, count * width);
        else
            FromFloat16((ushort*)At(row), scratch, count * width);
        return scratch;
    }

    // The upper half of a float32.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FromBFloat16(ushort* from, float* to, int count)
    {
        for (var i = 0; i < count; i += Width)
            (Widen(from + i) << 16).AsSingle().Store(to + i);
    }

    // 1 bit of sign, 5 of exponent with bias 15, 10 of mantissa: float32 has 1, 8 with bias 127, 23.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FromFloat16(ushort* from, float* to, int count)
    {
        Vector256<uint> magnitude = Vector256.Create(0x7FFFu), bias = Vector256.Create(112u << 23), smallest = Vector256.Create(113u << 23), normal = Vector256.Create(0x400u), infinity = Vector256.Create(0x7C00u);
        for (var i = 0; i < count; i += Width)
        {
            var bits = Widen(from + i);
            var m = bits & magnitude;
            var wide = (m << 13) + bias + (Vector256.GreaterThanOrEqual(m, infinity) & bias); // Infinity and NaN have the largest exponent in both.
            var subnormal = ((m << 13) + smallest).AsSingle() - smallest.AsSingle(); // m 2^-24, without arithmetic on subnormal numbers, which is slow.
            var value = Vector256.ConditionalSelect(Vector256.LessThan(m, normal), subnormal.AsUInt32(), wide);
            (value | ((bits ^ m) << 16)).AsSingle().Store(to + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Widen(ushort* from)
    {
        var (low, high) = Vector128.Widen(Vector128.Load(from));
        return Vector256.Create(low, high);
    }
}
