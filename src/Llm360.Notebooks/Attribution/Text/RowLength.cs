// The length of a row, a baseline.
namespace Llm360.Notebooks;

/// <summary>score = the row's tokens. It does not depend on the query. Unit: tokens.</summary>
internal sealed class RowLength() : TextMethod("row_length", "tokens")
{
    protected override double[] Scores(int[] query, IReadOnlyList<int[]> rows) => [.. rows.Select(row => (double)row.Length)];
}
