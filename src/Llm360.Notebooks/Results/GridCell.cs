// What a grid gives back: cells, and how they came.

namespace Llm360.Notebooks;

/// <summary>One cell of a grid.</summary>
/// <typeparam name="T">Content of one cell.</typeparam>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="Item">The item.</param>
/// <param name="Content">The results.</param>
/// <param name="FromStore">Whether it was there already.</param>
public sealed record GridCell<T>(Checkpoint Checkpoint, GridItem Item, T Content, bool FromStore);

/// <summary>How the cells of a grid came.</summary>
/// <param name="FromStore">Cells that were there already.</param>
/// <param name="Computed">Cells computed now.</param>
public sealed record GridFill(int FromStore, int Computed)
{
    /// <summary>
    /// Checkpoints and items that were missing and skipped, with all their cells.
    /// </summary>
    public IReadOnlyList<MissingPart> Skipped { get; init; } = [];

    /// <summary>
    /// How many of the computed cells took the place of stale cells, which have another identity.
    /// The stale cells stay in the store.
    /// </summary>
    public int Stale { get; init; }
}

/// <summary>A grid and how its cells came.</summary>
/// <typeparam name="T">Content of one cell.</typeparam>
/// <param name="Cells">The cells, checkpoint by checkpoint.</param>
/// <param name="Fill">Where they came from, and what was skipped.</param>
public sealed record GridRun<T>(IReadOnlyList<GridCell<T>> Cells, GridFill Fill);
