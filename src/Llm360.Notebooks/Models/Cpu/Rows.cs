// Small operations on rows whose length is a multiple of 16.
using System.Runtime.Intrinsics;

namespace Llm360.Notebooks.Models.Cpu;

/// <summary>Scaling, dot products and sums of rows.</summary>
internal static unsafe class Rows
{
    /// <summary>y = factor x, a factor for each row; y may be x.</summary>
    public static void Scale(Matrix y, Matrix x, float* factors, int rows, int width)
    {
        for (var r = 0; r < rows; r++)
        {
            float* to = y.Row(r), from = x.Row(r);
            for (var i = 0; i < width; i += VectorWidth.Floats)
                (Vector512.Load(from + i) * factors[r]).Store(to + i);
        }
    }

    public static float Dot(float* a, float* b, int width)
    {
        var sum = Vector512<float>.Zero;
        for (var i = 0; i < width; i += VectorWidth.Floats)
            sum = Vector512.MultiplyAddEstimate(Vector512.Load(a + i), Vector512.Load(b + i), sum);
        return Vector512.Sum(sum);
    }

    /// <summary>y += x</summary>
    public static void Add(float* y, float* x, int width)
    {
        for (var i = 0; i < width; i += VectorWidth.Floats)
            (Vector512.Load(y + i) + Vector512.Load(x + i)).Store(y + i);
    }
}
