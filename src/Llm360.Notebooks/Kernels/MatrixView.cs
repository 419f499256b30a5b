// A view of a matrix in memory that it does not own.
namespace Llm360.Notebooks;

/// <summary>The first value of a matrix and the distance between its rows.</summary>
internal readonly unsafe struct MatrixView(float* data, int stride)
{
    public float* Data { get; } = data;

    public int Stride { get; } = stride;

    public float* Row(int row) => Data + ((nint)row * Stride);

    /// <summary>The part that begins at this row and column.</summary>
    public MatrixView From(int row, int column = 0) => new(Row(row) + column, Stride);
}
