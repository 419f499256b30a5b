// Products of a few rows with a matrix of weights, as in decoding: the weights are read once, and reading them is what takes the time.
using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Llm360.Notebooks.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks.Models.Cpu;

/// <summary>x Wᵀ in float32, of weights in float32, bfloat16 or float16, on LibTorch's number of threads. MKL packs the matrix first whatever the number of rows; that is worth it from some dozens of rows on.</summary>
internal static unsafe class FewRows
{
    /// <summary>Rows up to which this is faster than MKL.</summary>
    public const int Most = 16;

    /// <summary>Rows of the matrix, and of the other side, that are worked on at once: their twelve sums fill the registers of AVX2.</summary>
    private const int Weights = 4, Together = 3;

    /// <summary>Whether a product is one for this kernel.</summary>
    /// <param name="x">[..., width]</param>
    /// <param name="weight">[outputs, width]</param>
    public static bool Takes(Tensor x, Tensor weight)
    {
        var width = x.shape[^1];
        return x.numel() is var values && values > 0 && values <= Most * width && width % VectorWidth.Floats == 0 && weight.shape[1] == width
            && x.device_type == DeviceType.CPU && weight.device_type == DeviceType.CPU && x.dtype == float32 && StoredRows.Holds(weight.dtype)
            && !x.requires_grad && !weight.requires_grad && x.is_contiguous() && weight.is_contiguous();
    }

    /// <summary>y += x Wᵀ</summary>
    /// <param name="y">float32 [..., outputs], contiguous.</param>
    /// <param name="x">float32 [..., width], contiguous.</param>
    /// <param name="weight">float32, bfloat16 or float16 [outputs, width], contiguous.</param>
    public static void AddProduct(Tensor y, Tensor x, Tensor weight)
    {
        int width = (int)x.shape[^1], outputs = (int)weight.shape[0];
        AddProducts(new Matrix(TensorMemory.Floats(x), width), (int)(x.numel() / width), [(new Matrix(TensorMemory.Floats(y), outputs), StoredRows.Of(weight))]);
        GC.KeepAlive((y, x, weight));
    }

