// Causal attention of one sequence and its gradient; scores are recomputed, not kept.

namespace Llm360.Notebooks;

/// <summary>softmax(scale q kᵀ + mask) v for each head.</summary>
/// <param name="shape">The heads.</param>
/// <param name="capacity">Tokens, a multiple of 16.</param>
/// <remarks>
/// The gradient needs only the log-sum-exp of each row and the output (Dao et al. 2022, arXiv
/// 2205.14135). Memory therefore grows linearly with the length, not quadratically.
/// </remarks>
internal sealed unsafe class Attention(HeadShape shape, int capacity) : IDisposable
{
    // Rows are one vector longer than a power of two, so that they do not share the same cache
    // sets.
    private readonly int stride = capacity + VectorWidth.Floats;
    private readonly AlignedFloats keys = new((long)shape.Padded * (capacity + VectorWidth.Floats)); // kᵀ [head, tokens]
    private readonly AlignedFloats values = new((long)shape.Padded * (capacity + VectorWidth.Floats)); // vᵀ [head, tokens]
    private readonly AlignedFloats scores = new((long)AttentionStrip.MaxQueries * (capacity + VectorWidth.Floats)); // [strip, tokens]
    private readonly AlignedFloats gradients = new((long)AttentionStrip.MaxQueries * (capacity + VectorWidth.Floats)); // [strip, tokens]
    private readonly float scale = (float)(1 / Math.Sqrt(shape.Dimension));
    private readonly int group = shape.Group, head = shape.Padded;

    /// <summary>The output of every head.</summary>
    /// <param name="attentionOutput">[tokens, heads x head]</param>
    /// <param name="logSums">[heads, tokens], kept for the gradient.</param>
    /// <param name="qkv">[tokens, query, key and value], already rotated.</param>
    /// <param name="tokens">A multiple of 16.</param>
    public void Forward(MatrixView attentionOutput, MatrixView logSums, MatrixView qkv, int tokens)
    {
        MatrixView kT = new(keys.Data, stride), weights = new(scores.Data, stride);
        for (var h = 0; h < shape.Heads; h++)
        {
            var (q, k, v) = Heads(qkv, h);
            if (h % group == 0)
                Products.Transpose(kT, k, tokens, head);
            for (var first = 0; first < tokens; first += AttentionStrip.MaxQueries)
            {
                var place = new StripPlace(first, Math.Min(AttentionStrip.MaxQueries, tokens - first), 0);
                var output = attentionOutput.From(first, h * head);
                AttentionStrip.Forward(output, output, weights, q.From(first), kT, v, place, head, scale, logSums.Row(h) + first);
            }
        }
    }

    /// <summary>The gradients of query, key and value, before they are rotated back.</summary>
    /// <param name="dQkv">[tokens, query, key and value], overwritten.</param>
    /// <param name="dAttentionOutput">[tokens, heads x head]</param>
    /// <param name="attentionOutput">From the forward pass.</param>
    /// <param name="logSums">From the forward pass.</param>
    /// <param name="qkv">From the forward pass.</param>
    /// <param name="tokens">A multiple of 16.</param>
    public void Backward(
        MatrixView dQkv, MatrixView dAttentionOutput, MatrixView attentionOutput, MatrixView logSums, MatrixView qkv, int tokens)
    {
        MatrixView kT = new(keys.Data, stride), vT = new(values.Data, stride);
        MatrixView s = new(scores.Data, stride), d = new(gradients.Data, stride);
        for (var h = 0; h < shape.Heads; h++)
        {
            var (q, k, v) = Heads(qkv, h);
            var (dq, dk, dv) = Heads(dQkv, h);
            if (h % group == 0)
            {
                Products.Transpose(kT, k, tokens, head);
                Products.Transpose(vT, v, tokens, head);
            }

            // The last strip comes first: it attends to all keys and so sets all of dk and dv. The
            // other strips add to them.
            var last = (tokens - 1) / AttentionStrip.MaxQueries * AttentionStrip.MaxQueries;
            for (var first = last; first >= 0; first -= AttentionStrip.MaxQueries)
            {
                int queries = Math.Min(AttentionStrip.MaxQueries, tokens - first), seen = first + queries;
                var strip = q.From(first);
                MatrixView dOutput = dAttentionOutput.From(first, h * head), output = attentionOutput.From(first, h * head);
                Products.Set(s, strip, kT, queries, seen, head);
                Products.Set(d, dOutput, vT, queries, seen, head);
                for (var i = 0; i < queries; i++)
                    Softmax.Backward(
                        s.Row(i), d.Row(i), first + i + 1, seen, scale, logSums.Row(h)[first + i],
                        VectorMath.Dot(output.Row(i), dOutput.Row(i), head));
                Products.Set(dq.From(first), d, k, queries, head, seen);
                if (first == last && h % group == 0)
                {
                    Products.SetTransposed(dk, d, strip, seen, head, queries);
                    Products.SetTransposed(dv, s, dOutput, seen, head, queries);
                }
                else
                {
                    Products.AddTransposed(dk, d, strip, seen, head, queries);
                    Products.AddTransposed(dv, s, dOutput, seen, head, queries);
                }
            }
        }
    }

    public void Dispose()
    {
        keys.Dispose();
        values.Dispose();
        scores.Dispose();
        gradients.Dispose();
    }

    // A query head and the key-value head of its group.
    private (MatrixView Query, MatrixView Key, MatrixView Value) Heads(MatrixView qkv, int h) =>
        (
            qkv.From(0, h * head),
            qkv.From(0, (shape.Heads * head) + (h / group * head)),
            qkv.From(0, ((shape.Heads + shape.KeyValueHeads) * head) + (h / group * head)));
}
