// The factors of one sequence's gradient: inputs and output gradients of every layer.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>
/// Gives <see cref="GradientForm.Factors"/>. Query, key and value share their input, as do gate and
/// up.
/// </summary>
internal sealed unsafe class FactorSink : IRowSink
{
    private readonly bool hasNorms;
    private readonly IReadOnlyDictionary<long, ParameterSlice[]> slices;
    private readonly NormSums norms;
    private readonly Extent hidden, vocabulary;
    private readonly string head, embedding;
    private Dictionary<string, torch.Tensor> factors = [];
    private int count;

    public FactorSink(PaddedLayout layout, bool hasNorms = true)
    {
        (this.hasNorms, slices, norms) = (hasNorms, layout.MatrixSlices(), new NormSums(layout));
        hidden = new Extent(1, layout.Config.HiddenSize, layout.Hidden);
        vocabulary = new Extent(1, layout.Config.VocabularySize, layout.Vocabulary);
        head = ParameterNames.ModuleOf(layout.Config.TiedHeadName ?? LlamaNames.Head);
        embedding = LinearLayer.EmbeddingModule(layout.Config);
    }

    public void Begin(int tokens)
    {
        (factors, count) = ([], tokens);
        norms.Clear();
    }

    public void Linear(long offset, MatrixView dy, MatrixView x, int rows, int columns, int tokens, int first)
    {
        var matrix = slices[offset];
        var input = Factor(LinearLayer.InputName(ParameterNames.ModuleOf(matrix[0].Name)), matrix[0].Columns);
        Copy(input, x, matrix[0].Columns, tokens, first);
        var row = 0;
        foreach (var slice in matrix)
        {
            var module = ParameterNames.ModuleOf(slice.Name);
            factors[LinearLayer.InputName(module)] = input;
            Copy(Factor(LinearLayer.OutputGradientName(module), slice.Rows), dy.From(0, row), slice.Rows, tokens, first);
            row += slice.Rows.Total;
        }
    }

    public void Head(MatrixView undivided, float* factors, MatrixView x, MatrixView scaled, int tokens, int first)
    {
        // The last token has an input, but no target and so no output gradient.
        var inputs = first + tokens == count - 1 ? tokens + 1 : tokens;
        Copy(Factor(LinearLayer.InputName(head), hidden), x, hidden, inputs, first);
        var gradient = Factor(LinearLayer.OutputGradientName(head), vocabulary);
        Copy(gradient, undivided, vocabulary, tokens, first);
        for (var t = 0; t < tokens; t++)
        {
            var values = new Span<float>(TensorMemory.Floats(gradient) + ((nint)(first + t) * vocabulary.Size), vocabulary.Size);
            foreach (ref var value in values)
                value *= factors[t];
        }
    }

    public float* Norm(long offset) => norms[offset];

    public void Embedding(ReadOnlySpan<int> tokens, MatrixView dy) =>
        Copy(Factor(LinearLayer.OutputGradientName(embedding), hidden), dy, hidden, tokens.Length, 0);

    public IReadOnlyDictionary<string, torch.Tensor> Take()
    {
        var result = factors;
        factors = [];
        foreach (var (name, sum) in hasNorms ? norms.Tensors() : [])
            result.Add(name, sum);
        return result;
    }

    public void Dispose()
    {
        norms.Dispose();
        foreach (var tensor in factors.Values) // of a pass that failed
            tensor.Dispose();
    }

    // [tokens, width], initially zero.
    private torch.Tensor Factor(string name, Extent width)
    {
        if (!factors.TryGetValue(name, out var factor))
        {
            factor = torch.zeros([count, (long)width.Groups * width.Size], torch.float32, torch.CPU).DetachFromDisposeScope();
            factors.Add(name, factor);
        }

        return factor;
    }

    private static void Copy(torch.Tensor to, MatrixView from, Extent width, int tokens, int first)
    {
        var size = width.Size;
        for (var t = 0; t < tokens; t++)
        {
            for (var g = 0; g < width.Groups; g++)
            {
                var target = TensorMemory.Floats(to) + ((((nint)(first + t) * width.Groups) + g) * size);
                new ReadOnlySpan<float>(from.Row(t) + ((nint)g * width.Padded), size).CopyTo(new Span<float>(target, size));
            }
        }

        GC.KeepAlive(to);
    }
}
