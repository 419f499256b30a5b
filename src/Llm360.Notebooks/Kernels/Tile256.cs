// Products by 256-bit vectors in 16 registers: four rows by 24 or 16 columns at a time.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Llm360.Notebooks;

/// <summary>Correct on every processor; fast on processors with 256-bit vectors.</summary>
internal static unsafe class Tile256
{
    /// <param name="tile">Eight rows.</param>
    /// <param name="vectors">Two or three vectors of 8 columns.</param>
    public static void Run(in Tile tile, int vectors)
    {
        for (var row = 0; row < 8; row += 4)
        {
            var at = row * tile.CRow;
            var start = tile.Start is null ? null : tile.Start + at;
            var part = new Tile(
                tile.A + (row * tile.ARow), tile.ARow, tile.AStep, tile.B, tile.BStep, tile.C + at, start, tile.CRow, tile.K);
            if (vectors == 3)
                Columns24(part);
            else
                Columns16(part);
        }
    }

    // 4 x 24
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Columns24(in Tile t)
    {
        Vector256<float> r0u = default, r0v = default, r0w = default;
        Vector256<float> r1u = default, r1v = default, r1w = default;
        Vector256<float> r2u = default, r2v = default, r2w = default;
        Vector256<float> r3u = default, r3v = default, r3w = default;
        nint row = t.ARow, aStep = t.AStep, bStep = t.BStep;
        float* b = t.B, a0 = t.A;
        for (var i = t.K; i > 0; i--)
        {
            Vector256<float> u = Vector256.Load(b), v = Vector256.Load(b + 8), w = Vector256.Load(b + 16);
            var x = Vector256.Create(*a0);
            r0u = Vector256.MultiplyAddEstimate(x, u, r0u);
            r0v = Vector256.MultiplyAddEstimate(x, v, r0v);
            r0w = Vector256.MultiplyAddEstimate(x, w, r0w);
            x = Vector256.Create(a0[row]);
            r1u = Vector256.MultiplyAddEstimate(x, u, r1u);
            r1v = Vector256.MultiplyAddEstimate(x, v, r1v);
            r1w = Vector256.MultiplyAddEstimate(x, w, r1w);
            x = Vector256.Create(a0[2 * row]);
            r2u = Vector256.MultiplyAddEstimate(x, u, r2u);
            r2v = Vector256.MultiplyAddEstimate(x, v, r2v);
            r2w = Vector256.MultiplyAddEstimate(x, w, r2w);
            x = Vector256.Create(a0[3 * row]);
            r3u = Vector256.MultiplyAddEstimate(x, u, r3u);
            r3v = Vector256.MultiplyAddEstimate(x, v, r3v);
            r3w = Vector256.MultiplyAddEstimate(x, w, r3w);
            a0 += aStep;
            b += bStep;
        }

        Store(t, 0, r0u, r0v, r0w);
        Store(t, 1, r1u, r1v, r1w);
        Store(t, 2, r2u, r2v, r2w);
        Store(t, 3, r3u, r3v, r3w);
    }

    // 4 x 16
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Columns16(in Tile t)
    {
        Vector256<float> r0u = default, r0v = default;
        Vector256<float> r1u = default, r1v = default;
        Vector256<float> r2u = default, r2v = default;
        Vector256<float> r3u = default, r3v = default;
        nint row = t.ARow, aStep = t.AStep, bStep = t.BStep;
        float* b = t.B, a0 = t.A;
        for (var i = t.K; i > 0; i--)
        {
            Vector256<float> u = Vector256.Load(b), v = Vector256.Load(b + 8);
            var x = Vector256.Create(*a0);
            r0u = Vector256.MultiplyAddEstimate(x, u, r0u);
            r0v = Vector256.MultiplyAddEstimate(x, v, r0v);
            x = Vector256.Create(a0[row]);
            r1u = Vector256.MultiplyAddEstimate(x, u, r1u);
            r1v = Vector256.MultiplyAddEstimate(x, v, r1v);
            x = Vector256.Create(a0[2 * row]);
            r2u = Vector256.MultiplyAddEstimate(x, u, r2u);
            r2v = Vector256.MultiplyAddEstimate(x, v, r2v);
            x = Vector256.Create(a0[3 * row]);
            r3u = Vector256.MultiplyAddEstimate(x, u, r3u);
            r3v = Vector256.MultiplyAddEstimate(x, v, r3v);
            a0 += aStep;
            b += bStep;
        }

        Store(t, 0, r0u, r0v);
        Store(t, 1, r1u, r1v);
        Store(t, 2, r2u, r2v);
        Store(t, 3, r3u, r3v);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in Tile t, int row, Vector256<float> u, Vector256<float> v, Vector256<float> w)
    {
        Store(t, row, u, v);
        var at = (row * t.CRow) + 16;
        if (t.Start is not null)
            w += Vector256.Load(t.Start + at);
        w.Store(t.C + at);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(in Tile t, int row, Vector256<float> u, Vector256<float> v)
    {
        var at = row * t.CRow;
        if (t.Start is not null)
        {
            var start = t.Start + at;
            u += Vector256.Load(start);
            v += Vector256.Load(start + 8);
        }

        var c = t.C + at;
        u.Store(c);
        v.Store(c + 8);
    }
}
