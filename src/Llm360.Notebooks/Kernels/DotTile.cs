// Dot products of four rows of weights and a few rows of x; the sums fill the registers.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Llm360.Notebooks;

/// <summary>Unrolled by hand, because only named locals are kept in registers.</summary>
internal static unsafe class DotTile
{
    /// <summary>Rows of weights.</summary>
    public const int Weights = 4;

    /// <summary>Maximum rows of x: with 32 registers of 512 bits, and with 16 of 256.</summary>
    public const int Rows512 = 4, Rows256 = 3;

    /// <summary>y = x Wᵀ, or y += x Wᵀ</summary>
    /// <param name="y">[rows, 4]</param>
    /// <param name="x">[rows, width] without gaps, the width a multiple of 16.</param>
    /// <param name="rows">
    /// 1 to <see cref="Rows512"/>; missing rows are computed from the first.
    /// </param>
    /// <param name="w">float32, or (as ushort) bfloat16: [4, width] without gaps.</param>
    /// <param name="next">Memory to prefetch.</param>
    /// <param name="bytes">Number of bytes to prefetch.</param>
    /// <param name="add">Whether to add to what y holds.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Run512<T>(MatrixView y, MatrixView x, int rows, T* w, byte* next, int bytes, bool add)
        where T : unmanaged
    {
        int width = x.Stride, step = bytes / (width / 16);
        float* x0 = x.Data, x1 = rows > 1 ? x.Row(1) : x0, x2 = rows > 2 ? x.Row(2) : x0, x3 = rows > 3 ? x.Row(3) : x0;
        T* w1 = w + width, w2 = w1 + width, w3 = w2 + width;
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default;
        Vector512<float> b0 = default, b1 = default, b2 = default, b3 = default;
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default;
        Vector512<float> d0 = default, d1 = default, d2 = default, d3 = default;
        for (var i = 0; i < width; i += 16, next += step)
        {
            Prefetch(next, step);
            Vector512<float> p = Vector512.Load(x0 + i), q = Vector512.Load(x1 + i), r = Vector512.Load(x2 + i), s = Vector512.Load(x3 + i);
            var v = WeightRows.Load512(w + i);
            a0 = Vector512.MultiplyAddEstimate(v, p, a0);
            a1 = Vector512.MultiplyAddEstimate(v, q, a1);
            a2 = Vector512.MultiplyAddEstimate(v, r, a2);
            a3 = Vector512.MultiplyAddEstimate(v, s, a3);
            v = WeightRows.Load512(w1 + i);
            b0 = Vector512.MultiplyAddEstimate(v, p, b0);
            b1 = Vector512.MultiplyAddEstimate(v, q, b1);
            b2 = Vector512.MultiplyAddEstimate(v, r, b2);
            b3 = Vector512.MultiplyAddEstimate(v, s, b3);
            v = WeightRows.Load512(w2 + i);
            c0 = Vector512.MultiplyAddEstimate(v, p, c0);
            c1 = Vector512.MultiplyAddEstimate(v, q, c1);
            c2 = Vector512.MultiplyAddEstimate(v, r, c2);
            c3 = Vector512.MultiplyAddEstimate(v, s, c3);
            v = WeightRows.Load512(w3 + i);
            d0 = Vector512.MultiplyAddEstimate(v, p, d0);
            d1 = Vector512.MultiplyAddEstimate(v, q, d1);
            d2 = Vector512.MultiplyAddEstimate(v, r, d2);
            d3 = Vector512.MultiplyAddEstimate(v, s, d3);
        }

        Put(y.Data, Half(a0), Half(b0), Half(c0), Half(d0), add);
        if (rows > 1)
            Put(y.Row(1), Half(a1), Half(b1), Half(c1), Half(d1), add);
        if (rows > 2)
            Put(y.Row(2), Half(a2), Half(b2), Half(c2), Half(d2), add);
        if (rows > 3)
            Put(y.Row(3), Half(a3), Half(b3), Half(c3), Half(d3), add);
    }

    /// <summary>As <see cref="Run512"/>, with at most <see cref="Rows256"/> rows.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Run256<T>(MatrixView y, MatrixView x, int rows, T* w, byte* next, int bytes, bool add)
        where T : unmanaged
    {
        int width = x.Stride, step = bytes / (width / 16);
        float* x0 = x.Data, x1 = rows > 1 ? x.Row(1) : x0, x2 = rows > 2 ? x.Row(2) : x0;
        T* w1 = w + width, w2 = w1 + width, w3 = w2 + width;
        Vector256<float> a0 = default, a1 = default, a2 = default;
        Vector256<float> b0 = default, b1 = default, b2 = default;
        Vector256<float> c0 = default, c1 = default, c2 = default;
        Vector256<float> d0 = default, d1 = default, d2 = default;
        for (var i = 0; i < width; i += 8)
        {
            if (i % 16 == 0)
            {
                Prefetch(next, step);
                next += step;
            }

            Vector256<float> p = Vector256.Load(x0 + i), q = Vector256.Load(x1 + i), r = Vector256.Load(x2 + i);
            var v = WeightRows.Load256(w + i);
            a0 = Vector256.MultiplyAddEstimate(v, p, a0);
            a1 = Vector256.MultiplyAddEstimate(v, q, a1);
            a2 = Vector256.MultiplyAddEstimate(v, r, a2);
            v = WeightRows.Load256(w1 + i);
            b0 = Vector256.MultiplyAddEstimate(v, p, b0);
            b1 = Vector256.MultiplyAddEstimate(v, q, b1);
            b2 = Vector256.MultiplyAddEstimate(v, r, b2);
            v = WeightRows.Load256(w2 + i);
            c0 = Vector256.MultiplyAddEstimate(v, p, c0);
            c1 = Vector256.MultiplyAddEstimate(v, q, c1);
            c2 = Vector256.MultiplyAddEstimate(v, r, c2);
            v = WeightRows.Load256(w3 + i);
            d0 = Vector256.MultiplyAddEstimate(v, p, d0);
            d1 = Vector256.MultiplyAddEstimate(v, q, d1);
            d2 = Vector256.MultiplyAddEstimate(v, r, d2);
        }

        Put(y.Data, a0, b0, c0, d0, add);
        if (rows > 1)
            Put(y.Row(1), a1, b1, c1, d1, add);
        if (rows > 2)
            Put(y.Row(2), a2, b2, c2, d2, add);
    }

    // Prefetches into the second-level cache: the first level has few outstanding misses, and its
    // own loads need them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* from, int bytes)
    {
        if (!Sse.IsSupported)
            return;
        var quarter = bytes / 4;
        Sse.Prefetch1(from);
        Sse.Prefetch1(from + quarter);
        Sse.Prefetch1(from + (2 * quarter));
        Sse.Prefetch1(from + (3 * quarter));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Half(Vector512<float> x) => x.GetLower() + x.GetUpper();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* y, Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d, bool add)
    {
        Vector128<float> sums;
        if (Avx.IsSupported)
        {
            var pairs = Avx.HorizontalAdd(Avx.HorizontalAdd(a, b), Avx.HorizontalAdd(c, d));
            sums = pairs.GetLower() + pairs.GetUpper();
        }
        else
        {
            sums = Vector128.Create(Vector256.Sum(a), Vector256.Sum(b), Vector256.Sum(c), Vector256.Sum(d));
        }

        (add ? Vector128.Load(y) + sums : sums).Store(y);
    }
}
