// Products with a matrix of weights as they lie in memory, as in decoding: reading them is what takes the time.
using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>x Wᵀ in float32, of weights in float32, bfloat16 or float16, on LibTorch's number of threads.</summary>
/// <remarks>
/// MKL packs the matrix first, which some hundreds of rows pay for. Here a tile of rows of weights by rows of x goes along their width, both being read in the order in which they lie, and has its sums in registers. Weights are
/// read once for <see cref="RowsAtOnce"/> rows, and asked for two tiles ahead: the processor itself does not look beyond a page of 4 kB, which is a row or two.
/// </remarks>
internal static unsafe class UnpackedProducts
{
    /// <summary>Rows of x whose values stay in a processor's own cache while the weights pass by.</summary>
    private const int RowsAtOnce = 64;

    private static readonly bool IsWide = Vector512.IsHardwareAccelerated;

    /// <summary>Rows up to which this is faster than what LibTorch has: MKL or, on processors that multiply bfloat16, oneDNN.</summary>
    /// <param name="weights">The weights' type.</param>
    public static int MaxRows(ScalarType weights) => !IsWide || NarrowTypes.Rounds(weights) ? 32 : 256;

    /// <summary>Whether a product is one for this kernel.</summary>
    /// <param name="x">[..., width]</param>
    /// <param name="weight">[outputs, width]</param>
    public static bool Takes(Tensor x, Tensor weight)
    {
        var width = x.shape[^1];
        return x.numel() is var values && values > 0 && values <= MaxRows(weight.dtype) * width && width % VectorWidth.Floats == 0 && weight.shape[1] == width
            && x.device_type == DeviceType.CPU && weight.device_type == DeviceType.CPU && x.dtype == float32 && WeightRows.Holds(weight.dtype)
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
        Multiply(new MatrixView(TensorMemory.Floats(x), width), (int)(x.numel() / width), add, [(new MatrixView(TensorMemory.Floats(y), outputs), WeightRows.Of(weight))]);
        GC.KeepAlive((y, x, weight));
    }

    /// <summary>The same for several matrices, shared out among threads as one.</summary>
    /// <param name="x">[rows, width] without gaps, the width a multiple of 16.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="add">Whether to add.</param>
    /// <param name="products">Where to, without gaps: [rows, outputs] each.</param>
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

    // bfloat16 is widened in registers, which takes two instructions; float16 needs ten.
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
        var ahead = DotTile.Weights * width * sizeof(T) / ((rows + tileRows - 1) / tileRows); // Bytes each tile asks for: an equal part, or the memory would wait while the others work.
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

    // Rows of weights with one row, one after another: memory is read in its order, which the processor foresees better than it is told.
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
