// Projection matrices in the padded layout of the CPU pass.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>
/// The matrices of <see cref="ProjectionMatrices"/>, with a row for each padded row or column of a
/// parameter. Padding is zero.
/// </summary>
internal sealed unsafe class PaddedProjections : IDisposable
{
    private readonly Dictionary<string, Side> left = [], right = [];

    public PaddedProjections(PaddedLayout layout, GradientOptions options)
    {
        using var plain = new ProjectionMatrices(layout.Config, options, torch.CPU);
        Width = VectorWidth.Pad(options.ProjectedSize);
        var norms = layout.Norms().ToHashSet();
        foreach (var slice in layout.Slices)
        {
            // In the layout a norm is one row: its values are columns, and L projects them.
            var isNorm = norms.Contains(slice.Offset);
            left.Add(slice.Name, Pack(plain.Left(slice.Name), isNorm ? slice.Columns : slice.Rows));
            if (!isNorm)
                right.Add(slice.Name, Pack(plain.Right(slice.Name), slice.Columns));
        }
    }

    /// <summary>Padded size of a projected side.</summary>
    public int Width { get; }

    /// <summary>
    /// L, [padded rows, width], or for norms [padded hidden, width]; and its size without padding.
    /// </summary>
    public (MatrixView Matrix, int Size) Left(ParameterSlice slice) => (new(left[slice.Name].Values.Data, Width), left[slice.Name].Size);

    /// <summary>R, [padded columns, width]; and its size without padding.</summary>
    public (MatrixView Matrix, int Size) Right(ParameterSlice slice) => (new(right[slice.Name].Values.Data, Width), right[slice.Name].Size);

    public void Dispose()
    {
        foreach (var side in left.Values.Concat(right.Values))
            side.Values.Dispose();
    }

    private Side Pack(torch.Tensor matrix, Extent extent)
    {
        var size = (int)matrix.shape[1];
        var values = new AlignedFloats((long)extent.Total * Width);
        for (var i = 0; i < extent.Groups * extent.Size; i++)
        {
            nint padded = (i / extent.Size * extent.Padded) + (i % extent.Size);
            var row = new ReadOnlySpan<float>(TensorMemory.Floats(matrix) + ((nint)i * size), size);
            row.CopyTo(new Span<float>(values.Data + (padded * Width), size));
        }

        return new Side(values, size);
    }

    private sealed record Side(AlignedFloats Values, int Size);
}
