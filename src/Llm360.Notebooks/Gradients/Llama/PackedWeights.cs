// The weights in the kernels' layout, repacked in each step: padded if needed, and transposed.

namespace Llm360.Notebooks;

/// <summary>
/// Two forms of every matrix: as stored, [outputs, inputs], for the gradient of the input;
/// transposed, [inputs, outputs], for the output.
/// </summary>
internal sealed unsafe class PackedWeights : IDisposable
{
    private const int Band = 128;
    private readonly PaddedLayout layout;
    private readonly ParameterBuffer source;
    private readonly AlignedFloats? padded;
    private readonly AlignedFloats transposed;
    private readonly Dictionary<long, MatrixView> transposes = []; // by the offset of the matrix
    private readonly List<(long Offset, int Rows, int Columns, int First)> bands;

    public PackedWeights(PaddedLayout layout, ParameterBuffer source)
    {
        (this.layout, this.source) = (layout, source);
        padded = layout.IsPlain ? null : new AlignedFloats(layout.Count);

        // Rows are one vector longer, so that they do not share the same cache sets.
        transposed = new AlignedFloats(layout.Matrices().Sum(m => (long)(m.Rows + VectorWidth.Floats) * m.Columns));
        var next = transposed.Data;
        foreach (var (offset, rows, columns) in layout.Matrices())
        {
            var matrix = new MatrixView(next, rows + VectorWidth.Floats);
            transposes.Add(offset, matrix);
            next = matrix.Row(columns);
        }

        bands =
        [
            .. layout.Matrices().SelectMany(m =>
                Enumerable.Range(0, (m.Rows + Band - 1) / Band).Select(b => (m.Offset, m.Rows, m.Columns, b * Band))),
        ];
    }

    /// <summary>The weights as stored, including the norms.</summary>
    public float* Plain => padded is null ? source.Data : padded.Data;

    /// <summary>A matrix transposed.</summary>
    /// <param name="offset">Offset of the matrix in the weights as stored.</param>
    public MatrixView Transposed(long offset) => transposes[offset];

    /// <summary>Reads the current weights.</summary>
    public void Refresh(ParallelOptions options)
    {
        if (padded is not null)
        {
            foreach (var place in layout.Slices)
                CopyRows(place, source[place.Name], padded.Data + place.Offset, toPadded: true);
        }

        Parallel.For(0, bands.Count, options, i =>
        {
            var (offset, rows, columns, first) = bands[i];
            var matrix = new MatrixView(Plain + offset, columns).From(first);
            Products.Transpose(transposes[offset].From(0, first), matrix, Math.Min(Band, rows - first), columns);
        });
    }

    public void Dispose()
    {
        padded?.Dispose();
        transposed.Dispose();
    }

    /// <summary>Copies a parameter into the padded layout or out of it.</summary>
    public static void CopyRows(ParameterSlice place, float* plain, float* padded, bool toPadded)
    {
        var (rows, columns) = (place.Rows, place.Columns);
        var bytes = (long)columns.Size * sizeof(float);
        for (var r = 0; r < rows.Groups * rows.Size; r++)
        {
            var row = padded + ((((nint)(r / rows.Size) * rows.Padded) + (r % rows.Size)) * columns.Total);
            for (var g = 0; g < columns.Groups; g++)
            {
                float* a = plain + (((nint)r * columns.Groups) + g) * columns.Size, b = row + (g * columns.Padded);
                if (toPadded)
                    Buffer.MemoryCopy(a, b, bytes, bytes);
                else
                    Buffer.MemoryCopy(b, a, bytes, bytes);
            }
        }
    }
}
