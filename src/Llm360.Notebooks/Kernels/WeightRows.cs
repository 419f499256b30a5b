// Rows of weights or logits as float32, regardless of their stored type.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>A contiguous matrix of float32, bfloat16 or float16 in memory.</summary>
internal readonly unsafe struct WeightRows(void* data, ScalarType type, int width)
{
    private const int Width = 8; // Values per vector.

    /// <summary>The rows of a tensor without gaps, which must outlive this.</summary>
    /// <param name="matrix">[rows, width], or [width].</param>
    public static WeightRows Of(Tensor matrix) => new(TensorMemory.Floats(matrix), matrix.dtype, (int)matrix.shape[^1]);

    /// <summary>Whether a type is one of the three.</summary>
    public static bool Holds(ScalarType type) => type is ScalarType.Float32 or ScalarType.BFloat16 or ScalarType.Float16;

    /// <summary>The stored type.</summary>
    public ScalarType Type => type;

    /// <summary>Bytes per value.</summary>
    public int Bytes => type == ScalarType.Float32 ? sizeof(float) : sizeof(ushort);

    /// <summary>Pointer to the first value of a row.</summary>
    public byte* At(int row) => (byte*)data + ((nint)row * width * Bytes);

    /// <summary>Rows as float32, in place or widened into <paramref name="scratch"/>.</summary>
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

    /// <summary>A value of float32 or, as ushort, of bfloat16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load<T>(T* from)
        where T : unmanaged => typeof(T) == typeof(float) ? *(float*)from : BitConverter.UInt32BitsToSingle((uint)*(ushort*)from << 16);

    /// <summary>
    /// Eight values of float32 or, as ushort, of bfloat16, which is the upper half of a float32.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load256<T>(T* from)
        where T : unmanaged => typeof(T) == typeof(float) ? Vector256.Load((float*)from) : (Widen((ushort*)from) << 16).AsSingle();

    /// <summary>Sixteen values, as <see cref="Load256"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load512<T>(T* from)
        where T : unmanaged => typeof(T) == typeof(float)
            ? Vector512.Load((float*)from)
            : (Vector512.WidenLower(Vector256.Load((ushort*)from).ToVector512Unsafe()) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FromBFloat16(ushort* from, float* to, int count)
    {
        var i = 0;
        for (; i <= count - Width; i += Width)
            Load256(from + i).Store(to + i);
        for (; i < count; i++)
            to[i] = Load(from + i);
    }

    // float16 has 1 bit of sign, 5 of exponent with bias 15 and 10 of mantissa. float32 has 1, 8
    // with bias 127 and 23.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FromFloat16(ushort* from, float* to, int count)
    {
        Vector256<uint> magnitude = Vector256.Create(0x7FFFu), bias = Vector256.Create(112u << 23);
        Vector256<uint> smallest = Vector256.Create(113u << 23), normal = Vector256.Create(0x400u), infinity = Vector256.Create(0x7C00u);
        var i = 0;
        for (; i <= count - Width; i += Width)
        {
            var bits = Widen(from + i);
            var m = bits & magnitude;
            // Infinity and NaN have the largest exponent in both types.
            var wide = (m << 13) + bias + (Vector256.GreaterThanOrEqual(m, infinity) & bias);
            // m 2^-24, without arithmetic on subnormal numbers, which is slow.
            var subnormal = ((m << 13) + smallest).AsSingle() - smallest.AsSingle();
            var value = Vector256.ConditionalSelect(Vector256.LessThan(m, normal), subnormal.AsUInt32(), wide);
            (value | ((bits ^ m) << 16)).AsSingle().Store(to + i);
        }

        for (; i < count; i++)
            to[i] = (float)BitConverter.UInt16BitsToHalf(from[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Widen(ushort* from)
    {
        if (Avx2.IsSupported) // One instruction, where the compiler makes several of what is below.
            return Avx2.ConvertToVector256Int32(from).AsUInt32();
        var (low, high) = Vector128.Widen(Vector128.Load(from));
        return Vector256.Create(low, high);
    }
}
