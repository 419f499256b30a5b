// The sink of training: sums the gradients of sequences.
using System.Runtime.InteropServices;

namespace Llm360.Notebooks;

/// <summary>Sums gradients of sequences into a buffer in the padded layout.</summary>
internal sealed unsafe class GradientSum(PaddedLayout layout) : IGradientSink
{
    private float* gradients;
    private bool isEmpty; // whether the sum holds no sequence yet

    /// <summary>
    /// Begins a new sum. It adds the gradients of all following sequences, until the next call.
    /// </summary>
    /// <param name="buffer">
    /// Receives the sum in the padded layout; its content is overwritten.
    /// </param>
    public void Begin(float* buffer)
    {
        // The first sequence sets the matrices' gradients. Only gradients that are added to are
        // cleared.
        gradients = buffer;
        isEmpty = true;
        foreach (var norm in layout.Norms())
            Clear(norm, layout.Hidden);
    }

    public void Linear(long offset, MatrixView dy, MatrixView x, int rows, int columns, int tokens, int first)
    {
        var gradient = new MatrixView(gradients + offset, columns);
        if (isEmpty && first == 0)
            Products.SetTransposed(gradient, dy, x, rows, columns, tokens);
        else
            Products.AddTransposed(gradient, dy, x, rows, columns, tokens);
    }

    public void Head(MatrixView undivided, float* factors, MatrixView x, MatrixView scaled, int tokens, int first) =>
        Linear(layout.Output, undivided, scaled, layout.Vocabulary, layout.Hidden, tokens, first);

    public float* Norm(long offset) => gradients + offset;

    public void Embedding(ReadOnlySpan<int> tokens, MatrixView dy)
    {
        // The head has already set the gradient if it is tied.
        if (isEmpty && !layout.Config.TiedHead)
            Clear(layout.Embedding, (long)layout.Vocabulary * layout.Hidden);
        for (var t = 0; t < tokens.Length; t++)
            VectorMath.Add(gradients + layout.Embedding + ((nint)tokens[t] * layout.Hidden), dy.Row(t), layout.Hidden);
        isEmpty = false;
    }

    private void Clear(long start, long count) => NativeMemory.Clear(gradients + start, (nuint)count * sizeof(float));
}
