// Rows of exponentials: the causal softmax of attention and the cross-entropy of the head.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Llm360.Notebooks;

/// <summary>Softmax without its division; the sums are applied to shorter rows later.</summary>
internal static unsafe class Softmax
{
    private const int Width = VectorWidth.Floats;

    /// <summary>
    /// x[i] = exp(scale (x[i] - max)) for the first <paramref name="count"/> values, 0 from there
    /// to <paramref name="width"/>.
    /// </summary>
    /// <returns>The sum of the row, and scale times its maximum.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static (float Sum, float Shift) Exponentials(float* x, int count, int width, float scale)
    {
        var tail = Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count % Width)).AsSingle();
        var whole = count - (count % Width);
        var largest = Vector512.Create(float.NegativeInfinity);
        for (var i = 0; i < whole; i += Width)
            largest = Vector512.MaxNative(largest, Vector512.Load(x + i));
        if (whole < count)
            largest = Vector512.MaxNative(largest, Vector512.ConditionalSelect(tail, Vector512.Load(x + whole), largest));

        // The maximum may lose a NaN, but the exponentials keep it.
        var shift = scale * Largest(largest);
        Vector512<float> factor = Vector512.Create(scale), minus = Vector512.Create(-shift), sum = Vector512<float>.Zero;
        for (var i = 0; i < whole; i += Width)
        {
            var e = Exponential.OfBounded(Vector512.MultiplyAddEstimate(Vector512.Load(x + i), factor, minus));
            e.Store(x + i);
            sum += e;
        }

        var next = whole;
        if (whole < count)
        {
            var e = Exponential.OfBounded(Vector512.MultiplyAddEstimate(Vector512.Load(x + whole), factor, minus)) & tail;
            e.Store(x + whole);
            sum += e;
            next += Width;
        }

        for (; next < width; next += Width)
            Vector512<float>.Zero.Store(x + next);
        return (Vector512.Sum(sum), shift);
    }

    /// <summary>
    /// Computes probabilities and the gradient of unscaled scores, from scores and the gradient of
    /// probabilities.
    /// </summary>
    /// <param name="s">
    /// Scores before scaling on entry; probabilities p = exp(scale s - logSum) afterwards, 0 from
    /// <paramref name="count"/> on.
    /// </param>
    /// <param name="d">dp on entry; scale p (dp - dot) afterwards.</param>
    /// <param name="count">Number of keys that the query attends to.</param>
    /// <param name="width">Width of the rows, a multiple of 16.</param>
    /// <param name="scale">Factor of the scores.</param>
    /// <param name="logSum">Logarithm of the sum of the row's exponentials.</param>
    /// <param name="dot">Sum over the row of p dp.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Backward(float* s, float* d, int count, int width, float scale, float logSum, float dot)
    {
        Vector512<float> factor = Vector512.Create(scale), minus = Vector512.Create(-logSum), mean = Vector512.Create(dot);
        var whole = count - (count % Width);
        for (var i = 0; i < whole; i += Width)
        {
            var p = Exponential.OfBounded(Vector512.MultiplyAddEstimate(Vector512.Load(s + i), factor, minus));
            p.Store(s + i);
            (p * (Vector512.Load(d + i) - mean) * factor).Store(d + i);
        }

        var next = whole;
        if (whole < count)
        {
            var tail = Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count % Width)).AsSingle();
            var p = Exponential.OfBounded(Vector512.MultiplyAddEstimate(Vector512.Load(s + whole), factor, minus)) & tail;
            p.Store(s + whole);
            ((p * (Vector512.Load(d + whole) - mean) * factor) & tail).Store(d + whole);
            next += Width;
        }

        for (; next < width; next += Width)
        {
            Vector512<float>.Zero.Store(s + next);
            Vector512<float>.Zero.Store(d + next);
        }
    }

    private static float Largest(Vector512<float> v)
    {
        var eight = Vector256.MaxNative(v.GetLower(), v.GetUpper());
        var four = Vector128.MaxNative(eight.GetLower(), eight.GetUpper());
        return MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3]));
    }
}