    /// <summary>y += x Wᵀ for several matrices, shared out among threads as one.</summary>
    /// <param name="x">[rows, width] without gaps, the width a multiple of 16.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="products">Where to, without gaps: [rows, outputs] each.</param>
    public static void AddProducts(Matrix x, int rows, (Matrix To, StoredRows Weights)[] products) =>
        Parallelism.ForRanges(products.Sum(p => (long)p.To.Stride), (long)rows * x.Stride, (first, end) =>
        {
            var before = 0;
            foreach (var (to, weights) in products)
            {
                var (from, until) = ((int)Math.Max(first - before, 0), (int)Math.Min(end - before, to.Stride));
                if (from < until)
                    Add(to, x, weights, from, until, rows, x.Stride);
                before += to.Stride;
            }
        });

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Add(Matrix y, Matrix x, StoredRows weights, int first, int end, int rows, int width)
    {
        if (rows < Together && weights.Type == ScalarType.BFloat16)
        {
            for (var row = 0; row < rows; row++)
                AddDots(y.Row(row) + first, x.Row(row), (ushort*)weights.At(first), end - first, width);
            return;
        }

        var rented = ArrayPool<float>.Shared.Rent(Weights * width);
        fixed (float* scratch = rented)
        {
            var o = first;
            for (; o <= end - Weights; o += Weights)
            {
                var w = weights.AsFloats(o, Weights, scratch);
                var next = weights.At(o + Weights);
                var row = 0;
                for (; row <= rows - Together; row += Together)
                    AddTile(y.Row(row) + o, y.Row(row + 1) + o, y.Row(row + 2) + o, x.Row(row), x.Row(row + 1), x.Row(row + 2), w, next, weights.Bytes, width);
                for (; row < rows; row++)
                    AddDots(y.Row(row) + o, x.Row(row), w, Weights, width);
            }

            for (; o < end; o++)
            {
                var w = weights.AsFloats(o, 1, scratch);
                for (var row = 0; row < rows; row++)
                    y.Row(row)[o] += Rows.Dot(w, x.Row(row), width);
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    // Four rows of weights with three rows.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddTile(float* y0, float* y1, float* y2, float* x0, float* x1, float* x2, float* w, byte* next, int bytes, int width)
    {
        float* w1 = w + width, w2 = w1 + width, w3 = w2 + width;
        Vector256<float> a0 = default, a1 = default, a2 = default, b0 = default, b1 = default, b2 = default, c0 = default, c1 = default, c2 = default, d0 = default, d1 = default, d2 = default;
        for (var i = 0; i < width; i += Vector256<float>.Count)
        {
            if (i % VectorWidth.Floats == 0)
                Prefetch(next + (i * bytes), width * bytes);
            Vector256<float> p = Vector256.Load(x0 + i), q = Vector256.Load(x1 + i), r = Vector256.Load(x2 + i);
            var v = Vector256.Load(w + i);
            a0 = Vector256.MultiplyAddEstimate(v, p, a0);
            a1 = Vector256.MultiplyAddEstimate(v, q, a1);
            a2 = Vector256.MultiplyAddEstimate(v, r, a2);
            v = Vector256.Load(w1 + i);
            b0 = Vector256.MultiplyAddEstimate(v, p, b0);
            b1 = Vector256.MultiplyAddEstimate(v, q, b1);
            b2 = Vector256.MultiplyAddEstimate(v, r, b2);
            v = Vector256.Load(w2 + i);
            c0 = Vector256.MultiplyAddEstimate(v, p, c0);
            c1 = Vector256.MultiplyAddEstimate(v, q, c1);
            c2 = Vector256.MultiplyAddEstimate(v, r, c2);
            v = Vector256.Load(w3 + i);
            d0 = Vector256.MultiplyAddEstimate(v, p, d0);
            d1 = Vector256.MultiplyAddEstimate(v, q, d1);
            d2 = Vector256.MultiplyAddEstimate(v, r, d2);
        }

        AddSums(y0, a0, b0, c0, d0);
        AddSums(y1, a1, b1, c1, d1);
        AddSums(y2, a2, b2, c2, d2);
    }

    // Rows of weights, float or (as ushort) bfloat16, with one row, one after another: memory is read in its order, which the processor foresees better than it is told.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddDots<T>(float* y, float* x, T* w, int count, int width)
        where T : unmanaged
    {
        for (var o = 0; o < count; o++, w += width)
        {
            Vector256<float> a = default, b = default, c = default, d = default;
            var i = 0;
            for (; i <= width - 32; i += 32)
            {
                a = Vector256.MultiplyAddEstimate(Load(w + i), Vector256.Load(x + i), a);
                b = Vector256.MultiplyAddEstimate(Load(w + i + 8), Vector256.Load(x + i + 8), b);
                c = Vector256.MultiplyAddEstimate(Load(w + i + 16), Vector256.Load(x + i + 16), c);
                d = Vector256.MultiplyAddEstimate(Load(w + i + 24), Vector256.Load(x + i + 24), d);
            }

            if (i < width)
            {
                a = Vector256.MultiplyAddEstimate(Load(w + i), Vector256.Load(x + i), a);
                b = Vector256.MultiplyAddEstimate(Load(w + i + 8), Vector256.Load(x + i + 8), b);
            }

            y[o] += Vector256.Sum(a + b + (c + d));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Load<T>(T* w)
        where T : unmanaged => typeof(T) == typeof(float) ? Vector256.Load((float*)w) : StoredRows.FromBFloat16((ushort*)w);

    // The next four rows of weights. The processor itself does not look beyond a page of 4 kB, which is a row or two.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* w, int stride)
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch0(w);
        Sse.Prefetch0(w + stride);
        Sse.Prefetch0(w + (2 * stride));
        Sse.Prefetch0(w + (3 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddSums(float* y, Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        y[0] += Vector256.Sum(a);
        y[1] += Vector256.Sum(b);
        y[2] += Vector256.Sum(c);
        y[3] += Vector256.Sum(d);
    }
}
