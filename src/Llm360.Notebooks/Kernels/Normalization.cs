// RMSNorm and its gradient, token by token.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Llm360.Notebooks;

/// <summary>y = x r w with r = 1 / sqrt(mean(x²) + eps). Widths are padded with zeros, which add nothing; the mean is over the real size.</summary>
internal static unsafe class Normalization
{
    /// <summary>Normalises tokens; the factors r are kept for the gradient.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Forward(MatrixView y, MatrixView x, float* weight, float* factors, int tokens, int width, int size, float eps)
    {
        for (var t = 0; t < tokens; t++)
        {
            float* from = x.Row(t);
            var squares = Vector512<float>.Zero;
            for (var i = 0; i < width; i += VectorWidth.Floats)
            {
                var value = Vector512.Load(from + i);
                squares = Vector512.MultiplyAddEstimate(value, value, squares);
            }

            factors[t] = 1 / MathF.Sqrt((Vector512.Sum(squares) / size) + eps);
        }

        Apply(y, x, weight, factors, tokens, width);
    }

    /// <summary>Normalises again with known factors.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Apply(MatrixView y, MatrixView x, float* weight, float* factors, int tokens, int width)
    {
        for (var t = 0; t < tokens; t++)
        {
            float* from = x.Row(t), to = y.Row(t);
            var factor = Vector512.Create(factors[t]);
            for (var i = 0; i < width; i += VectorWidth.Floats)
                (Vector512.Load(from + i) * factor * Vector512.Load(weight + i)).Store(to + i);
        }
    }

    /// <summary>dx (+)= r (w dy) - x r³ mean(w dy x); dw += sum over tokens of dy x r.</summary>
    /// <param name="dx">Gradient by the input.</param>
    /// <param name="add">Whether dx holds the gradient that came past the norm.</param>
    /// <param name="dWeight">Added to.</param>
    /// <param name="dy">Gradient by the output.</param>
    /// <param name="x">The input.</param>
    /// <param name="weight">The norm's weight.</param>
    /// <param name="factors">From <see cref="Forward"/>.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="width">Padded width.</param>
    /// <param name="size">Real width.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Backward(MatrixView dx, bool add, float* dWeight, MatrixView dy, MatrixView x, float* weight, float* factors, int tokens, int width, int size)
    {
        for (var t = 0; t < tokens; t++)
        {
            float* input = x.Row(t), gradient = dy.Row(t), result = dx.Row(t);
            var factor = Vector512.Create(factors[t]);
            var products = Vector512<float>.Zero;
            for (var i = 0; i < width; i += VectorWidth.Floats)
            {
                var common = Vector512.Load(gradient + i) * Vector512.Load(input + i);
                products = Vector512.MultiplyAddEstimate(common, Vector512.Load(weight + i), products);
                Vector512.MultiplyAddEstimate(common, factor, Vector512.Load(dWeight + i)).Store(dWeight + i);
            }

            var r = factors[t];
            var slope = Vector512.Create(-r * r * r * Vector512.Sum(products) / size);
            for (var i = 0; i < width; i += VectorWidth.Floats)
            {
                var value = Vector512.MultiplyAddEstimate(Vector512.Load(input + i), slope, Vector512.Load(gradient + i) * Vector512.Load(weight + i) * factor);
                if (add)
                    value += Vector512.Load(result + i);
                value.Store(result + i);
            }
        }
    }
}
