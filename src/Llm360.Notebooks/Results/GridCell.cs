// The result of a grid: cells, and their origin.
using Microsoft.Data.Analysis;

namespace Llm360.Notebooks;

/// <summary>One cell of a grid.</summary>
/// <typeparam name="T">Content of one cell.</typeparam>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="Item">The item.</param>
/// <param name="Content">The results.</param>
/// <param name="FromStore">Whether it was already in the store.</param>
public sealed record GridCell<T>(Checkpoint Checkpoint, GridItem Item, T Content, bool FromStore);

/// <summary>The origin of a grid's cells.</summary>
/// <param name="FromStore">Cells that were already in the store.</param>
/// <param name="Computed">Cells computed now.</param>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed record GridFill(int FromStore, int Computed) : IShownAsTable
{
    /// <summary>
    /// Checkpoints and items that were missing and skipped, with all their cells.
    /// </summary>
    public IReadOnlyList<MissingPart> Skipped { get; init; } = [];

    /// <summary>
    /// Number of computed cells that replaced stale cells, which have another identity. The stale
    /// cells stay in the store.
    /// </summary>
    public int Stale { get; init; }

    /// <summary>Cells that were left to other workers.</summary>
    internal int Elsewhere { get; init; }

    /// <summary>Cells that failed.</summary>
    internal IReadOnlyList<FailedCell> Failed { get; init; } = [];

    /// <summary>The result of a preview; null after a run.</summary>
    internal GridPreview? Preview { get; init; }

    /// <summary>Time spent on claiming cells.</summary>
    internal TimeSpan Claiming { get; init; }

    /// <summary>Number of leases.</summary>
    internal long Batches { get; init; }

    /// <summary>The numbers as a table.</summary>
    public Table ToTable() => RowTable.Card(
        "Cells of a grid.",
        ("from the store", FromStore),
        ("computed", Computed),
        ("computed in place of stale cells", Stale),
        ("skipped because missing", Skipped.Count == 0 ? null : string.Join(", ", Skipped)));
}

/// <summary>A grid and the origin of its cells.</summary>
/// <typeparam name="T">Content of one cell.</typeparam>
/// <param name="Cells">The cells, in checkpoint order.</param>
/// <param name="Fill">Their origin, and the skipped parts.</param>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Plain])]
public sealed record GridRun<T>(IReadOnlyList<GridCell<T>> Cells, GridFill Fill) : IShownAsTable
{
    /// <summary>The origin of the cells as a table.</summary>
    public Table ToTable() => Fill.ToTable();
}

/// <summary>Data frames of grids whose cells are rows.</summary>
public static class GridFrames
{
    /// <summary>The rows of all cells, with the checkpoint and the item of each row.</summary>
    public static DataFrame ToDataFrame<T>(this GridRun<IReadOnlyList<T>> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var frame = ParquetRows.ToDataFrame<T>([.. run.Cells.SelectMany(c => c.Content)]);
        frame.Columns.Insert(0, new StringDataFrameColumn("grid_checkpoint", Repeated(c => c.Checkpoint.Name)));
        frame.Columns.Insert(1, new StringDataFrameColumn("grid_item", Repeated(c => c.Item.ToString())));
        return frame;

        IEnumerable<string?> Repeated(Func<GridCell<IReadOnlyList<T>>, string?> of) =>
            run.Cells.SelectMany(c => Enumerable.Repeat(of(c), c.Content.Count));
    }
}
