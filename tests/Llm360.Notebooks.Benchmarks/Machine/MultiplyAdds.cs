// The maximum rate of multiply-adds that the processor can do: on registers only.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Llm360.Notebooks.Benchmarks.Machine;

/// <summary>Independent chains of float32 multiply-adds in the widest vectors, twelve for each
/// thread. That is more than two units with a latency of four cycles can hold.</summary>
internal static class MultiplyAdds
{
    private const int Steps = 1 << 20, Chains = 12;

    /// <returns>Floating-point operations done.</returns>
    public static double Run(int threads)
    {
        var wide = Vector512.IsHardwareAccelerated;
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
            GC.KeepAlive(wide ? Chain512(Steps) : Chain256(Steps)));
        return 2.0 * threads * Steps * Chains * (wide ? Vector512<float>.Count : Vector256<float>.Count);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Chain256(int steps)
    {
        Vector256<float> x = Vector256.Create(0.9f), y = Vector256.Create(0.1f);
        Vector256<float> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y, k = y, l = y;
        for (; steps > 0; steps--)
        {
            a = Vector256.MultiplyAddEstimate(a, x, y);
            b = Vector256.MultiplyAddEstimate(b, x, y);
            c = Vector256.MultiplyAddEstimate(c, x, y);
            d = Vector256.MultiplyAddEstimate(d, x, y);
            e = Vector256.MultiplyAddEstimate(e, x, y);
            f = Vector256.MultiplyAddEstimate(f, x, y);
            g = Vector256.MultiplyAddEstimate(g, x, y);
            h = Vector256.MultiplyAddEstimate(h, x, y);
            i = Vector256.MultiplyAddEstimate(i, x, y);
            j = Vector256.MultiplyAddEstimate(j, x, y);
            k = Vector256.MultiplyAddEstimate(k, x, y);
            l = Vector256.MultiplyAddEstimate(l, x, y);
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Chain512(int steps)
    {
        Vector512<float> x = Vector512.Create(0.9f), y = Vector512.Create(0.1f);
        Vector512<float> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y, i = y, j = y, k = y, l = y;
        for (; steps > 0; steps--)
        {
            a = Vector512.MultiplyAddEstimate(a, x, y);
            b = Vector512.MultiplyAddEstimate(b, x, y);
            c = Vector512.MultiplyAddEstimate(c, x, y);
            d = Vector512.MultiplyAddEstimate(d, x, y);
            e = Vector512.MultiplyAddEstimate(e, x, y);
            f = Vector512.MultiplyAddEstimate(f, x, y);
            g = Vector512.MultiplyAddEstimate(g, x, y);
            h = Vector512.MultiplyAddEstimate(h, x, y);
            i = Vector512.MultiplyAddEstimate(i, x, y);
            j = Vector512.MultiplyAddEstimate(j, x, y);
            k = Vector512.MultiplyAddEstimate(k, x, y);
            l = Vector512.MultiplyAddEstimate(l, x, y);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }
}
