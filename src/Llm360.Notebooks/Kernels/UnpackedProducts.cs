// Products with weights as stored, as in decoding; the time is spent on reading the weights.
using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// x Wᵀ in float32, of weights in float32, bfloat16 or float16, on LibTorch's number of threads.
/// </summary>
/// <remarks>
/// MKL packs the matrix first, which pays only with some hundreds of rows. Here a tile of rows of
/// weights and rows of x is computed along the width. Both are read in memory order, and the sums
/// stay in registers.
/// Weights are read once for <see cref="RowsAtOnce"/> rows, and prefetched two tiles ahead. The
/// processor's own prefetcher stops at a page of 4 kB, which is a row or two.
/// </remarks>
internal static unsafe class UnpackedProducts
{
    /// <summary>
    /// Rows of x whose values stay in a processor's own cache while the weights are read.
    /// </summary>
    private const int RowsAtOnce = 64;

    private static readonly bool IsWide = Vector512.IsHardwareAccelerated;

    /// <summary>
    /// The largest number of rows for which this is faster than LibTorch, which uses MKL or, on
    /// processors that multiply bfloat16, oneDNN.
    /// </summary>
    /// <param name="weights">The weights' type.</param>
    public static int MaxRows(ScalarType weights) => !IsWide || NarrowTypes.Rounds(weights) ? 32 : 256;

    /// <summary>Whether this kernel computes a product.</summary>
    /// <param name="x">[..., width]</param>
    /// <param name="weight">[outputs, width]</param>
    public static bool Takes(Tensor x, Tensor weight)
    {
        var width = x.shape[^1];
        return x.numel() is var values && values > 0 && values <= MaxRows(weight.dtype) * width
            && width % VectorWidth.Floats == 0 && weight.shape[1] == width
            && x.device_type == DeviceType.CPU && weight.device_type == DeviceType.CPU
            && x.dtype == float32 && WeightRows.Holds(weight.dtype)
            && !x.requires_grad && !weight.requires_grad && x.is_contiguous() && weight.is_contiguous();
    }

    /// <summary>y = x Wᵀ, or y += x Wᵀ</summary>
    /// <param name="y">float32 [..., outputs], contiguous.</param>
    /// <param name="x">float32 [..., width], contiguous.</param>
    /// <param name="weight">float32, bfloat16 or float16 [outputs, width], contiguous.</param>
    /// <param name="add">Whether to add to what y holds.</param>
    public static void Multiply(Tensor y, Tensor x, Tensor weight, bool add)
    {
        int width = (int)x.shape[^1], outputs = (int)weight.shape[0];
        var (input, output) = (new MatrixView(TensorMemory.Floats(x), width), new MatrixView(TensorMemory.Floats(y), outputs));
        Multiply(input, (int)(x.numel() / width), add, [(output, WeightRows.Of(weight))]);
        GC.KeepAlive((y, x, weight));
    }

    /// <summary>The same for several matrices, split among threads as if they were one.</summary>
    /// <param name="x">[rows, width] without gaps, the width a multiple of 16.</param>
    /// <param name="rows">Number of rows of x.</param>
    /// <param name="add">Whether to add.</param>
    /// <param name="products">
    /// Targets without gaps, [rows, outputs] each, and their weights.
    /// </param>
    public static void Multiply(MatrixView x, int rows, bool add, (MatrixView To, WeightRows Weights)[] products) =>
        Parallelism.ForRanges(products.Sum(p => (long)p.To.Stride), (long)rows * x.Stride, (first, end) =>
        {
            var before = 0;
            foreach (var (to, weights) in products)
            {
                var (from, until) = ((int)Math.Max(first - before, 0), (int)Math.Min(end - before, to.Stride));
                if (from < until)
                    Multiply(to.From(0, from), x, rows, weights, from, until - from, add);
                before += to.Stride;
            }
        });

