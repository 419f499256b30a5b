// Forward and backward pass of one sequence on one thread.
namespace Llm360.Notebooks;

/// <summary>A worker with its activations. It passes the data for gradients to a sink.</summary>
/// <remarks>
/// Element-wise operations and products process a few tokens at a time, so that each finds the
/// previous one's output in the cache.
/// </remarks>
internal sealed unsafe class SequencePass : IDisposable
{
    private const int Strip = 128;
    private readonly PaddedLayout layout;
    private readonly PackedWeights weights;
    private readonly Rotary rotary;
    private readonly OutputHead head;
    private readonly int hidden, size;
    private readonly float eps;
    private Activations memory;
    private Attention attention;

    public SequencePass(PaddedLayout layout, PackedWeights weights, Rotary rotary, int tokens)
    {
        (this.layout, this.weights, this.rotary) = (layout, weights, rotary);
        head = new OutputHead(layout);
        memory = new Activations(layout, VectorWidth.Pad(tokens));
        attention = new Attention(layout.Heads, VectorWidth.Pad(tokens));
        (hidden, size, eps) = (layout.Hidden, layout.Config.HiddenSize, (float)layout.Config.NormEps);
    }

    public PartTimes Times { get; } = new();

    /// <summary>Allocates memory for sequences of this length.</summary>
    public void Reserve(int tokens)
    {
        if (VectorWidth.Pad(tokens) <= memory.Capacity)
            return;
        memory.Dispose();
        attention.Dispose();
        memory = new Activations(layout, VectorWidth.Pad(tokens));
        attention = new Attention(layout.Heads, VectorWidth.Pad(tokens));
    }

    /// <summary>Forward and backward pass of one sequence.</summary>
    /// <param name="inputs">Token ids.</param>
    /// <param name="targets">
    /// The targets of the first positions; at most one per input. Later positions have no loss.
    /// </param>
    /// <param name="lossScale">Factor of each position's loss.</param>
    /// <param name="sink">Receives the gradients of the scaled loss.</param>
    /// <param name="margin">
    /// Whether a position's loss is -log(p / (1 - p)) instead of -log p.
    /// </param>
    /// <returns>Sum of the positions' losses, not scaled.</returns>
    public double Run(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, float lossScale, IGradientSink sink, bool margin = false)
    {
        int count = inputs.Length, padded = VectorWidth.Pad(count);
        Forward(inputs, padded);
        var (x, normed) = (memory.Last, memory.Normed);
        float* output = weights.Plain + layout.Output, norm = weights.Plain + layout.FinalNorm, dNorm = sink.Norm(layout.FinalNorm);
        var transposed = weights.Transposed(layout.Output);
        var loss = head.Run(memory.DNormed, normed, output, transposed, targets, lossScale, sink, Times, margin);
        // Positions without a target have no gradient.
        new Span<float>(memory.DNormed.Row(targets.Length), (padded - targets.Length) * hidden).Clear();
        RmsNorm.Backward(memory.Dx, false, dNorm, memory.DNormed, x, norm, memory.LastFactors.Data, padded, hidden, size);
        Times.Add(StepPart.Norms);

        for (var i = layout.Config.Layers - 1; i >= 0; i--)
            BackwardBlock(i, count, padded, sink);
        sink.Embedding(inputs, memory.Dx);
        Times.Add(StepPart.Embedding);
        return loss;
    }

    /// <summary>
    /// The sum of the positions' losses, by the forward pass only. No gradient changes.
    /// </summary>
    /// <param name="row">Tokens; inputs are all but the last, targets all but the first.</param>
    public double Loss(ReadOnlySpan<int> row)
    {
        Forward(row[..^1], VectorWidth.Pad(row.Length - 1));
        return head.Loss(memory.Normed, weights.Transposed(layout.Output), row[1..], Times);
    }

    public void Dispose()
    {
        memory.Dispose();
        attention.Dispose();
        head.Dispose();
    }

    // From the embedding to the final norm, whose output is in memory.Normed.
    private void Forward(ReadOnlySpan<int> inputs, int padded)
    {
        Times.Start();
        Embed(inputs, padded);
        for (var i = 0; i < layout.Config.Layers; i++)
            ForwardBlock(i, padded);
        var norm = weights.Plain + layout.FinalNorm;
        RmsNorm.Forward(memory.Normed, memory.Last, norm, memory.LastFactors.Data, padded, hidden, size, eps);
        Times.Add(StepPart.Norms);
    }

    private void Embed(ReadOnlySpan<int> inputs, int padded)
    {
        var x = layout.Config.Layers > 0 ? memory.Blocks[0].Input : memory.Last; // [tokens, hidden]
        for (var t = 0; t < inputs.Length; t++)
        {
            var row = new ReadOnlySpan<float>(weights.Plain + layout.Embedding + ((nint)inputs[t] * hidden), hidden);
            row.CopyTo(new Span<float>(x.Row(t), hidden));
        }

        new Span<float>(x.Row(inputs.Length), (padded - inputs.Length) * hidden).Clear();
        Times.Add(StepPart.Embedding);
    }

