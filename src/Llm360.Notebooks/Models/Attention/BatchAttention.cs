// Attention of a batch of rows of equal length, padding included.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>Rows of one length, with an optional cache and optional padding on the left.</summary>
internal sealed class BatchAttention : AttentionPass
{
    private readonly LanguageModel model;
    private readonly RotaryEmbedding rotary;
    private readonly KeyValueCache? cache;
    private readonly int[] padding; // by row
    private readonly Tensor cos, sin; // [time, dimensions], or [batch x time, dimensions] with padding
    private readonly int past, time;
    private Tensor? mask; // [time, past + time] or [batch, 1, time, past + time]

    /// <summary>Prepares a pass.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rotary">Its rotary embedding.</param>
    /// <param name="batch">Number of rows.</param>
    /// <param name="time">New positions.</param>
    /// <param name="cache">Earlier positions; null for none.</param>
    /// <param name="padding">
    /// Positions of padding before each row's first token; null for none.
    /// </param>
    /// <param name="hooks">Hooks of the pass; null for none.</param>
    public BatchAttention(
        LanguageModel model, RotaryEmbedding rotary, long batch, int time, KeyValueCache? cache, IReadOnlyList<int>? padding,
        ForwardHooks? hooks)
    {
        (this.model, this.rotary, this.cache, Hooks, this.time) = (model, rotary, cache, hooks, time);
        past = cache?.Length ?? 0;
        var all = past + time;
        CheckLength(model, all);
        if (padding is not null && (padding.Count != batch || padding.Any(p => p < 0 || p >= all)))
            throw new ArgumentException("One number of padding positions a row, fewer than the row has.", nameof(padding));
        this.padding = padding is null ? new int[batch] : [.. padding];
        (cos, sin) = rotary.Tables(all);
        if (Array.TrueForAll(this.padding, p => p == 0))
        {
            (cos, sin) = (cos.narrow(0, past, time), sin.narrow(0, past, time));
            return;
        }

        // Position 0 of a row is its first token.
        using var scope = NewDisposeScope();
        var positions = (Positions(past, all, model).unsqueeze(0) - Padding()).relu().view(-1); // [batch x time]
        cos = cos.index_select(0, positions).MoveToOuterDisposeScope();
        sin = sin.index_select(0, positions).MoveToOuterDisposeScope();
    }

    public override ForwardHooks? Hooks { get; }

    public override Tensor Attend(int layer, Tensor q, Tensor k, Tensor v)
    {
        q = rotary.Rotate(q, cos, sin, inPlace: Hooks is null);
        k = rotary.Rotate(k, cos, sin, inPlace: Hooks is null);
        if (cache is not null)
            (k, v) = cache.Append(layer, k, v); // [batch, key-value heads, past + time, head]
        if (Hooks?.Has(HookSite.AttentionProbabilities(layer)) == true)
            return MergeHeads(Eager(layer, q, Repeated(k, q), Repeated(v, q)));
        return IsForKernel(q, k, v) ? ByKernel(q, k, v) : MergeHeads(ScaledDotProduct(q, k, v, Mask()));
    }

    public override void Dispose() => mask?.Dispose();

    private Tensor ByKernel(Tensor q, Tensor k, Tensor v)
    {
        long batch = q.shape[0], heads = q.shape[1], head = q.shape[3];
        long[] query = q.stride(), key = k.stride(), value = v.stride();
        if (key[1] != value[1] || key[2] != value[2])
        {
            (k, v) = (k.contiguous(), v.contiguous());
            key = value = k.stride();
        }

        var output = empty([batch, time, heads * head], float32, CPU);
        var rows = new AttentionRow[batch];
        for (var b = 0L; b < batch; b++)
        {
            rows[b] = new AttentionRow(
                At(q, b * query[0]), At(k, b * key[0]), At(v, b * value[0]), At(output, b * time * heads * head), past, time, padding[b]);
        }

        CausalAttention.Run(rows, new AttentionShape(
            (int)heads, (int)k.shape[1], (int)head, (nint)query[1], (nint)query[2], (nint)key[1], (nint)key[2]));
        GC.KeepAlive((q, k, v));
        return output;

        static unsafe nint At(Tensor x, long offset) => (nint)(TensorMemory.Floats(x) + offset);
    }

    // SDPA makes the usual mask of a whole prefix itself; one new position attends to all earlier
    // ones.
    private Tensor? Mask()
    {
        var isPadded = Array.Exists(padding, p => p > 0);
        if (mask is not null || (!isPadded && (past == 0 || time == 1)))
            return mask;
        using var scope = NewDisposeScope();
        Tensor query = Positions(past, past + time, model), key = Positions(0, past + time, model);
        if (!isPadded)
            return mask = query.unsqueeze(1).ge(key.unsqueeze(0)).DetachFromDisposeScope();
        var sees = query.view(1, -1, 1).ge(key.view(1, 1, -1)).logical_and(key.view(1, 1, -1).ge(Padding().unsqueeze(2)));
        // Padding attends only to itself, so that no softmax is empty.
        return mask = sees.logical_or(query.view(1, -1, 1).eq(key.view(1, 1, -1))).unsqueeze(1).DetachFromDisposeScope();
    }

    // The same by definition, with the probabilities as a tensor.
    private Tensor Eager(int layer, Tensor q, Tensor k, Tensor v)
    {
        long time = q.shape[2], all = k.shape[2];
        using var scale = (1 / Math.Sqrt(q.shape[3])).ToScalar();
        using var minus = double.NegativeInfinity.ToScalar();
        var scores = q.matmul(k.transpose(2, 3)).mul(scale); // [batch, heads, time, past + time]
        var sees = Mask() ?? arange(all - time, all, device: q.device).unsqueeze(1).ge(arange(all, device: q.device).unsqueeze(0));
        var probabilities = scores.masked_fill(sees.logical_not(), minus).to(float32).softmax(-1).to(q.dtype);
        return Hooks.At(HookSite.AttentionProbabilities(layer), probabilities).matmul(v);
    }

    private Tensor Padding() => tensor(padding.Select(p => (long)p).ToArray(), device: model.Device).view(-1, 1); // [batch, 1]
}
