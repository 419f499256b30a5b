// RMSNorm and its gradient.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// y = x r w with r = 1 / sqrt(mean(x²) + eps). Widths are padded with zeros, which do not change
/// the sum; the mean is over the real size.
/// </summary>
internal static unsafe class RmsNorm
{
    private const int Width = VectorWidth.Floats;

    /// <summary>RMSNorm of each row.</summary>
    /// <param name="x">[..., width], contiguous float32 on the CPU.</param>
    /// <param name="weight">[width], contiguous.</param>
    /// <param name="eps">Epsilon.</param>
    public static Tensor Forward(Tensor x, Tensor weight, float eps)
    {
        var width = (int)x.shape[^1];
        var y = empty_like(x);
        var (output, input) = (new MatrixView(TensorMemory.Floats(y), width), new MatrixView(TensorMemory.Floats(x), width));
        Forward(output, input, TensorMemory.Floats(weight), (int)(x.numel() / width), eps);
        GC.KeepAlive((x, weight));
        return y;
    }

    /// <summary>The same for rows without gaps, split among threads.</summary>
    public static void Forward(MatrixView y, MatrixView x, float* weight, int rows, float eps)
    {
        Parallelism.ForRows(rows, x.Stride, row =>
            Apply(y.Row((int)row), x.Row((int)row), weight, Factor(x.Row((int)row), x.Stride, x.Stride, eps), x.Stride));
    }

    /// <summary>Normalises tokens; the factors r are kept for the gradient.</summary>
    public static void Forward(MatrixView y, MatrixView x, float* weight, float* factors, int tokens, int width, int size, float eps)
    {
        for (var t = 0; t < tokens; t++)
            factors[t] = Factor(x.Row(t), width, size, eps);
        Apply(y, x, weight, factors, tokens, width);
    }

    /// <summary>Normalises again with known factors.</summary>
    public static void Apply(MatrixView y, MatrixView x, float* weight, float* factors, int tokens, int width)
    {
        for (var t = 0; t < tokens; t++)
            Apply(y.Row(t), x.Row(t), weight, factors[t], width);
    }

    /// <summary>dx (+)= r (w dy) - x r³ mean(w dy x); dw += sum over tokens of dy x r.</summary>
    /// <param name="dx">Gradient of the input.</param>
    /// <param name="add">
    /// Whether to add to dx, which holds the gradient of the residual path.
    /// </param>
    /// <param name="dWeight">Gradient of the weight, added to.</param>
    /// <param name="dy">Gradient of the output.</param>
    /// <param name="x">The input.</param>
    /// <param name="weight">The norm's weight.</param>
    /// <param name="factors">From the forward pass.</param>
    /// <param name="tokens">Number of tokens.</param>
    /// <param name="width">Padded width.</param>
    /// <param name="size">Real width.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Backward(
        MatrixView dx, bool add, float* dWeight, MatrixView dy, MatrixView x, float* weight, float* factors,
        int tokens, int width, int size)
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
                var value = Vector512.MultiplyAddEstimate(
                    Vector512.Load(input + i), slope, Vector512.Load(gradient + i) * Vector512.Load(weight + i) * factor);
                if (add)
                    value += Vector512.Load(result + i);
                value.Store(result + i);
            }
        }
    }

    // r of one row; the values between the size and the width are zero.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Factor(float* x, int width, int size, float eps)
    {
        var squares = Vector512<float>.Zero;
        var rest = 0f;
        var i = 0;
        for (; i <= width - Width; i += Width)
        {
            var value = Vector512.Load(x + i);
            squares = Vector512.MultiplyAddEstimate(value, value, squares);
        }

        for (; i < width; i++)
            rest += x[i] * x[i];
        return 1 / MathF.Sqrt(((Vector512.Sum(squares) + rest) / size) + eps);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Apply(float* y, float* x, float* weight, float factor, int width)
    {
        var i = 0;
        for (; i <= width - Width; i += Width)
            (Vector512.Load(x + i) * factor * Vector512.Load(weight + i)).Store(y + i);
        for (; i < width; i++)
            y[i] = x[i] * factor * weight[i];
    }
}