    private void ForwardBlock(int i, int padded)
    {
        var (block, places) = (memory.Blocks[i], layout.Blocks[i]);
        var next = i + 1 < layout.Config.Layers ? memory.Blocks[i + 1].Input : memory.Last;
        for (var first = 0; first < padded; first += Strip)
        {
            var tokens = Math.Min(Strip, padded - first);
            var qkv = block.QueryKeyValue.From(first);
            RmsNorm.Forward(
                memory.Normed, block.Input.From(first), weights.Plain + places.AttentionNorm, block.InputFactors.Data + first,
                tokens, hidden, size, eps);
            Times.Add(StepPart.Norms);
            Products.Set(qkv, memory.Normed, weights.Transposed(places.QueryKeyValue), tokens, layout.QueryKeyValue, hidden);
            Times.Add(StepPart.Products);
            rotary.Rotate(qkv, first, tokens, layout.Config.Heads + layout.Config.KeyValueHeads, back: false);
            Times.Add(StepPart.Norms);
        }

        attention.Forward(block.AttentionOutput, block.LogSums, block.QueryKeyValue, padded);
        Times.Add(StepPart.Attention);
        for (var first = 0; first < padded; first += Strip)
        {
            var tokens = Math.Min(Strip, padded - first);
            MatrixView middle = block.Middle.From(first), gateUp = block.GateUp.From(first);
            Products.Add(
                middle, block.Input.Row(first), block.AttentionOutput.From(first), weights.Transposed(places.Output),
                tokens, hidden, layout.Query);
            Times.Add(StepPart.Products);
            RmsNorm.Forward(
                memory.Normed, middle, weights.Plain + places.MlpNorm, block.MiddleFactors.Data + first, tokens, hidden, size, eps);
            Times.Add(StepPart.Norms);
            Products.Set(gateUp, memory.Normed, weights.Transposed(places.GateUp), tokens, 2 * layout.Mlp, hidden);
            Times.Add(StepPart.Products);
            SwiGlu.Forward(memory.Unit, gateUp, tokens, layout.Mlp);
            Times.Add(StepPart.SwiGlu);
            Products.Add(next.From(first), middle.Data, memory.Unit, weights.Transposed(places.Down), tokens, hidden, layout.Mlp);
            Times.Add(StepPart.Products);
        }
    }

    // Turns memory.Dx from the gradient of the block's output into the gradient of its input.
    private void BackwardBlock(int i, int count, int padded, IGradientSink sink)
    {
        var (block, places) = (memory.Blocks[i], layout.Blocks[i]);
        for (var first = 0; first < padded; first += Strip)
        {
            int tokens = Math.Min(Strip, padded - first), real = Math.Min(tokens, count - first);
            MatrixView dx = memory.Dx.From(first), unit = memory.Unit, dGateUp = memory.DGateUp, middle = block.Middle.From(first);
            var factors = block.MiddleFactors.Data + first;
            Products.Set(unit, dx, Plain(places.Down, layout.Mlp), tokens, layout.Mlp, hidden);
            Times.Add(StepPart.Products);
            SwiGlu.Backward(dGateUp, unit, block.GateUp.From(first), tokens, layout.Mlp);
            Times.Add(StepPart.SwiGlu);
            RmsNorm.Apply(memory.Normed, middle, weights.Plain + places.MlpNorm, factors, tokens, hidden);
            Times.Add(StepPart.Norms);
            sink.Linear(places.Down, dx, unit, hidden, layout.Mlp, real, first);
            sink.Linear(places.GateUp, dGateUp, memory.Normed, 2 * layout.Mlp, hidden, real, first);
            Products.Set(memory.DNormed, dGateUp, Plain(places.GateUp, hidden), tokens, hidden, 2 * layout.Mlp);
            Times.Add(StepPart.Products);
            var dNorm = sink.Norm(places.MlpNorm);
            RmsNorm.Backward(dx, true, dNorm, memory.DNormed, middle, weights.Plain + places.MlpNorm, factors, tokens, hidden, size);
            Times.Add(StepPart.Norms);
            sink.Linear(places.Output, dx, block.AttentionOutput.From(first), hidden, layout.Query, real, first);
            Products.Set(memory.DAttentionOutput.From(first), dx, Plain(places.Output, layout.Query), tokens, layout.Query, hidden);
            Times.Add(StepPart.Products);
        }

        attention.Backward(
            memory.DQueryKeyValue, memory.DAttentionOutput, block.AttentionOutput, block.LogSums, block.QueryKeyValue, padded);
        Times.Add(StepPart.Attention);
        for (var first = 0; first < padded; first += Strip)
        {
            int tokens = Math.Min(Strip, padded - first), real = Math.Min(tokens, count - first);
            MatrixView dQkv = memory.DQueryKeyValue.From(first), input = block.Input.From(first);
            var factors = block.InputFactors.Data + first;
            rotary.Rotate(dQkv, first, tokens, layout.Config.Heads + layout.Config.KeyValueHeads, back: true);
            RmsNorm.Apply(memory.Normed, input, weights.Plain + places.AttentionNorm, factors, tokens, hidden);
            Times.Add(StepPart.Norms);
            sink.Linear(places.QueryKeyValue, dQkv, memory.Normed, layout.QueryKeyValue, hidden, real, first);
            Products.Set(memory.DNormed, dQkv, Plain(places.QueryKeyValue, hidden), tokens, hidden, layout.QueryKeyValue);
            Times.Add(StepPart.Products);
            float* norm = weights.Plain + places.AttentionNorm, dNorm = sink.Norm(places.AttentionNorm);
            RmsNorm.Backward(memory.Dx.From(first), true, dNorm, memory.DNormed, input, norm, factors, tokens, hidden, size);
            Times.Add(StepPart.Norms);
        }
    }

    private MatrixView Plain(long offset, int columns) => new(weights.Plain + offset, columns);
}
