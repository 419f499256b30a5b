// Causal attention over rows that stand at places of their own, each with the keys and values it already has.
using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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
    public (int First, int Count) Seen(int time)
    {
        var first = Math.Min(Padding, Past + time);
        return Past + time < Padding ? (Past + time, 1) : (first, Past + time + 1 - first);
    }

    public float* To(int head, int time, in AttentionShape shape) => (float*)Output + ((nint)time * shape.Heads * shape.Head) + ((nint)head * shape.Head);
}

/// <summary>What rows have in common: sizes, and steps in floats from one head or position to the next. The dimensions of a head lie together.</summary>
internal readonly record struct AttentionShape(int Heads, int KeyValueHeads, int Head, nint QueryHead, nint QueryTime, nint KeyHead, nint KeyTime);

/// <summary>softmax(q kᵀ / sqrt(head)) v, float32, on LibTorch's number of threads.</summary>
/// <remarks>
/// Nothing is computed that the mask would throw away: a strip of 32 queries meets the keys up to its last position. A few queries, as in decoding, do not pay for transposing the keys: <see cref="QueryAttention"/>.
/// </remarks>
internal static unsafe class CausalAttention
{
    private const int Strip = 32, Width = VectorWidth.Floats;

    /// <summary>Queries below which the keys are not worth transposing.</summary>
    private const int MaxRows = 6;

    /// <summary>Computes all heads of all rows.</summary>
    public static void Run(IReadOnlyList<AttentionRow> rows, AttentionShape shape)
    {
        var byFew = rows.ToLookup(r => (r.Count < MaxRows && !RowInvariance.IsOn) || shape.Head % Width != 0);
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
        var stride = VectorWidth.Pad(all) + Width; // not a power of two: rows must not fall on the same cache lines
        var rented = ArrayPool<float>.Shared.Rent(((head + Strip) * stride) + (2 * Strip * head));
        var factors = stackalloc float[Strip];
        fixed (float* scratch = rented)
        {
            MatrixView kT = new(scratch, stride), s = new(scratch + (head * stride), stride), q = new(s.Row(Strip), head), o = new(q.Row(Strip), head);
            MatrixView k = new((float*)row.Keys + (keyHead * shape.KeyHead), (int)shape.KeyTime), v = new((float*)row.Values + (keyHead * shape.KeyHead), (int)shape.KeyTime);
            Products.Transpose(kT, k, all, head);
            for (var h = keyHead * group; h < (keyHead + 1) * group; h++)
            {
                for (var at = 0; at < row.Count; at += Strip)
                {
                    var queries = Math.Min(Strip, row.Count - at);
                    var tile = (queries + 7) / 8 * 8; // rows of a product come in eights; those beyond are whatever was there
                    for (var t = 0; t < queries; t++)
                        Copy(q.Row(t), row.Query(h, at + t, shape), head, 1);
                    var keys = row.Past + at + queries;
                    Products.Set(s, q, kT, tile, VectorWidth.Pad(keys), head);
                    for (var t = 0; t < queries; t++)
                    {
                        var (first, seen) = row.Seen(at + t);
                        var (sum, _) = Softmax.Exponentials(s.Row(t) + first, seen, seen, scale);
                        new Span<float>(s.Row(t), first).Clear();
                        new Span<float>(s.Row(t) + first + seen, keys - first - seen).Clear();
                        factors[t] = 1 / sum;
                    }

                    Products.Set(o, s, v, tile, head, keys);
                    for (var t = 0; t < queries; t++)
                        Copy(row.To(h, at + t, shape), o.Row(t), head, factors[t]);
                }
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(float* to, float* from, int n, float factor)
    {
        for (var i = 0; i < n; i += Width)
            (Vector512.Load(from + i) * factor).Store(to + i);
    }
}
