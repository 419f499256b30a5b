// Causal attention over rows that stand at places of their own, each with the keys and values it already has.
using System.Buffers;
using System.Runtime.CompilerServices;

namespace Llm360.Notebooks;

/// <summary>One row: new queries, and the keys and values of all its positions.</summary>
/// <param name="Queries">[heads, count, head]: the first value.</param>
/// <param name="Keys">[key-value heads, past + count, head]: the first value.</param>
/// <param name="Values">As <paramref name="Keys"/>.</param>
/// <param name="Output">[count, heads x head]</param>
/// <param name="Past">Positions before the new ones.</param>
/// <param name="Count">New positions.</param>
/// <param name="Padding">Positions at the row's beginning that no other sees; they see themselves alone, so that no softmax is over nothing.</param>
internal readonly unsafe record struct AttentionRow(nint Queries, nint Keys, nint Values, nint Output, int Past, int Count, int Padding)
{
    public float* Query(int head, int time, in AttentionShape shape) => (float*)Queries + (head * shape.QueryHead) + (time * shape.QueryTime);

    /// <summary>The first position that a query sees, and how many.</summary>
    public (int First, int Count) Seen(int time) => StripPlace.Seen(Past + time, Padding);

    public float* To(int head, int time, in AttentionShape shape) => (float*)Output + ((nint)time * shape.Heads * shape.Head) + ((nint)head * shape.Head);
}

/// <summary>What rows have in common: sizes, and steps in floats from one head or position to the next. The dimensions of a head lie together.</summary>
internal readonly record struct AttentionShape(int Heads, int KeyValueHeads, int Head, nint QueryHead, nint QueryTime, nint KeyHead, nint KeyTime);

/// <summary>softmax(q kᵀ / sqrt(head)) v, float32, on LibTorch's number of threads.</summary>
/// <remarks>
/// Many queries of a row are computed in strips (<see cref="AttentionStrip"/>). For a few, as in
/// decoding, transposing the keys costs more than it saves: <see cref="QueryAttention"/>.
/// </remarks>
internal static unsafe class CausalAttention
{
    /// <summary>Queries below which the keys are not worth transposing.</summary>
    private const int MaxRows = 6;

    /// <summary>Computes all heads of all rows.</summary>
    public static void Run(IReadOnlyList<AttentionRow> rows, AttentionShape shape)
    {
        var byFew = rows.ToLookup(r => (r.Count < MaxRows && !RowInvariance.IsOn) || shape.Head % VectorWidth.Floats != 0);
        List<AttentionRow> few = [.. byFew[true]], many = [.. byFew[false]];
        if (few.Count > 0)
            QueryAttention.Run(few, shape);
        if (many.Count > 0)
            Parallelism.ForRows((long)many.Count * shape.KeyValueHeads, (long)many.Max(r => r.Past + r.Count) * shape.Head * many[0].Count, i => InStrips(many[(int)(i / shape.KeyValueHeads)], shape, (int)(i % shape.KeyValueHeads)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void InStrips(in AttentionRow row, in AttentionShape shape, int keyHead)
    {
        var scale = (float)(1 / Math.Sqrt(shape.Head));
        int all = row.Past + row.Count, head = shape.Head, group = shape.Heads / shape.KeyValueHeads;
        var stride = VectorWidth.Pad(all) + VectorWidth.Floats; // not a power of two: rows must not fall on the same cache lines
        var rented = ArrayPool<float>.Shared.Rent(((head + AttentionStrip.MaxQueries) * stride) + (2 * AttentionStrip.MaxQueries * head));
        fixed (float* scratch = rented)
        {
            MatrixView kT = new(scratch, stride), weights = new(scratch + (head * stride), stride);
            MatrixView q = new(weights.Row(AttentionStrip.MaxQueries), head), sums = new(q.Row(AttentionStrip.MaxQueries), head);
            MatrixView k = new((float*)row.Keys + (keyHead * shape.KeyHead), (int)shape.KeyTime), v = new((float*)row.Values + (keyHead * shape.KeyHead), (int)shape.KeyTime);
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
