// Attention of segments of rows that stand at places of their own, laid end to end.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>Segments end to end as one row of tokens: all products are over all of them, and only attention tells them apart.</summary>
internal sealed class SlotAttention : AttentionPass
{
    private readonly LanguageModel model;
    private readonly RotaryEmbedding rotary;
    private readonly SlotCache cache;
    private readonly Segment[] segments;
    private readonly Tensor cos, sin; // [tokens, dimensions]
    private readonly Tensor? wanted; // I64 [sum of wanted]: places among the tokens; null for all
    private Tensor? places; // I64 [tokens]: slot x capacity + position
    private List<Run> runs = [], lastRuns = []; // of all layers, and of the last where not all tokens are wanted

    public SlotAttention(LanguageModel model, RotaryEmbedding rotary, IReadOnlyList<Segment> segments, SlotCache cache)
    {
        (this.model, this.rotary, this.segments, this.cache) = (model, rotary, [.. segments], cache);
        var longest = segments.Max(s => cache.Lengths[s.Slot] + s.Tokens.Length);
        CheckLength(model, longest);
        if (longest > cache.Capacity)
            throw new InvalidOperationException($"A slot holds {cache.Capacity} positions; {longest} are needed.");
        using var scope = NewDisposeScope();
        (cos, sin) = rotary.Tables(longest);
        var positions = tensor(segments.SelectMany(s => Enumerable.Range(cache.Lengths[s.Slot], s.Tokens.Length)).Select(p => (long)p).ToArray(), device: model.Device);
        cos = cos.index_select(0, positions).MoveToOuterDisposeScope();
        sin = sin.index_select(0, positions).MoveToOuterDisposeScope();
        if (this.segments.Any(p => p.OutputCount < p.Tokens.Length))
            wanted = tensor(OutputOffsets().ToArray(), device: model.Device).MoveToOuterDisposeScope();
        if (model.Device.type != DeviceType.CPU)
            PrepareOperators(); // Now: a copy to a device waits for all that is under way there.
    }

    public override Tensor Attend(int layer, Tensor q, Tensor k, Tensor v)
    {
        q = rotary.Rotate(q, OutputPositions(layer, cos, 0), OutputPositions(layer, sin, 0)); // [1, heads, tokens or wanted, head]
        k = rotary.Rotate(k, cos, sin);
        if (IsForKernel(q, k, v))
            return ByKernel(layer, q, k, v);
        if (places is null)
            PrepareOperators();
        Append(cache.Keys(layer), k);
        Append(cache.Values(layer), v);
        return ByOperators(layer, q);
    }

    /// <summary>Whether the hidden states of all tokens are wanted.</summary>
    public bool OutputsAll => wanted is null;

    /// <summary>The same in plain memory of float32, where all tokens are wanted.</summary>
    /// <param name="layer">The layer, counted from 0.</param>
    /// <param name="output">Where to: [tokens, heads x head].</param>
    /// <param name="q">[tokens, heads x head], not yet rotated; it will be.</param>
    /// <param name="k">[tokens, key-value heads x head], as <paramref name="q"/>.</param>
    /// <param name="v">[tokens, key-value heads x head]</param>
    public unsafe void Attend(int layer, MatrixView output, MatrixView q, MatrixView k, MatrixView v)
    {
        int head = model.Config.HeadDimension, dimensions = (int)cos.shape[1], tokens = (int)cos.shape[0];
        MatrixView c = new(TensorMemory.Floats(cos), dimensions), s = new(TensorMemory.Floats(sin), dimensions);
        Rotation.RotateHalves(q, tokens, head, c, s);
        Rotation.RotateHalves(k, tokens, head, c, s);
        Copy(cache.Keys(layer), k.Data);
        Copy(cache.Values(layer), v.Data);
        AttendInMemory(layer, output.Data, q.Data, head, q.Stride);
    }

    public override Tensor OutputPositions(int layer, Tensor x, int dimension = 1) => IsNarrowed(layer) ? x.index_select(dimension, wanted!) : x;

    public override void Dispose()
    {
        places?.Dispose();
        wanted?.Dispose();
        foreach (var run in runs.Concat(lastRuns))
        {
            run.Slots.Dispose();
            run.Mask.Dispose();
        }
    }

    private bool IsNarrowed(int layer) => wanted is not null && layer == model.Config.Layers - 1;

    private IEnumerable<long> OutputOffsets()
    {
        var end = 0;
        foreach (var segment in segments)
        {
            end += segment.Tokens.Length;
            for (var i = end - segment.OutputCount; i < end; i++)
                yield return i;
        }
    }

    // [1, key-value heads, tokens, head] to their places.
    private void Append(Tensor to, Tensor from)
    {
        var width = to.shape[2] * to.shape[3];
        to.view(-1, width).index_copy_(0, places!, from.squeeze(0).transpose(0, 1).reshape(-1, width));
    }

