// Causal attention over rows, each with its own position, keys and values.
using System.Buffers;
using System.Runtime.CompilerServices;

namespace Llm360.Notebooks;

/// <summary>One row: new queries, and the keys and values of all its positions.</summary>
/// <param name="Queries">Pointer to the first value, [heads, count, head].</param>
/// <param name="Keys">Pointer to the first value, [key-value heads, past + count, head].</param>
/// <param name="Values">As <paramref name="Keys"/>.</param>
/// <param name="Output">[count, heads x head]</param>
/// <param name="Past">Positions before the new ones.</param>
/// <param name="Count">New positions.</param>
/// <param name="Padding">
/// Padded positions at the start of the row. No other position attends to them. They attend only to
/// themselves, so that no softmax is empty.
/// </param>
internal readonly unsafe record struct AttentionRow(nint Queries, nint Keys, nint Values, nint Output, int Past, int Count, int Padding)
{
    public float* Query(int head, int time, in AttentionShape shape) =>
        (float*)Queries + (head * shape.QueryHead) + (time * shape.QueryTime);

    /// <summary>The first position that a query attends to, and the number of positions.</summary>
    public (int First, int Count) Seen(int time) => StripPlace.Seen(Past + time, Padding);

    public float* To(int head, int time, in AttentionShape shape) =>
        (float*)Output + ((nint)time * shape.Heads * shape.Head) + ((nint)head * shape.Head);
}

/// <summary>
/// Sizes and strides that all rows share. Strides are in floats, from one head or position to the
/// next. The values of one head are contiguous.
/// </summary>
internal readonly record struct AttentionShape(
    int Heads, int KeyValueHeads, int Head, nint QueryHead, nint QueryTime, nint KeyHead, nint KeyTime);

/// <summary>softmax(q kᵀ / sqrt(head)) v, float32, on LibTorch's number of threads.</summary>
/// <remarks>
/// Rows with many queries are computed in strips (<see cref="AttentionStrip"/>). With few queries,
/// as in decoding, transposing the keys costs more than it saves. They use
/// <see cref="QueryAttention"/>.
/// </remarks>
internal static unsafe class CausalAttention
{
    /// <summary>With fewer queries, transposing the keys does not pay.</summary>
    private const int MaxRows = 6;

    /// <summary>Computes all heads of all rows.</summary>
    public static void Run(IReadOnlyList<AttentionRow> rows, AttentionShape shape)
    {
        var byFew = rows.ToLookup(r => (r.Count < MaxRows && !RowInvariance.IsOn) || shape.Head % VectorWidth.Floats != 0);
        List<AttentionRow> few = [.. byFew[true]], many = [.. byFew[false]];
        if (few.Count > 0)
            QueryAttention.Run(few, shape);
        if (many.Count > 0)
        {
            var width = (long)many.Max(r => r.Past + r.Count) * shape.Head * many[0].Count;
            Parallelism.ForRows((long)many.Count * shape.KeyValueHeads, width, i =>
                InStrips(many[(int)(i / shape.KeyValueHeads)], shape, (int)(i % shape.KeyValueHeads)));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void InStrips(in AttentionRow row, in AttentionShape shape, int keyHead)
    {
        var scale = (float)(1 / Math.Sqrt(shape.Head));
        int all = row.Past + row.Count, head = shape.Head, group = shape.Heads / shape.KeyValueHeads;
        var stride = VectorWidth.Pad(all) + VectorWidth.Floats; // not a power of two: rows must not share the same cache sets
        var rented = ArrayPool<float>.Shared.Rent(((head + AttentionStrip.MaxQueries) * stride) + (2 * AttentionStrip.MaxQueries * head));
        fixed (float* scratch = rented)
        {
            MatrixView kT = new(scratch, stride), weights = new(scratch + (head * stride), stride);
            MatrixView q = new(weights.Row(AttentionStrip.MaxQueries), head), sums = new(q.Row(AttentionStrip.MaxQueries), head);
            MatrixView k = new((float*)row.Keys + (keyHead * shape.KeyHead), (int)shape.KeyTime);
            MatrixView v = new((float*)row.Values + (keyHead * shape.KeyHead), (int)shape.KeyTime);
            Products.Transpose(kT, k, all, head);
            for (var h = keyHead * group; h < (keyHead + 1) * group; h++)
            {
                for (var at = 0; at < row.Count; at += AttentionStrip.MaxQueries)
                {
                    var place = new StripPlace(row.Past + at, Math.Min(AttentionStrip.MaxQueries, row.Count - at), row.Padding);
                    for (var t = 0; t < place.Count; t++)
                        new Span<float>(row.Query(h, at + t, shape), head).CopyTo(new Span<float>(q.Row(t), head));
                    var output = new MatrixView(row.To(h, at, shape), shape.Heads * head);
                    AttentionStrip.Forward(output, sums, weights, q, kT, v, place, head, scale);
                }
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }
}
