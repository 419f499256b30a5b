// The projected gradient of one sequence: factors are projected strip by strip, then multiplied.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Gives <see cref="GradientForm.Projected"/>.</summary>
internal sealed unsafe class ProjectedSink : IRowSink
{
    private const int Strip = 128; // of the pass
    private readonly PaddedLayout layout;
    private readonly IReadOnlyList<ParameterSlice> parameters;
    private readonly PaddedProjections projections;
    private readonly IReadOnlyDictionary<long, ParameterSlice[]> slices;
    private readonly Dictionary<string, AlignedFloats> sums = []; // [width, width] for each matrix
    private readonly NormSums norms;
    private readonly ParameterSlice embedding;
    private readonly AlignedFloats leftMemory, rightMemory; // [strip, width]
    private readonly int width;

    public ProjectedSink(PaddedLayout layout, PaddedProjections projections, IReadOnlyList<ParameterSlice> parameters)
    {
        (this.layout, this.projections, this.parameters, width) = (layout, projections, parameters, projections.Width);
        (slices, norms) = (layout.MatrixSlices(), new NormSums(layout));
        embedding = layout.Slices.Single(s => s.Offset == layout.Embedding);
        foreach (var slice in slices.Values.SelectMany(s => s).Append(embedding).Where(parameters.Contains))
            sums.TryAdd(slice.Name, new AlignedFloats((long)width * width));
        (leftMemory, rightMemory) = (new AlignedFloats((long)Strip * width), new AlignedFloats((long)Strip * width));
    }

    private MatrixView LeftStrip => new(leftMemory.Data, width);

    private MatrixView RightStrip => new(rightMemory.Data, width);

    public void Begin(int tokens)
    {
        norms.Clear();
        foreach (var sum in sums.Values)
            sum.Clear(0, sum.Count);
    }

    public void Linear(long offset, MatrixView dy, MatrixView x, int rows, int columns, int tokens, int first)
    {
        var row = 0;
        foreach (var slice in slices[offset])
        {
            var padded = (tokens + 7) / 8 * 8;
            Products.Set(LeftStrip, dy.From(0, row), projections.Left(slice).Matrix, padded, width, slice.Rows.Total);
            AddProduct(slice, x, tokens, padded);
            row += slice.Rows.Total;
        }
    }

    public void Head(MatrixView undivided, float* factors, MatrixView x, MatrixView scaled, int tokens, int first) =>
        Linear(layout.Output, undivided, scaled, layout.Vocabulary, layout.Hidden, tokens, first);

    public float* Norm(long offset) => norms[offset];

    public void Embedding(ReadOnlySpan<int> tokens, MatrixView dy)
    {
        var matrix = projections.Left(embedding).Matrix;
        for (var first = 0; first < tokens.Length; first += Strip)
        {
            var count = Math.Min(Strip, tokens.Length - first);
            for (var t = 0; t < count; t++)
                new ReadOnlySpan<float>(matrix.Row(tokens[first + t]), width).CopyTo(new Span<float>(LeftStrip.Row(t), width));
            AddProduct(embedding, dy.From(first), count, (count + 7) / 8 * 8);
        }
    }

    public IReadOnlyDictionary<string, torch.Tensor> Take()
    {
        var result = new Dictionary<string, torch.Tensor>();
        foreach (var slice in parameters.Where(s => sums.ContainsKey(s.Name)))
        {
            var (rows, columns) = (projections.Left(slice).Size, projections.Right(slice).Size);
            var tensor = torch.empty([rows, columns], torch.float32, torch.CPU).DetachFromDisposeScope();
            for (var r = 0; r < rows; r++)
            {
                var row = new ReadOnlySpan<float>(sums[slice.Name].Data + ((nint)r * width), columns);
                row.CopyTo(new Span<float>(TensorMemory.Floats(tensor) + ((nint)r * columns), columns));
            }

            result.Add(slice.Name, tensor);
        }

        foreach (var slice in parameters.Where(s => !sums.ContainsKey(s.Name)))
        {
            var (matrix, size) = projections.Left(slice);
            var tensor = torch.zeros([size], torch.float32, torch.CPU).DetachFromDisposeScope();
            for (var i = 0; i < layout.Config.HiddenSize; i++)
                VectorMath.Add(TensorMemory.Floats(tensor), matrix.Row(i), size, norms[slice.Offset][i]);
            result.Add(slice.Name, tensor);
        }

        return result;
    }

    public void Dispose()
    {
        norms.Dispose();
        leftMemory.Dispose();
        rightMemory.Dispose();
        foreach (var sum in sums.Values)
            sum.Dispose();
    }

    // Adds (left strip)ᵀ (x R).
    private void AddProduct(ParameterSlice slice, MatrixView x, int tokens, int padded)
    {
        Products.Set(RightStrip, x, projections.Right(slice).Matrix, padded, width, slice.Columns.Total);
        Products.AddTransposed(new MatrixView(sums[slice.Name].Data, width), LeftStrip, RightStrip, width, width, tokens);
    }
}
