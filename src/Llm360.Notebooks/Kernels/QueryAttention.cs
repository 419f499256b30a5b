// Attention of single queries, as in decoding; the time is spent on reading keys and values.
using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>
/// softmax(q kᵀ / sqrt(head)) v of one query after another, float32, on LibTorch's number of
/// threads.
/// </summary>
/// <remarks>
/// If the heads of a position are contiguous, all heads of a query are computed together, so that
/// keys and values are read in memory order. Head after head on two threads took twice as long as
/// this on one thread.
/// If there are fewer queries than threads and many positions, each thread takes some of the
/// positions. The results are then combined (as in Dao et al. 2023, Flash-Decoding).
/// </remarks>
internal static unsafe class QueryAttention
{
    /// <summary>Keys and values, in floats, that justify a thread of their own.</summary>
    private const long Worth = 1 << 18;

    /// <summary>Computes all heads of all queries of all rows.</summary>
    public static void Run(IReadOnlyList<AttentionRow> rows, AttentionShape shape)
    {
        (int Row, int Time)[] queries = [.. rows.SelectMany((row, i) => Enumerable.Range(0, row.Count).Select(t => (i, t)))];
        var longest = 2L * rows.Max(r => r.Past + r.Count) * shape.KeyValueHeads * shape.Head;
        var parts = RowInvariance.IsOn ? 1 : (int)Math.Clamp(longest / Worth, 1, Math.Max(1, torch.get_num_threads() / queries.Length));
        if (parts == 1)
        {
            Parallelism.ForRows(queries.Length, longest, i =>
            {
                var (row, time) = (rows[queries[i].Row], queries[i].Time);
                var (first, seen) = row.Seen(time);
                Attend(row, shape, time, first, seen, row.To(0, time, shape), null);
            });
            return;
        }

        var width = shape.Heads * shape.Head;
        var rented = ArrayPool<float>.Shared.Rent(queries.Length * parts * width);
        var weights = new SoftmaxSum[queries.Length * parts * shape.Heads];
        fixed (float* scratch = rented)
        fixed (SoftmaxSum* sums = weights)
        {
            var (output, its) = ((nint)scratch, (nint)sums);
            Parallelism.ForRows(queries.Length * parts, longest / parts, i =>
            {
                var (row, time) = (rows[queries[i / parts].Row], queries[i / parts].Time);
                var (first, seen) = row.Seen(time);
                int from = (int)(seen * (i % parts) / parts), end = (int)(seen * ((i % parts) + 1) / parts);
                Attend(row, shape, time, first + from, end - from, (float*)output + (i * width), (SoftmaxSum*)its + (i * shape.Heads));
            });
            for (var q = 0; q < queries.Length; q++)
            {
                for (var h = 0; h < shape.Heads; h++)
                {
                    var to = rows[queries[q].Row].To(h, queries[q].Time, shape);
                    var part = scratch + (((q * parts * shape.Heads) + h) * shape.Head);
                    Join(to, part, sums + (q * parts * shape.Heads) + h, parts, shape);
                }
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    // Combines the results of one head over its parts, each with a softmax of its own.
    private static void Join(float* to, float* output, SoftmaxSum* sums, int parts, in AttentionShape shape)
    {
        var (largest, total) = (float.NegativeInfinity, 0f);
        for (var p = 0; p < parts; p++)
            largest = MathF.Max(largest, sums[p * shape.Heads].Shift);
        for (var p = 0; p < parts; p++)
            total += Weight(sums[p * shape.Heads]);
        new Span<float>(to, shape.Head).Clear();
        for (var p = 0; p < parts; p++)
            VectorMath.Add(to, output + (p * shape.Heads * shape.Head), shape.Head, Weight(sums[p * shape.Heads]) / total);

        float Weight(SoftmaxSum part) => part.Sum * MathF.Exp(part.Shift - largest);
    }

    // Attends to some positions of a row.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Attend(in AttentionRow row, in AttentionShape shape, int time, int first, int count, float* to, SoftmaxSum* sums)
    {
        int head = shape.Head, group = shape.Heads / shape.KeyValueHeads, width = VectorWidth.Pad(count);
        var together = shape.KeyHead < shape.KeyTime ? shape.KeyValueHeads : 1;
        var scale = (float)(1 / Math.Sqrt(head));
        var rented = ArrayPool<float>.Shared.Rent(group * together * width);
        fixed (float* scores = rented)
        {
            for (var keyHead = 0; keyHead < shape.KeyValueHeads; keyHead += together)
            {
                var query = row.Query(keyHead * group, time, shape);
                var output = to + (keyHead * group * head);
                var keys = (float*)row.Keys + (keyHead * shape.KeyHead) + (first * shape.KeyTime);
                Score(scores, width, query, keys, count, together, group, shape);
                for (var h = 0; h < group * together; h++)
                {
                    var weights = scores + (h * width);
                    var (sum, shift) = Softmax.Exponentials(weights, count, width, scale);
                    for (var j = 0; j < width; j += VectorWidth.Floats)
                        (Vector512.Load(weights + j) * (1 / sum)).Store(weights + j);
                    if (sums is not null)
                        sums[(keyHead * group) + h] = new SoftmaxSum(sum, shift);
                }

                new Span<float>(output, group * together * head).Clear();
                var values = (float*)row.Values + (keyHead * shape.KeyHead) + (first * shape.KeyTime);
                Add(output, scores, width, values, count, together, group, shape);
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Score(
        float* scores, int width, float* query, float* key, int count, int keyHeads, int group, in AttentionShape shape)
    {
        for (var j = 0; j < count; j++, key += shape.KeyTime)
        {
            for (int k = 0, h = 0; k < keyHeads; k++)
            {
                for (var end = h + group; h < end; h++)
                    scores[(h * width) + j] = VectorMath.Dot(query + (h * shape.QueryHead), key + (k * shape.KeyHead), shape.Head);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Add(
        float* output, float* weights, int width, float* value, int count, int keyHeads, int group, in AttentionShape shape)
    {
        for (var j = 0; j < count; j++, value += shape.KeyTime)
        {
            for (int k = 0, h = 0; k < keyHeads; k++)
            {
                for (var end = h + group; h < end; h++)
                    VectorMath.Add(output + (h * shape.Head), value + (k * shape.KeyHead), shape.Head, weights[(h * width) + j]);
            }
        }
    }

    /// <summary>What is needed to combine a softmax over some positions with others.</summary>
    /// <param name="Sum">Sum of exp(score - Shift).</param>
    /// <param name="Shift">The largest score.</param>
    private readonly record struct SoftmaxSum(float Sum, float Shift);
}
