// A phase of a training: its data, its length, and its learning rate.
namespace Llm360.Notebooks;

/// <summary>A phase of a training.</summary>
/// <param name="Name">For example <c>pretraining</c>.</param>
/// <param name="DataSet">Description of the training data.</param>
/// <param name="Steps">Optimizer steps; null if unknown.</param>
/// <param name="TokensPerStep">Tokens of a step; null if unknown.</param>
/// <param name="Tokens">Tokens of the whole phase; steps times tokens of a step when null.</param>
/// <param name="Chunks">Chunks of data; null if the data has none.</param>
/// <param name="LearningRate">The schedule, by the steps of the phase; null if unknown.</param>
/// <param name="StepsPerNumber">
/// Steps of the phase from one checkpoint's number to the next; null if numbers do not determine
/// steps.
/// </param>
/// <param name="StepsAtZero">
/// Steps of the phase that the checkpoint with number 0 has seen.
/// </param>
public sealed record TrainingPhase(
    string Name,
    string DataSet,
    long? Steps = null,
    long? TokensPerStep = null,
    long? Tokens = null,
    int? Chunks = null,
    LearningRateSchedule? LearningRate = null,
    long? StepsPerNumber = null,
    long StepsAtZero = 0)
{
    /// <summary>Tokens of the whole phase; null if unknown.</summary>
    internal long? AllTokens => Tokens ?? (Steps * TokensPerStep);

    /// <summary>Steps of the phase that a checkpoint has seen; null if unknown.</summary>
    internal long? StepsAt(int number) => StepsAtZero + (number * StepsPerNumber);

    /// <summary>The only phase of a training here.</summary>
    internal static TrainingPhase Of(SuiteRecipe recipe)
    {
        var (corpus, training) = (recipe.Corpus, recipe.Training);
        var stepsPerChunk = corpus.SequencesPerChunk / training.BatchSize;
        var steps = (long)stepsPerChunk * corpus.Chunks;
        return new TrainingPhase(
            "training",
            string.Join(", ", corpus.Sources.Select(s => s.Name)),
            steps,
            (long)training.BatchSize * (corpus.SequenceLength - 1),
            Chunks: corpus.Chunks,
            LearningRate: LearningRateSchedule.Of(training, steps),
            StepsPerNumber: stepsPerChunk);
    }
}
