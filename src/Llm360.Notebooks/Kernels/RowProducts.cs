// Products with weights whose rows have the same bits regardless of the other rows.
using System.Buffers;
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// x Wᵀ in float32, of weights in float32, bfloat16 or float16, on LibTorch's number of threads.
/// </summary>
/// <remarks>
/// The product is computed as W xᵀ by <see cref="Products"/>. Each result is one sum along the
/// width, in the order of the width. The numbers of rows and threads do not change it. W is read as
/// stored. Only x, which is small, is transposed.
/// </remarks>
internal static unsafe class RowProducts
{
    /// <summary>Rows of weights per block, which stay in a processor's own cache.</summary>
    private const int Block = 64;

    private const int Tile = 16;

    /// <summary>Whether this kernel computes a product now.</summary>
    /// <param name="x">[..., width]</param>
    /// <param name="weight">[outputs, width]</param>
    public static bool Takes(Tensor x, Tensor weight) =>
        RowInvariance.IsOn && TensorMemory.IsPlain(x) && x.numel() > 0 && weight.device_type == DeviceType.CPU
        && WeightRows.Holds(weight.dtype) && !weight.requires_grad;

    /// <summary>y = x Wᵀ, or y += x Wᵀ</summary>
    /// <param name="y">float32 [..., outputs], contiguous.</param>
    /// <param name="x">float32 [..., width]</param>
    /// <param name="weight">[outputs, width]; a transposed one is copied.</param>
    /// <param name="add">Whether to add to what y holds.</param>
    public static void Multiply(Tensor y, Tensor x, Tensor weight, bool add)
    {
        using Tensor input = x.contiguous(), matrix = weight.contiguous();
        int width = (int)input.shape[^1], rows = (int)(input.numel() / width), outputs = (int)matrix.shape[0];
        // Not a power of two: rows must not share the same cache sets.
        var (columns, stride) = (VectorWidth.Pad(rows), VectorWidth.Pad(rows) + VectorWidth.Floats);
        var weights = WeightRows.Of(matrix);
        var target = (nint)TensorMemory.Floats(y);
        var rented = ArrayPool<float>.Shared.Rent(checked(width * stride));
        fixed (float* transposed = rented)
        {
            for (var i = 0; i < width; i++)
                new Span<float>(transposed + ((nint)i * stride) + rows, columns - rows).Clear();
            Products.Transpose(new MatrixView(transposed, stride), new MatrixView(TensorMemory.Floats(input), width), rows, width);
            var b = (nint)transposed;
            Parallelism.ForRanges((outputs + Block - 1) / Block, (long)Block * width * rows, (first, end) =>
            {
                for (var block = first; block < end; block++)
                {
                    MultiplyBlock(
                        (float*)target, outputs, weights, (int)block * Block, width, new MatrixView((float*)b, stride), rows, columns, add);
                }
            });
        }

        ArrayPool<float>.Shared.Return(rented);
        GC.KeepAlive(y);
    }

    private static void MultiplyBlock(
        float* y, int outputs, WeightRows weights, int first, int width, MatrixView x, int rows, int columns, bool add)
    {
        var count = Math.Min(Block, outputs - first);
        var padded = (count + 7) / 8 * 8; // A product needs a multiple of 8 rows.
        var copies = padded > count || weights.Type != ScalarType.Float32;
        var rented = ArrayPool<float>.Shared.Rent((padded * x.Stride) + (copies ? padded * width : 0));
        fixed (float* scratch = rented)
        {
            var c = new MatrixView(scratch, x.Stride);
            var a = weights.AsFloats(first, count, scratch + (padded * x.Stride));
            if (copies)
            {
                var own = scratch + (padded * x.Stride);
                if (a != own)
                    new Span<float>(a, count * width).CopyTo(new Span<float>(own, count * width));
                new Span<float>(own + (count * width), (padded - count) * width).Clear();
                a = own;
            }

            Products.Set(c, new MatrixView(a, width), x, padded, columns, width);
            // In tiles: both sides stay in the first-level cache.
            for (var row = 0; row < rows; row += Tile)
            {
                for (var o = 0; o < count; o += Tile)
                {
                    var to = y + ((nint)row * outputs) + first + o;
                    Store(to, outputs, c.From(o, row), Math.Min(Tile, rows - row), Math.Min(Tile, count - o), add);
                }
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    // y [rows, count] = or += c [count, rows]
    private static void Store(float* y, int outputs, MatrixView c, int rows, int count, bool add)
    {
        for (var row = 0; row < rows; row++)
        {
            float* to = y + ((nint)row * outputs), from = c.Data + row;
            for (var o = 0; o < count; o++, from += c.Stride)
                to[o] = add ? to[o] + *from : *from;
        }
    }
}