    private static void Multiply(MatrixView y, MatrixView x, int rows, WeightRows weights, int first, int outputs, bool add)
    {
        if (weights.Type == ScalarType.Float32)
            Multiply(y, x, rows, (float*)weights.At(first), outputs, add);
        else if (weights.Type == ScalarType.BFloat16)
            Multiply(y, x, rows, (ushort*)weights.At(first), outputs, add);
        else
            MultiplyWidened(y, x, rows, weights, first, outputs, add);
    }

    // bfloat16 is widened in registers, which takes two instructions; float16 would take ten.
    private static void MultiplyWidened(MatrixView y, MatrixView x, int rows, WeightRows weights, int first, int outputs, bool add)
    {
        const int atOnce = 4 * DotTile.Weights;
        var rented = ArrayPool<float>.Shared.Rent(atOnce * x.Stride);
        fixed (float* scratch = rented)
        {
            for (var o = 0; o < outputs; o += atOnce)
            {
                var count = Math.Min(atOnce, outputs - o);
                Multiply(y.From(0, o), x, rows, weights.AsFloats(first + o, count, scratch), count, add);
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    private static void Multiply<T>(MatrixView y, MatrixView x, int rows, T* w, int outputs, bool add)
        where T : unmanaged
    {
        if (rows == 1)
        {
            Dots(y.Data, x.Data, w, outputs, x.Stride, add);
            return;
        }

        for (var row = 0; row < rows; row += RowsAtOnce)
            MultiplySome(y.From(row), x.From(row), Math.Min(RowsAtOnce, rows - row), w, outputs, add);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MultiplySome<T>(MatrixView y, MatrixView x, int rows, T* w, int outputs, bool add)
        where T : unmanaged
    {
        var (width, tileRows) = (x.Stride, IsWide ? DotTile.Rows512 : DotTile.Rows256);
        // Each tile prefetches an equal part. Otherwise the memory would be idle during some tiles.
        var ahead = DotTile.Weights * width * sizeof(T) / ((rows + tileRows - 1) / tileRows);
        var o = 0;
        for (; o <= outputs - DotTile.Weights; o += DotTile.Weights, w += DotTile.Weights * width)
        {
            var next = (byte*)(w + (2 * DotTile.Weights * width));
            for (var row = 0; row < rows; row += tileRows, next += ahead)
            {
                if (IsWide)
                    DotTile.Run512(y.From(row, o), x.From(row), Math.Min(tileRows, rows - row), w, next, ahead, add);
                else
                    DotTile.Run256(y.From(row, o), x.From(row), Math.Min(tileRows, rows - row), w, next, ahead, add);
            }
        }

        if (o == outputs)
            return;
        for (var row = 0; row < rows; row++)
            Dots(y.Row(row) + o, x.Row(row), w, outputs - o, width, add);
    }

    // Multiplies rows of weights with one row, one after another. Memory is read in order; hardware
    // prefetching works better for this than prefetch instructions.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Dots<T>(float* y, float* x, T* w, int count, int width, bool add)
        where T : unmanaged
    {
        for (var o = 0; o < count; o++, w += width)
        {
            Vector256<float> a = default, b = default, c = default, d = default;
            var i = 0;
            for (; i <= width - 32; i += 32)
            {
                a = Vector256.MultiplyAddEstimate(WeightRows.Load256(w + i), Vector256.Load(x + i), a);
                b = Vector256.MultiplyAddEstimate(WeightRows.Load256(w + i + 8), Vector256.Load(x + i + 8), b);
                c = Vector256.MultiplyAddEstimate(WeightRows.Load256(w + i + 16), Vector256.Load(x + i + 16), c);
                d = Vector256.MultiplyAddEstimate(WeightRows.Load256(w + i + 24), Vector256.Load(x + i + 24), d);
            }

            if (i < width)
            {
                a = Vector256.MultiplyAddEstimate(WeightRows.Load256(w + i), Vector256.Load(x + i), a);
                b = Vector256.MultiplyAddEstimate(WeightRows.Load256(w + i + 8), Vector256.Load(x + i + 8), b);
            }

            y[o] = (add ? y[o] : 0) + Vector256.Sum(a + b + (c + d));
        }
    }
}