    // The same in plain memory: what follows in a row lies together.
    private unsafe void Copy(Tensor to, float* source)
    {
        var width = to.shape[2] * to.shape[3];
        var target = TensorMemory.Floats(to);
        foreach (var segment in segments)
        {
            var bytes = segment.Tokens.Length * width * sizeof(float);
            Buffer.MemoryCopy(source, target + (((segment.Slot * (long)cache.Capacity) + cache.Lengths[segment.Slot]) * width), bytes, bytes);
            source += segment.Tokens.Length * width;
        }
    }

    private unsafe Tensor ByKernel(int layer, Tensor q, Tensor k, Tensor v)
    {
        using Tensor keys = k.transpose(1, 2).contiguous(), values = v.transpose(1, 2).contiguous(); // [1, tokens, key-value heads, head], as projections leave them
        Copy(cache.Keys(layer), TensorMemory.Floats(keys));
        Copy(cache.Values(layer), TensorMemory.Floats(values));
        var output = empty([1, q.shape[2], q.shape[1] * q.shape[3]], float32, CPU);
        AttendInMemory(layer, TensorMemory.Floats(output), TensorMemory.Floats(q), (nint)q.stride(1), (nint)q.stride(2));
        GC.KeepAlive(q);
        return output;
    }

    private unsafe void AttendInMemory(int layer, float* to, float* from, nint queryHead, nint queryTime)
    {
        int heads = model.Config.Heads, head = model.Config.HeadDimension, keyHeads = model.Config.KeyValueHeads;
        float* keys = TensorMemory.Floats(cache.Keys(layer)), values = TensorMemory.Floats(cache.Values(layer));
        var rows = new AttentionRow[segments.Length];
        var at = 0L;
        foreach (var (i, segment) in segments.Index())
        {
            var slot = segment.Slot * (long)cache.Capacity * keyHeads * head;
            var count = IsNarrowed(layer) ? segment.OutputCount : segment.Tokens.Length;
            rows[i] = new AttentionRow((nint)(from + (at * queryTime)), (nint)(keys + slot), (nint)(values + slot), (nint)(to + (at * heads * head)), cache.Lengths[segment.Slot] + segment.Tokens.Length - count, count, 0);
            at += count;
        }

        CausalAttention.Run(rows, new AttentionShape(heads, keyHeads, head, queryHead, queryTime, head, keyHeads * head));
    }

    // Each run as a batch with a mask.
    private Tensor ByOperators(int layer, Tensor q)
    {
        var parts = new List<Tensor>();
        long heads = q.shape[1], head = q.shape[3];
        foreach (var run in IsNarrowed(layer) ? lastRuns : runs)
        {
            using var scope = NewDisposeScope();
            var queries = q.narrow(2, run.First, run.Rows * run.Count).view(heads, run.Rows, run.Count, head).transpose(0, 1); // [rows, heads, count, head]
            parts.Add(MergeHeads(ScaledDotProduct(queries, Of(cache.Keys(layer)), Of(cache.Values(layer)), run.Mask)).reshape(1, run.Rows * run.Count, heads * head).MoveToOuterDisposeScope());

            Tensor Of(Tensor cached) => cached.narrow(1, 0, run.Mask.shape[^1]).index_select(0, run.Slots).transpose(1, 2); // [rows, key-value heads, all, head]
        }

        return parts.Count == 1 ? parts[0] : cat(parts, 1);
    }

    private void PrepareOperators()
    {
        using var scope = NewDisposeScope();
        (runs, lastRuns) = (Runs(p => p.Tokens.Length), wanted is null ? [] : Runs(p => p.OutputCount));
        places = tensor(segments.SelectMany(s => Enumerable.Range((s.Slot * cache.Capacity) + cache.Lengths[s.Slot], s.Tokens.Length)).Select(p => (long)p).ToArray(), device: model.Device).DetachFromDisposeScope();
    }

    private List<Run> Runs(Func<Segment, int> queries)
    {
        using var scope = NewDisposeScope();
        var found = new List<Run>();
        for (int first = 0, at = 0; first < segments.Length;)
        {
            var count = queries(segments[first]);
            var same = segments.Skip(first).TakeWhile(s => queries(s) == count).ToArray();
            var stand = same.SelectMany(s => Enumerable.Range(cache.Lengths[s.Slot] + s.Tokens.Length - count, count)).Select(p => (long)p).ToArray(); // [rows, count]
            var mask = tensor(stand, [same.Length, count, 1], device: model.Device).ge(Positions(0, stand.Max() + 1, model).view(1, 1, -1)).unsqueeze(1);
            found.Add(new Run(at, count, same.Length, tensor(same.Select(s => (long)s.Slot).ToArray(), device: model.Device).DetachFromDisposeScope(), mask.DetachFromDisposeScope()));
            (first, at) = (first + same.Length, at + (same.Length * count));
        }

        return found;
    }

    /// <summary>Segments of one size that follow each other.</summary>
    /// <param name="First">The first query's place among those of all segments.</param>
    /// <param name="Count">Queries of each segment.</param>
    /// <param name="Rows">Segments.</param>
    /// <param name="Slots">I64 [rows]</param>
    /// <param name="Mask">What is seen, [rows, 1, count, all].</param>
    private sealed record Run(int First, int Count, int Rows, Tensor Slots, Tensor Mask);
}
