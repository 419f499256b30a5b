// The factors of the curvature at each checkpoint, computed once and stored.
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>The settings of the factors, besides suite and rows.</summary>
/// <param name="Rows">Hash of the rows from which they are computed.</param>
internal sealed record FactorSettings(string Rows);

/// <summary>Stores <see cref="CurvatureFactors"/>, one cell for each checkpoint.</summary>
internal sealed class FactorCells
{
    private readonly AttributionSource source;
    private readonly RowBatch rows;

    public FactorCells(AttributionSource source, RowBatch rows, string? root)
    {
        (this.source, this.rows) = (source, rows);
        Hash = RowHash.Of(rows.Tokens);
        Item = GridItem.Of("factors", "all", Hash);
        // Version 1: true labels, float64 sums.
        Store = new(source.Suite, new("attribution-factors", Version: 1, new FactorSettings(Hash), new TensorCells(), Compute)
        {
            Task = $"factors of {source.Suite.Name}",
        }, root);
    }

    public string Hash { get; }

    public GridItem Item { get; }

    public ResultStore<IReadOnlyDictionary<string, Tensor>> Store { get; }

    /// <summary>At most <paramref name="count"/> evenly spread rows; all if null.</summary>
    public static RowBatch Choose(RowBatch rows, int? count)
    {
        if (count is not { } most || rows.Count <= most)
            return rows;
        int[] chosen = [.. Enumerable.Range(0, most).Select(i => (int)((long)i * rows.Count / most))];
        return new RowBatch([.. chosen.Select(i => rows.Tokens[i])], i => rows.PlaceOf(chosen[i]));
    }

    /// <summary>The factors of a checkpoint.</summary>
    /// <exception cref="Llm360Exception">They are missing, or of other weights.</exception>
    public TensorSet Read(Checkpoint checkpoint)
    {
        if (!Store.Contains(checkpoint, Item))
        {
            throw new Llm360Exception($"The index has no factors of {checkpoint} for its present weights.", Store.Folder,
                "Make the index again: IndexAsync or llm360 grid attribution computes them.");
        }

        return new TensorSet(Store.ReadAsync(checkpoint, Item).GetAwaiter().GetResult());
    }

    private Dictionary<string, Tensor> Compute(GridContext context)
    {
        using var quiet = AmbientWork.Begin(null, context.Cancellation);
        return CurvatureFactors.Compute(source.Pass(context.Checkpoint, context.Model, 0), rows).All.ToDictionary(t => t.Key, t => t.Value);
    }
}
