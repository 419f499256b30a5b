// Products by 512-bit vectors in 32 registers: eight rows by one to three vectors, up to 24 sums.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Llm360.Notebooks;

/// <summary>
/// Unrolled by hand, because only named locals are kept in registers. Each inner step is one load
/// per vector and one broadcast per row.
/// </summary>
internal static unsafe class Tile512
{
    public static void Run(in Tile tile, int vectors)
    {
        if (vectors == 3)
            Columns48(tile);
        else if (vectors == 2)
            Columns32(tile);
        else
            Columns16(tile);
    }

    // 8 x 48
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Columns48(in Tile t)
    {
        Vector512<float> r0u = default, r0v = default, r0w = default;
        Vector512<float> r1u = default, r1v = default, r1w = default;
        Vector512<float> r2u = default, r2v = default, r2w = default;
        Vector512<float> r3u = default, r3v = default, r3w = default;
        Vector512<float> r4u = default, r4v = default, r4w = default;
        Vector512<float> r5u = default, r5v = default, r5w = default;
        Vector512<float> r6u = default, r6v = default, r6w = default;
        Vector512<float> r7u = default, r7v = default, r7w = default;
        nint row = t.ARow, aStep = t.AStep, bStep = t.BStep;
        float* b = t.B, a0 = t.A, a3 = t.A + (3 * row), a6 = t.A + (6 * row);
        for (var i = t.K; i > 0; i--)
        {
            Vector512<float> u = Vector512.Load(b), v = Vector512.Load(b + 16), w = Vector512.Load(b + 32);
            var x = Vector512.Create(*a0);
            r0u = Vector512.MultiplyAddEstimate(x, u, r0u);
            r0v = Vector512.MultiplyAddEstimate(x, v, r0v);
            r0w = Vector512.MultiplyAddEstimate(x, w, r0w);
            x = Vector512.Create(a0[row]);
            r1u = Vector512.MultiplyAddEstimate(x, u, r1u);
            r1v = Vector512.MultiplyAddEstimate(x, v, r1v);
            r1w = Vector512.MultiplyAddEstimate(x, w, r1w);
            x = Vector512.Create(a0[2 * row]);
            r2u = Vector512.MultiplyAddEstimate(x, u, r2u);
            r2v = Vector512.MultiplyAddEstimate(x, v, r2v);
            r2w = Vector512.MultiplyAddEstimate(x, w, r2w);
            x = Vector512.Create(*a3);
            r3u = Vector512.MultiplyAddEstimate(x, u, r3u);
            r3v = Vector512.MultiplyAddEstimate(x, v, r3v);
            r3w = Vector512.MultiplyAddEstimate(x, w, r3w);
            x = Vector512.Create(a3[row]);
            r4u = Vector512.MultiplyAddEstimate(x, u, r4u);
            r4v = Vector512.MultiplyAddEstimate(x, v, r4v);
            r4w = Vector512.MultiplyAddEstimate(x, w, r4w);
            x = Vector512.Create(a3[2 * row]);
            r5u = Vector512.MultiplyAddEstimate(x, u, r5u);
            r5v = Vector512.MultiplyAddEstimate(x, v, r5v);
            r5w = Vector512.MultiplyAddEstimate(x, w, r5w);
            x = Vector512.Create(*a6);
            r6u = Vector512.MultiplyAddEstimate(x, u, r6u);
            r6v = Vector512.MultiplyAddEstimate(x, v, r6v);
            r6w = Vector512.MultiplyAddEstimate(x, w, r6w);
            x = Vector512.Create(a6[row]);
            r7u = Vector512.MultiplyAddEstimate(x, u, r7u);
            r7v = Vector512.MultiplyAddEstimate(x, v, r7v);
            r7w = Vector512.MultiplyAddEstimate(x, w, r7w);
            a0 += aStep;
            a3 += aStep;
            a6 += aStep;
            b += bStep;
        }

        Store(t, 0, r0u, r0v, r0w);
        Store(t, 1, r1u, r1v, r1w);
        Store(t, 2, r2u, r2v, r2w);
        Store(t, 3, r3u, r3v, r3w);
        Store(t, 4, r4u, r4v, r4w);
        Store(t, 5, r5u, r5v, r5w);
        Store(t, 6, r6u, r6v, r6w);
        Store(t, 7, r7u, r7v, r7w);
    }

