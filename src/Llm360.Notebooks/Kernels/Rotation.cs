// Rotary position embedding on half-split pairs, in place.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>Rotates the pairs (x[i], x[i + half]) of heads, float32 on the CPU.</summary>
internal static unsafe class Rotation
{
    /// <summary>
    /// Rotates pairs (i, i + half) of the first dimensions of each head, in place.
    /// </summary>
    /// <param name="x">
    /// [batch, heads, time, head]; only the last dimension must be contiguous.
    /// </param>
    /// <param name="cos">
    /// [time, dimensions], or [batch x time, dimensions] where rows differ; contiguous. It holds
    /// the value of each pair twice, at i and i + half.
    /// </param>
    /// <param name="sin">As <paramref name="cos"/>.</param>
    public static void RotateHalves(Tensor x, Tensor cos, Tensor sin)
    {
        long batch = x.shape[0], heads = x.shape[1], time = x.shape[2];
        var strides = x.stride();
        var dimensions = (int)cos.shape[1];
        var table = cos.shape[0];
        float* data = TensorMemory.Floats(x), c = TensorMemory.Floats(cos), s = TensorMemory.Floats(sin);
        Parallelism.ForRows(batch * time, heads * dimensions, row =>
        {
            var (b, t) = (row / time, row % time);
            for (var h = 0L; h < heads; h++)
            {
                var head = data + (b * strides[0]) + (h * strides[1]) + (t * strides[2]);
                Rotate(head, c + (row % table * dimensions), s + (row % table * dimensions), dimensions / 2, 1);
            }
        });
    }

    /// <summary>
    /// The same for contiguous heads of <paramref name="head"/> values, [rows, heads x head], with
    /// one row of the tables for each row.
    /// </summary>
    public static void RotateHalves(MatrixView x, int rows, int head, MatrixView cos, MatrixView sin)
    {
        for (var row = 0; row < rows; row++)
        {
            for (var at = 0; at < x.Stride; at += head)
                Rotate(x.Row(row) + at, cos.Row(row), sin.Row(row), cos.Stride / 2, 1);
        }
    }

    /// <summary>
    /// Rotates pairs (i, i + half) of one head by the angles of its position; a sign of -1 rotates
    /// back.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Rotate(float* low, float* c, float* s, int half, float sign)
    {
        var high = low + half;
        var i = 0;
        for (; i <= half - VectorWidth.Floats; i += VectorWidth.Floats)
        {
            Vector512<float> a = Vector512.Load(low + i), b = Vector512.Load(high + i);
            Vector512<float> cosine = Vector512.Load(c + i), sine = Vector512.Load(s + i) * sign;
            ((a * cosine) - (b * sine)).Store(low + i);
            ((b * cosine) + (a * sine)).Store(high + i);
        }

        for (; i < half; i++)
        {
            float a = low[i], b = high[i], sine = s[i] * sign;
            low[i] = (a * c[i]) - (b * sine);
            high[i] = (b * c[i]) + (a * sine);
        }
    }
}
