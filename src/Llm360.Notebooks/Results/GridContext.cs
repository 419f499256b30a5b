// The input of the computation of one cell.

namespace Llm360.Notebooks;

/// <summary>One cell to compute.</summary>
/// <param name="Suite">The suite.</param>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="Model">Its model. The grid disposes it.</param>
/// <param name="Item">The item.</param>
/// <param name="Cancellation">Stops the computation.</param>
public sealed record GridContext(Suite Suite, Checkpoint Checkpoint, LanguageModel Model, GridItem Item, CancellationToken Cancellation)
{
    /// <summary>The chunk, for a grid over chunks.</summary>
    /// <exception cref="InvalidOperationException">The item is not a chunk.</exception>
    public Chunk Chunk => (Item as ChunkItem)?.Chunk ?? throw new InvalidOperationException($"The item {Item} is no chunk.");
}
