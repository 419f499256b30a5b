// Small operations on rows.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Llm360.Notebooks;

/// <summary>Scaling, dot products and sums of rows.</summary>
internal static unsafe class VectorMath
{
    /// <summary>
    /// y = factor x, with one factor per row; y may be x, and the width is a multiple of 16.
    /// </summary>
    public static void Scale(MatrixView y, MatrixView x, float* factors, int rows, int width)
    {
        for (var r = 0; r < rows; r++)
        {
            float* to = y.Row(r), from = x.Row(r);
            for (var i = 0; i < width; i += VectorWidth.Floats)
                (Vector512.Load(from + i) * factors[r]).Store(to + i);
        }
    }

    /// <summary>a · b, of any width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Dot(float* a, float* b, int width)
    {
        var sum = Vector512<float>.Zero;
        var i = 0;
        for (; i <= width - VectorWidth.Floats; i += VectorWidth.Floats)
            sum = Vector512.MultiplyAddEstimate(Vector512.Load(a + i), Vector512.Load(b + i), sum);
        var rest = 0f;
        for (; i < width; i++)
            rest += a[i] * b[i];
        return Vector512.Sum(sum) + rest;
    }

    /// <summary>y += factor x, of any width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(float* y, float* x, int width, float factor)
    {
        var weight = Vector512.Create(factor);
        var i = 0;
        for (; i <= width - VectorWidth.Floats; i += VectorWidth.Floats)
            Vector512.MultiplyAddEstimate(weight, Vector512.Load(x + i), Vector512.Load(y + i)).Store(y + i);
        for (; i < width; i++)
            y[i] += factor * x[i];
    }

    /// <summary>y += x; the width is a multiple of 16.</summary>
    public static void Add(float* y, float* x, int width)
    {
        for (var i = 0; i < width; i += VectorWidth.Floats)
            (Vector512.Load(y + i) + Vector512.Load(x + i)).Store(y + i);
    }
}
