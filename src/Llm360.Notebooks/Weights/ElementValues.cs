// Elements of every type as doubles.
using System.Numerics;
using System.Runtime.InteropServices;

namespace Llm360.Notebooks;

internal static class ElementValues
{
    /// <summary>Widens little-endian elements; exact except for I64 beyond 2^53.</summary>
    public static ReadOnlySpan<double> Widen(ReadOnlySpan<byte> bytes, string dtype, double[] buffer) => dtype switch
    {
        "F64" => MemoryMarshal.Cast<byte, double>(bytes),
        "F32" => Each<float>(bytes, buffer),
        "F16" => Each<Half>(bytes, buffer),
        "BF16" => BrainFloats(bytes, buffer),
        "I64" => Each<long>(bytes, buffer),
        "I32" => Each<int>(bytes, buffer),
        "I16" => Each<short>(bytes, buffer),
        "I8" => Each<sbyte>(bytes, buffer),
        _ => Each<byte>(bytes, buffer),
    };

    private static ReadOnlySpan<double> Each<T>(ReadOnlySpan<byte> bytes, double[] buffer)
        where T : unmanaged, INumberBase<T>
    {
        var elements = MemoryMarshal.Cast<byte, T>(bytes);
        for (var i = 0; i < elements.Length; i++)
            buffer[i] = double.CreateTruncating(elements[i]);
        return buffer.AsSpan(0, elements.Length);
    }

    // A bfloat16 is the upper half of a float.
    private static ReadOnlySpan<double> BrainFloats(ReadOnlySpan<byte> bytes, double[] buffer)
    {
        var elements = MemoryMarshal.Cast<byte, ushort>(bytes);
        for (var i = 0; i < elements.Length; i++)
            buffer[i] = BitConverter.UInt32BitsToSingle((uint)elements[i] << 16);
        return buffer.AsSpan(0, elements.Length);
    }
}
