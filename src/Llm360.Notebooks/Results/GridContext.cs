// What the computation of one cell is given.

namespace Llm360.Notebooks;

/// <summary>One cell to compute.</summary>
/// <param name="Suite">The suite.</param>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="Model">Its model. The grid disposes it.</param>
/// <param name="Item">The item.</param>
/// <param name="Cancellation">Stops the computation.</param>
public sealed record GridContext(Suite Suite, Checkpoint Checkpoint, LanguageModel Model, GridItem Item, CancellationToken Cancellation)
{
    /// <summary>
    /// Learning rate of the last update before the checkpoint. Null if it is unknown, and for a
    /// checkpoint before the first update.
    /// </summary>
    public double? LearningRate
    {
        get
        {
            if (Suite.Manifest is not { } recipe || Checkpoint.ChunksSeen == 0)
                return null;
            var steps = recipe.Corpus.SequencesPerChunk / recipe.Training.BatchSize;
            return Notebooks.LearningRate.At(recipe.Training, ((long)Checkpoint.ChunksSeen * steps) - 1, (long)recipe.Corpus.Chunks * steps);
        }
    }

    /// <summary>The checkpoint's file of optimizer moments; null if it has none on this disk.</summary>
    public string? OptimizerFile => Fingerprints.OptimizerFile(Checkpoint) is var path && File.Exists(path) ? path : null;

    /// <summary>The chunk, for a grid over chunks.</summary>
    /// <exception cref="InvalidOperationException">The item is no chunk.</exception>
    public Chunk Chunk => (Item as ChunkItem)?.Chunk ?? throw new InvalidOperationException($"The item {Item} is no chunk.");
}
