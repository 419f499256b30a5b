// Rows of several cells as one list.
using System.Collections;

namespace Llm360.Notebooks;

/// <summary>Some rows of some cells, in order. A row is created on access.</summary>
internal sealed class RowView : IReadOnlyList<MemorizationRow>
{
    private readonly List<(MemorizationColumns Rows, int[]? Places)> parts;
    private readonly int[] starts;

    private RowView(List<(MemorizationColumns Rows, int[]? Places)> parts)
    {
        this.parts = parts;
        starts = new int[parts.Count];
        foreach (var (i, (rows, places)) in parts.Index())
        {
            starts[i] = Count;
            Count += places?.Length ?? rows.Count;
        }
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public MemorizationRow this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            var part = Array.BinarySearch(starts, index);
            if (part < 0)
                part = ~part - 1;
            // Parts without rows have the same start as the next one.
            while (part + 1 < starts.Length && starts[part + 1] <= index)
                part++;
            var (rows, places) = parts[part];
            return rows[places is null ? index - starts[part] : places[index - starts[part]]];
        }
    }

    /// <summary>All rows of cells.</summary>
    public static RowView All(IEnumerable<MemorizationCell> cells) => new([.. cells.Select(c => (c.Columns, (int[]?)null))]);

    /// <summary>The canaries' rows, or all others.</summary>
    public static RowView Of(IEnumerable<MemorizationCell> cells, bool canaries) => new([.. cells.Select(c =>
    {
        int[] places = [.. c.Columns.Places(canaries)];
        return (c.Columns, places.Length == c.Columns.Count ? null : places);
    })]);

    /// <inheritdoc/>
    public IEnumerator<MemorizationRow> GetEnumerator()
    {
        foreach (var (rows, places) in parts)
        {
            for (var i = 0; i < (places?.Length ?? rows.Count); i++)
                yield return rows[places is null ? i : places[i]];
        }
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
