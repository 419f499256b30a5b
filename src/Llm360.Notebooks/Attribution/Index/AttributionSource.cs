// The data that the stores of attribution share: suite, settings, and checkpoints for methods.
namespace Llm360.Notebooks;

/// <summary>A suite with the settings of a method.</summary>
internal sealed record AttributionSource(Suite Suite, AttributionSettings Settings)
{
    /// <summary>A checkpoint whose model is loaded.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="model">Its model.</param>
    /// <param name="number">Its index among the chosen checkpoints.</param>
    public CheckpointPass Pass(Checkpoint checkpoint, LanguageModel model, int number)
    {
        var training = Suite.Recipe?.Training;
        return new CheckpointPass(model, checkpoint.Name, number)
        {
            LearningRate = checkpoint.LearningRate,
            OptimizerPath = checkpoint.OptimizerPath,
            Adam = training is null ? new AdamConstants() : new AdamConstants(training.Beta1, training.Beta2, training.Eps),
            MemoryLimit = Settings.MemoryLimit,
        };
    }

    /// <summary>The rows of a chunk; errors name the chunk's file.</summary>
    public RowBatch Rows(Chunk chunk, CancellationToken cancellation) =>
        AttributionRows.Of(Suite, chunk, Settings, cancellation).ToBatch(
            r => FormattableString.Invariant($"{chunk.Place}, row {r.Row} (counted from 0)"));
}
