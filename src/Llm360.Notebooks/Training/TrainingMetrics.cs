// What training left: its log and its size.
using Llm360.Notebooks.Suites;

namespace Llm360.Notebooks.Training;

/// <summary>The training of a suite, looked back at.</summary>
public static class TrainingMetrics
{
    /// <summary>Every step, in order.</summary>
    /// <exception cref="Llm360Exception">The suite has no readable log.</exception>
    public static Task<IReadOnlyList<TrainingStep>> MetricsAsync(this Suite suite) => ParquetRows.ReadAsync<TrainingStep>(suite.MetricsPath, Work.Cancellation);

    /// <summary>Parameters of the suite's model.</summary>
    public static long ParameterCount(this Suite suite) => TrainingState.Shape(suite.Manifest).ParameterCount;

    /// <summary>Tokens trained on in all: positions with a target.</summary>
    public static long TrainedTokens(this Suite suite) => (long)suite.Manifest.Corpus.Chunks * suite.Manifest.Corpus.SequencesPerChunk * (suite.Manifest.Corpus.SequenceLength - 1);
}
