// What training left: its log and its size.
using Llm360.Notebooks.Suites;

namespace Llm360.Notebooks.Training;

/// <summary>The training of a suite, looked back at.</summary>
public static class TrainingMetrics
{
    /// <summary>Every step, in order.</summary>
    /// <exception cref="Llm360Exception">The suite has no readable log.</exception>
    public static Task<IReadOnlyList<TrainingStep>> MetricsAsync(this Suite suite) => suite.Hub is not null && !File.Exists(suite.MetricsPath)
        ? throw new Llm360Exception($"The training log of {suite.Name} is not published as a file.", suite.MetricsPath, "Put one there, in Parquet with the columns of a suite that llm360 train made; memorization needs none.")
        : ParquetRows.ReadAsync<TrainingStep>(suite.MetricsPath, Work.Cancellation);

    /// <summary>Parameters of the suite's model.</summary>
    public static long ParameterCount(this Suite suite) => suite.Hub?.Parameters ?? TrainingState.Shape(suite.Recipe).ParameterCount;

    /// <summary>Tokens trained on in all: positions with a target.</summary>
    public static long TrainedTokens(this Suite suite) => suite.Hub?.TrainedTokens ?? (long)suite.Recipe.Corpus.Chunks * suite.Recipe.Corpus.SequencesPerChunk * (suite.Recipe.Corpus.SequenceLength - 1);
}
