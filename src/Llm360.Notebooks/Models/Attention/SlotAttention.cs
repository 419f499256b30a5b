// Attention of concatenated segments of rows, each with its own position in its row.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// Segments concatenated to one row of tokens. All products are over the whole row; only attention
/// separates the segments.
/// </summary>
internal sealed class SlotAttention : AttentionPass
{
    private readonly LanguageModel model;
    private readonly RotaryEmbedding rotary;
    private readonly SlotCache cache;
    private readonly Segment[] segments;
    private readonly Tensor cos, sin; // [tokens, dimensions]
    private readonly Tensor? wanted; // I64 [sum of output counts]: offsets of the output tokens; null for all
    private Tensor? places; // I64 [tokens]: slot x capacity + position
    private List<Run> runs = [], lastRuns = []; // of all layers, and of the last layer if not all tokens are output

    public SlotAttention(LanguageModel model, RotaryEmbedding rotary, IReadOnlyList<Segment> segments, SlotCache cache)
    {
        (this.model, this.rotary, this.segments, this.cache) = (model, rotary, [.. segments], cache);
        var longest = segments.Max(s => cache.Lengths[s.Slot] + s.Tokens.Length);
        CheckLength(model, longest);
        if (longest > cache.Capacity)
            throw new InvalidOperationException($"A slot holds {cache.Capacity} positions; {longest} are needed.");
        using var scope = NewDisposeScope();
        (cos, sin) = rotary.Tables(longest);
        var positions = tensor(
            segments.SelectMany(s => Enumerable.Range(cache.Lengths[s.Slot], s.Tokens.Length)).Select(p => (long)p).ToArray(),
            device: model.Device);
        cos = cos.index_select(0, positions).MoveToOuterDisposeScope();
        sin = sin.index_select(0, positions).MoveToOuterDisposeScope();
        if (this.segments.Any(p => p.OutputCount < p.Tokens.Length))
            wanted = tensor(OutputOffsets().ToArray(), device: model.Device).MoveToOuterDisposeScope();
        if (model.Device.type != DeviceType.CPU)
            PrepareOperators(); // Before the pass starts, because a host-to-device copy synchronises the device.
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

    /// <summary>Whether the hidden states of all tokens are requested.</summary>
    public bool OutputsAll => wanted is null;

    /// <summary>
    /// The same in plain float32 memory; the hidden states of all tokens are requested.
    /// </summary>
    /// <param name="layer">The layer, counted from 0.</param>
    /// <param name="output">Receives the result, [tokens, heads x head].</param>
    /// <param name="q">[tokens, heads x head], not yet rotated; rotated in place.</param>
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

    public override Tensor OutputPositions(int layer, Tensor x, int dimension = 1) =>
        IsNarrowed(layer) ? x.index_select(dimension, wanted!) : x;

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

    // Copies [1, key-value heads, tokens, head] to the slots.
    private void Append(Tensor to, Tensor from)
    {
        var width = to.shape[2] * to.shape[3];
        to.view(-1, width).index_copy_(0, places!, from.squeeze(0).transpose(0, 1).reshape(-1, width));
    }

    // The same in plain memory: consecutive positions of a row are contiguous.
    private unsafe void Copy(Tensor to, float* source)
    {
        var width = to.shape[2] * to.shape[3];
        var target = TensorMemory.Floats(to);
        foreach (var segment in segments)
        {
            var bytes = segment.Tokens.Length * width * sizeof(float);
            var slot = target + (((segment.Slot * (long)cache.Capacity) + cache.Lengths[segment.Slot]) * width);
            Buffer.MemoryCopy(source, slot, bytes, bytes);
            source += segment.Tokens.Length * width;
        }
    }

    private unsafe Tensor ByKernel(int layer, Tensor q, Tensor k, Tensor v)
    {
        // [1, tokens, key-value heads, head], the layout of the projections.
        using Tensor keys = k.transpose(1, 2).contiguous(), values = v.transpose(1, 2).contiguous();
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
            var past = cache.Lengths[segment.Slot] + segment.Tokens.Length - count;
            rows[i] = new AttentionRow(
                (nint)(from + (at * queryTime)), (nint)(keys + slot), (nint)(values + slot), (nint)(to + (at * heads * head)),
                past, count, 0);
            at += count;
        }

        CausalAttention.Run(rows, new AttentionShape(heads, keyHeads, head, queryHead, queryTime, head, keyHeads * head));
    }

    // Computes each run as a batch with a mask.
    private Tensor ByOperators(int layer, Tensor q)
    {
        var parts = new List<Tensor>();
        long heads = q.shape[1], head = q.shape[3];
        foreach (var run in IsNarrowed(layer) ? lastRuns : runs)
        {
            using var scope = NewDisposeScope();
            // [rows, heads, count, head]
            var queries = q.narrow(2, run.First, run.Rows * run.Count).view(heads, run.Rows, run.Count, head).transpose(0, 1);
            var output = MergeHeads(ScaledDotProduct(queries, Of(cache.Keys(layer)), Of(cache.Values(layer)), run.Mask));
            parts.Add(output.reshape(1, run.Rows * run.Count, heads * head).MoveToOuterDisposeScope());

            // [rows, key-value heads, all, head]
            Tensor Of(Tensor cached) => cached.narrow(1, 0, run.Mask.shape[^1]).index_select(0, run.Slots).transpose(1, 2);
        }

        return parts.Count == 1 ? parts[0] : cat(parts, 1);
    }

    private void PrepareOperators()
    {
        using var scope = NewDisposeScope();
        (runs, lastRuns) = (Runs(p => p.Tokens.Length), wanted is null ? [] : Runs(p => p.OutputCount));
        var offsets = segments
            .SelectMany(s => Enumerable.Range((s.Slot * cache.Capacity) + cache.Lengths[s.Slot], s.Tokens.Length))
            .Select(p => (long)p).ToArray();
        places = tensor(offsets, device: model.Device).DetachFromDisposeScope();
    }

    private List<Run> Runs(Func<Segment, int> queries)
    {
        using var scope = NewDisposeScope();
        var found = new List<Run>();
        for (int first = 0, at = 0; first < segments.Length;)
        {
            var count = queries(segments[first]);
            var same = segments.Skip(first).TakeWhile(s => queries(s) == count).ToArray();
            var stand = same
                .SelectMany(s => Enumerable.Range(cache.Lengths[s.Slot] + s.Tokens.Length - count, count))
                .Select(p => (long)p).ToArray(); // [rows, count]
            var mask = tensor(stand, [same.Length, count, 1], device: model.Device)
                .ge(Positions(0, stand.Max() + 1, model).view(1, 1, -1)).unsqueeze(1);
            var slots = tensor(same.Select(s => (long)s.Slot).ToArray(), device: model.Device).DetachFromDisposeScope();
            found.Add(new Run(at, count, same.Length, slots, mask.DetachFromDisposeScope()));
            (first, at) = (first + same.Length, at + (same.Length * count));
        }

        return found;
    }

    /// <summary>Consecutive segments with the same number of queries.</summary>
    /// <param name="First">Index of the first query among those of all segments.</param>
    /// <param name="Count">Queries per segment.</param>
    /// <param name="Rows">Number of segments.</param>
    /// <param name="Slots">I64 [rows]</param>
    /// <param name="Mask">Visible keys, [rows, 1, count, all].</param>
    private sealed record Run(int First, int Count, int Rows, Tensor Slots, Tensor Mask);
}