    // 8 x 32
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Columns32(in Tile t)
    {
        Vector512<float> r0u = default, r0v = default;
        Vector512<float> r1u = default, r1v = default;
        Vector512<float> r2u = default, r2v = default;
        Vector512<float> r3u = default, r3v = default;
        Vector512<float> r4u = default, r4v = default;
        Vector512<float> r5u = default, r5v = default;
        Vector512<float> r6u = default, r6v = default;
        Vector512<float> r7u = default, r7v = default;
        nint row = t.ARow, aStep = t.AStep, bStep = t.BStep;
        float* b = t.B, a0 = t.A, a3 = t.A + (3 * row), a6 = t.A + (6 * row);
        for (var i = t.K; i > 0; i--)
        {
            Vector512<float> u = Vector512.Load(b), v = Vector512.Load(b + 16);
            var x = Vector512.Create(*a0);
            r0u = Vector512.MultiplyAddEstimate(x, u, r0u);
            r0v = Vector512.MultiplyAddEstimate(x, v, r0v);
            x = Vector512.Create(a0[row]);
            r1u = Vector512.MultiplyAddEstimate(x, u, r1u);
            r1v = Vector512.MultiplyAddEstimate(x, v, r1v);
            x = Vector512.Create(a0[2 * row]);
            r2u = Vector512.MultiplyAddEstimate(x, u, r2u);
            r2v = Vector512.MultiplyAddEstimate(x, v, r2v);
            x = Vector512.Create(*a3);
            r3u = Vector512.MultiplyAddEstimate(x, u, r3u);
            r3v = Vector512.MultiplyAddEstimate(x, v, r3v);
            x = Vector512.Create(a3[row]);
            r4u = Vector512.MultiplyAddEstimate(x, u, r4u);
            r4v = Vector512.MultiplyAddEstimate(x, v, r4v);
            x = Vector512.Create(a3[2 * row]);
            r5u = Vector512.MultiplyAddEstimate(x, u, r5u);
            r5v = Vector512.MultiplyAddEstimate(x, v, r5v);
            x = Vector512.Create(*a6);
            r6u = Vector512.MultiplyAddEstimate(x, u, r6u);
            r6v = Vector512.MultiplyAddEstimate(x, v, r6v);
            x = Vector512.Create(a6[row]);
            r7u = Vector512.MultiplyAddEstimate(x, u, r7u);
            r7v = Vector512.MultiplyAddEstimate(x, v, r7v);
            a0 += aStep;
            a3 += aStep;
            a6 += aStep;
            b += bStep;
        }

        Store(t, 0, r0u, r0v);
        Store(t, 1, r1u, r1v);
        Store(t, 2, r2u, r2v);
        Store(t, 3, r3u, r3v);
        Store(t, 4, r4u, r4v);
        Store(t, 5, r5u, r5v);
        Store(t, 6, r6u, r6v);
        Store(t, 7, r7u, r7v);
    }

    // 8 x 16
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Columns16(in Tile t)
    {
        Vector512<float> r0u = default;
        Vector512<float> r1u = default;
        Vector512<float> r2u = default;
        Vector512<float> r3u = default;
        Vector512<float> r4u = default;
        Vector512<float> r5u = default;
        Vector512<float> r6u = default;
        Vector512<float> r7u = default;
        nint row = t.ARow, aStep = t.AStep, bStep = t.BStep;
        float* b = t.B, a0 = t.A, a3 = t.A + (3 * row), a6 = t.A + (6 * row);
        for (var i = t.K; i > 0; i--)
        {
            Vector512<float> u = Vector512.Load(b);
            var x = Vector512.Create(*a0);
            r0u = Vector512.MultiplyAddEstimate(x, u, r0u);
            x = Vector512.Create(a0[row]);
            r1u = Vector512.MultiplyAddEstimate(x, u, r1u);
            x = Vector512.Create(a0[2 * row]);
            r2u = Vector512.MultiplyAddEstimate(x, u, r2u);
            x = Vector512.Create(*a3);
            r3u = Vector512.MultiplyAddEstimate(x, u, r3u);
            x = Vector512.Create(a3[row]);
            r4u = Vector512.MultiplyAddEstimate(x, u, r4u);
            x = Vector512.Create(a3[2 * row]);
            r5u = Vector512.MultiplyAddEstimate(x, u, r5u);
            x = Vector512.Create(*a6);
            r6u = Vector512.MultiplyAddEstimate(x, u, r6u);
            x = Vector512.Create(a6[row]);
            r7u = Vector512.MultiplyAddEstimate(x, u, r7u);
            a0 += aStep;
            a3 += aStep;
            a6 += aStep;
            b += bStep;
        }

        Store(t, 0, r0u);
        Store(t, 1, r1u);
        Store(t, 2, r2u);
        Store(t, 3, r3u);
        Store(t, 4, r4u);
        Store(t, 5, r5u);
        Store(t, 6, r6u);
        Store(t, 7, r7u);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in Tile t, int row, Vector512<float> u, Vector512<float> v, Vector512<float> w)
    {
        var at = row * t.CRow;
        if (t.Start is not null)
        {
            var start = t.Start + at;
            u += Vector512.Load(start);
            v += Vector512.Load(start + 16);
            w += Vector512.Load(start + 32);
        }

        var c = t.C + at;
        u.Store(c);
        v.Store(c + 16);
        w.Store(c + 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in Tile t, int row, Vector512<float> u, Vector512<float> v)
    {
        var at = row * t.CRow;
        if (t.Start is not null)
        {
            var start = t.Start + at;
            u += Vector512.Load(start);
            v += Vector512.Load(start + 16);
        }

        var c = t.C + at;
        u.Store(c);
        v.Store(c + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in Tile t, int row, Vector512<float> u)
    {
        var at = row * t.CRow;
        if (t.Start is not null)
        {
            var start = t.Start + at;
            u += Vector512.Load(start);
        }

        var c = t.C + at;
        u.Store(c);
    }
}
