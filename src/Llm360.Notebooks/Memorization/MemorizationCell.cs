// The scores of one checkpoint on one chunk.

namespace Llm360.Notebooks;

/// <summary>The scores of one checkpoint on one chunk.</summary>
public sealed class MemorizationCell
{
    internal MemorizationCell(GridCell<IReadOnlyList<MemorizationRow>> cell)
    {
        (Checkpoint, Chunk, FromStore) = (cell.Checkpoint, ((ChunkItem)cell.Item).Chunk, cell.FromStore);
        Columns = MemorizationColumns.Pack(cell.Content).At(Checkpoint.RequireIndex(), Chunk.Index);
    }

    /// <summary>The checkpoint.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>The chunk.</summary>
    public Chunk Chunk { get; }

    /// <summary>Whether the cell was in the results store already.</summary>
    public bool FromStore { get; }

    /// <summary>The rows. They are stored in columns; each access makes an object.</summary>
    public IReadOnlyList<MemorizationRow> Rows => Columns;

    internal MemorizationColumns Columns { get; }
}
