// The gradients of one sequence for the linear layers of the blocks only.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>
/// Forwards the linear layers of the blocks and ignores head, norms and embedding at no cost.
/// </summary>
internal sealed unsafe class BlockSink(IRowSink blocks, PaddedLayout layout) : IRowSink
{
    private readonly AlignedFloats norm = new(layout.Hidden);

    public void Begin(int tokens)
    {
        norm.Clear(0, norm.Count);
        blocks.Begin(tokens);
    }

    public void Linear(long offset, MatrixView dy, MatrixView x, int rows, int columns, int tokens, int first) =>
        blocks.Linear(offset, dy, x, rows, columns, tokens, first);

    public void Head(MatrixView undivided, float* factors, MatrixView x, MatrixView scaled, int tokens, int first)
    {
    }

    public float* Norm(long offset) => norm.Data;

    public void Embedding(ReadOnlySpan<int> tokens, MatrixView dy)
    {
    }

    public IReadOnlyDictionary<string, torch.Tensor> Take() => blocks.Take();

    public void Dispose()
    {
        norm.Dispose();
        blocks.Dispose();
    }
}
