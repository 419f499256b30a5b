// The element-wise parts of a block on the CPU, each in one pass over its rows.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>float32 kernels for tensors that <see cref="TensorMemory.IsPlain"/> admits. LibTorch's operators go over memory once for each step of a formula; these once for all.</summary>
internal static unsafe class FusedRows
{
    private const int Width = VectorWidth.Floats;

    /// <summary>g x / sqrt(mean(x^2) + eps) of each row.</summary>
    /// <param name="x">[..., width], contiguous.</param>
    /// <param name="weight">[width], contiguous.</param>
    /// <param name="eps">Epsilon.</param>
    public static Tensor RmsNorm(Tensor x, Tensor weight, float eps)
    {
        var width = (int)x.shape[^1];
        var y = empty_like(x);
        RmsNorm(new MatrixView(TensorMemory.Floats(y), width), new MatrixView(TensorMemory.Floats(x), width), TensorMemory.Floats(weight), (int)(x.numel() / width), eps);
        GC.KeepAlive((x, weight));
        return y;
    }

    /// <summary>The same, y from x; rows without gaps.</summary>
    public static void RmsNorm(MatrixView y, MatrixView x, float* weight, int rows, float eps) =>
        Parallelism.ForRows(rows, x.Stride, row => RmsNorm(x.Row((int)row), y.Row((int)row), weight, x.Stride, eps));

    /// <summary>silu(gate) up, in place of the gate.</summary>
    /// <param name="gate">Contiguous.</param>
    /// <param name="up">As <paramref name="gate"/>.</param>
    public static void SwiGlu(Tensor gate, Tensor up)
    {
        var width = (int)gate.shape[^1];
        SwiGlu(new MatrixView(TensorMemory.Floats(gate), width), new MatrixView(TensorMemory.Floats(up), width), (int)(gate.numel() / width));
        GC.KeepAlive((gate, up));
    }

    /// <summary>The same; rows without gaps.</summary>
    public static void SwiGlu(MatrixView gate, MatrixView up, int rows) => Parallelism.ForRows(rows, gate.Stride, row => SwiGlu(gate.Row((int)row), up.Row((int)row), gate.Stride));

    /// <summary>Turns pairs (i, i + half) of the first dimensions of each head, in place.</summary>
    /// <param name="x">[batch, heads, time, head]; only the last dimension must be without gaps.</param>
    /// <param name="cos">[time, dimensions], or [batch x time, dimensions] where rows differ; contiguous: each pair's value at both of its places.</param>
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
                RotateHalves(data + (b * strides[0]) + (h * strides[1]) + (t * strides[2]), c + (row % table * dimensions), s + (row % table * dimensions), dimensions / 2);
        });
    }

    /// <summary>The same for heads of <paramref name="head"/> values that lie together, [rows, heads x head], one line of the tables a row.</summary>
    public static void RotateHalves(MatrixView x, int rows, int head, MatrixView cos, MatrixView sin)
    {
        for (var row = 0; row < rows; row++)
        {
            for (var at = 0; at < x.Stride; at += head)
                RotateHalves(x.Row(row) + at, cos.Row(row), sin.Row(row), cos.Stride / 2);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RmsNorm(float* x, float* y, float* g, int width, float eps)
    {
        var sums = Vector512<float>.Zero;
        var sum = 0f;
        var i = 0;
        for (; i <= width - Width; i += Width)
        {
            var v = Vector512.Load(x + i);
            sums = Vector512.MultiplyAddEstimate(v, v, sums);
        }

        for (; i < width; i++)
            sum += x[i] * x[i];
        var scale = 1 / MathF.Sqrt(((Vector512.Sum(sums) + sum) / width) + eps);
        for (i = 0; i <= width - Width; i += Width)
            (Vector512.Load(x + i) * scale * Vector512.Load(g + i)).Store(y + i);
        for (; i < width; i++)
            y[i] = x[i] * scale * g[i];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SwiGlu(float* g, float* u, int width)
    {
        var i = 0;
        for (; i <= width - Width; i += Width)
        {
            var v = Vector512.Load(g + i);
            (v / (Vector512<float>.One + Exponential.Of(-v)) * Vector512.Load(u + i)).Store(g + i);
        }

        for (; i < width; i++)
            g[i] = g[i] / (1 + MathF.Exp(-g[i])) * u[i];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RotateHalves(float* low, float* c, float* s, int half)
    {
        var high = low + half;
        var i = 0;
        for (; i <= half - Width; i += Width)
        {
            Vector512<float> a = Vector512.Load(low + i), b = Vector512.Load(high + i), cos = Vector512.Load(c + i), sin = Vector512.Load(s + i);
            ((a * cos) - (b * sin)).Store(low + i);
            ((b * cos) + (a * sin)).Store(high + i);
        }

        for (; i < half; i++)
        {
            var (a, b) = (low[i], high[i]);
            low[i] = (a * c[i]) - (b * s[i]);
            high[i] = (b * c[i]) + (a * s[i]);
        }
    }
}
