// One worker's memory for one sequence: activations for the backward pass, and scratch.

namespace Llm360.Notebooks;

/// <summary>The activations of a block that the backward pass needs.</summary>
/// <param name="Input">[tokens, hidden]</param>
/// <param name="InputFactors">Factors of the norm before attention, [1, tokens].</param>
/// <param name="QueryKeyValue">Rotated, [tokens, query, key and value].</param>
/// <param name="AttentionOutput">Output of the heads, [tokens, heads x head].</param>
/// <param name="LogSums">[heads, tokens]</param>
/// <param name="Middle">Residual stream after attention, [tokens, hidden].</param>
/// <param name="MiddleFactors">Factors of the norm before the MLP, [1, tokens].</param>
/// <param name="GateUp">[tokens, gate and up]</param>
internal sealed record BlockActivations(
    MatrixView Input,
    MatrixView InputFactors,
    MatrixView QueryKeyValue,
    MatrixView AttentionOutput,
    MatrixView LogSums,
    MatrixView Middle,
    MatrixView MiddleFactors,
    MatrixView GateUp);

/// <summary>Matrices for sequences of up to a number of tokens, in one allocation.</summary>
internal sealed unsafe class Activations : IDisposable
{
    private readonly AlignedFloats memory;
    private long used;

    public Activations(PaddedLayout layout, int capacity)
    {
        Capacity = capacity;
        int hidden = layout.Hidden, heads = layout.Config.Heads;
        long perBlock = (2L * hidden) + layout.QueryKeyValue + layout.Query + (2L * layout.Mlp) + heads + 2;
        long scratch = (3L * hidden) + layout.QueryKeyValue + layout.Query + (3L * layout.Mlp) + 1;
        memory = new AlignedFloats(((perBlock * layout.Config.Layers) + scratch + hidden) * capacity);
        var blocks = new List<BlockActivations>();
        for (var i = 0; i < layout.Config.Layers; i++)
        {
            blocks.Add(new BlockActivations(
                Take(hidden), Line(), Take(layout.QueryKeyValue), Take(layout.Query), Lines(heads), Take(hidden), Line(),
                Take(2 * layout.Mlp)));
        }

        Blocks = blocks;
        Last = Take(hidden);
        LastFactors = Line();
        Normed = Take(hidden);
        Unit = Take(layout.Mlp);
        DGateUp = Take(2 * layout.Mlp);
        DQueryKeyValue = Take(layout.QueryKeyValue);
        DAttentionOutput = Take(layout.Query);
        Dx = Take(hidden);
        DNormed = Take(hidden);

        MatrixView Take(int width)
        {
            var data = memory.Data + used;
            used += (long)width * capacity;
            return new MatrixView(data, width);
        }

        MatrixView Line() => Lines(1);

        MatrixView Lines(int count) => new(Take(count).Data, capacity);
    }

    /// <summary>Tokens, a multiple of 16.</summary>
    public int Capacity { get; }

    public IReadOnlyList<BlockActivations> Blocks { get; }

    /// <summary>Output of the last block, [tokens, hidden].</summary>
    public MatrixView Last { get; }

    public MatrixView LastFactors { get; }

    /// <summary>Scratch: output of a norm.</summary>
    public MatrixView Normed { get; }

    /// <summary>Scratch: silu(gate) up, [tokens, mlp].</summary>
    public MatrixView Unit { get; }

    /// <summary>Scratch: gradients of the tensors that the names state.</summary>
    public MatrixView DGateUp { get; }

    public MatrixView DQueryKeyValue { get; }

    public MatrixView DAttentionOutput { get; }

    public MatrixView Dx { get; }

    public MatrixView DNormed { get; }

    public void Dispose() => memory.Dispose();
}
