// What all layers of one forward pass share: positions, mask, cache.
using TorchSharp;
using static TorchSharp.torch;

namespace Llm360.Notebooks.Models;

/// <summary>Attention of one forward pass.</summary>
internal sealed class AttentionPass
{
    private readonly RotaryEmbedding rotary;
    private readonly KeyValueCache? cache;
    private readonly ForwardTrace? trace;
    private readonly Tensor cos, sin; // [time, dimensions], or [batch, 1, time, dimensions] with padding
    private readonly Tensor? mask; // what may be seen, [time, past + time] or [batch, 1, time, past + time]; null: SDPA's own causal mask, or everything
    private readonly Scalar one;
    private readonly int past;

    /// <summary>Prepares a pass.</summary>
    /// <param name="model">The model.</param>
    /// <param name="rotary">Its rotary embedding.</param>
    /// <param name="batch">Rows.</param>
    /// <param name="time">New positions.</param>
    /// <param name="cache">Earlier positions; null for none.</param>
    /// <param name="padding">Positions of padding before each row's first token; null for none.</param>
    /// <param name="trace">Where to keep attention; null for nowhere.</param>
    /// <param name="one">1, held by the model.</param>
    public AttentionPass(LanguageModel model, RotaryEmbedding rotary, long batch, int time, KeyValueCache? cache, IReadOnlyList<int>? padding, ForwardTrace? trace, Scalar one)
    {
        (this.rotary, this.cache, this.trace, this.one) = (rotary, cache, trace, one);
        past = cache?.Length ?? 0;
        var all = past + time;
        if (all > model.Config.LongestSequence)
            throw new Llm360Exception($"A sequence of {all} tokens is longer than the model's {model.Config.LongestSequence} positions.", "tokens", "Give shorter sequences.");
        if (padding is not null && (padding.Count != batch || padding.Any(p => p < 0 || p >= all)))
            throw new ArgumentException("One number of padding positions a row, fewer than the row has.", nameof(padding));
        (cos, sin) = rotary.Tables(all, model.Type, model.Device);
        if (padding is null || padding.All(p => p == 0))
        {
            (cos, sin) = (cos.narrow(0, past, time), sin.narrow(0, past, time));
            // A whole prefix has the usual mask; one new position sees all that came before.
            if (past > 0 && time > 1)
                mask = Places(past, all, model).unsqueeze(1).ge(Places(0, all, model).unsqueeze(0)); // [time, past + time]
            return;
        }

        // A row begins at position 0 with its first token. Padding sees itself alone, so that no softmax is over nothing.
        using var scope = NewDisposeScope();
        var pad = tensor(padding.Select(p => (long)p).ToArray(), device: model.Device).view(-1, 1); // [batch, 1]
        var (query, key) = (Places(past, all, model), Places(0, all, model));
        var positions = (query.unsqueeze(0) - pad).clamp_min(0); // [batch, time]
        cos = cos.index_select(0, positions.view(-1)).view(batch, 1, time, -1).MoveToOuterDisposeScope();
        sin = sin.index_select(0, positions.view(-1)).view(batch, 1, time, -1).MoveToOuterDisposeScope();
        var sees = query.view(1, -1, 1).ge(key.view(1, 1, -1)).logical_and(key.view(1, 1, -1).ge(pad.unsqueeze(2)));
        mask = sees.logical_or(query.view(1, -1, 1).eq(key.view(1, 1, -1))).unsqueeze(1).MoveToOuterDisposeScope();
    }

    /// <summary>Mixes values by attention.</summary>
    /// <param name="layer">The layer, counted from 0.</param>
    /// <param name="q">[batch, heads, time, head], not yet turned.</param>
    /// <param name="k">[batch, key-value heads, time, head], not yet turned.</param>
    /// <param name="v">[batch, key-value heads, time, head]</param>
    /// <returns>[batch, time, heads x head]; scores are divided by the root of the head's dimensions.</returns>
    public Tensor Attend(int layer, Tensor q, Tensor k, Tensor v)
    {
        q = rotary.Turn(q, cos, sin, one);
        k = rotary.Turn(k, cos, sin, one);
        if (cache is not null)
            (k, v) = cache.Append(layer, k, v); // [batch, key-value heads, past + time, head]
        if (k.shape[1] != q.shape[1])
        {
            k = k.repeat_interleave(q.shape[1] / k.shape[1], dim: 1); // [batch, heads, past + time, head]
            v = v.repeat_interleave(q.shape[1] / v.shape[1], dim: 1);
        }

        var mixed = trace is { WantsAttention: true } ? Open(q, k, v) : nn.functional.scaled_dot_product_attention(q, k, v, mask, is_casual: mask is null && q.shape[2] > 1);
        return mixed.transpose(1, 2).reshape(q.shape[0], q.shape[2], -1);
    }

    // The same by its definition, with the probabilities to look at.
    private Tensor Open(Tensor q, Tensor k, Tensor v)
    {
        long time = q.shape[2], all = k.shape[2];
        using var scale = (1 / Math.Sqrt(q.shape[3])).ToScalar();
        using var minus = double.NegativeInfinity.ToScalar();
        var scores = q.matmul(k.transpose(2, 3)).mul(scale); // [batch, heads, time, past + time]
        var sees = mask ?? arange(all - time, all, device: q.device).unsqueeze(1).ge(arange(all, device: q.device).unsqueeze(0));
        var probabilities = scores.masked_fill(sees.logical_not(), minus).to(float32).softmax(-1).to(q.dtype);
        trace!.AddAttention(probabilities);
        return probabilities.matmul(v);
    }

    private static Tensor Places(long first, long end, LanguageModel model) => arange(first, end, dtype: int64, device: model.Device);
}
