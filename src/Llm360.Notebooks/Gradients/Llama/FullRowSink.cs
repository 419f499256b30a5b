// The full gradient of one sequence: the sum used in training, over a single sequence.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Gives <see cref="GradientForm.Full"/> for some parameters.</summary>
internal sealed unsafe class FullRowSink(PaddedLayout layout, IReadOnlyList<ParameterSlice> parameters) : IRowSink
{
    private readonly AlignedFloats buffer = new(layout.Count);
    private readonly GradientSum sum = new(layout);

    public void Begin(int tokens) => sum.Begin(buffer.Data);

    public void Linear(long offset, MatrixView dy, MatrixView x, int rows, int columns, int tokens, int first) =>
        sum.Linear(offset, dy, x, rows, columns, tokens, first);

    public void Head(MatrixView undivided, float* factors, MatrixView x, MatrixView scaled, int tokens, int first) =>
        sum.Head(undivided, factors, x, scaled, tokens, first);

    public float* Norm(long offset) => sum.Norm(offset);

    public void Embedding(ReadOnlySpan<int> tokens, MatrixView dy) => sum.Embedding(tokens, dy);

    public IReadOnlyDictionary<string, torch.Tensor> Take()
    {
        var shapes = layout.Config.Parameters().ToDictionary(p => p.Name, p => p.Shape);
        return parameters.ToDictionary(s => s.Name, slice =>
        {
            var tensor = torch.empty(shapes[slice.Name], torch.float32, torch.CPU).DetachFromDisposeScope();
            PackedWeights.CopyRows(slice, TensorMemory.Floats(tensor), buffer.Data + slice.Offset, toPadded: false);
            return tensor;
        });
    }

    public void Dispose() => buffer.Dispose();
}
