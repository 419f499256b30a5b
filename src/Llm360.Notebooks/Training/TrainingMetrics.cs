// Reading what training logged.
using Llm360.Notebooks.Suites;

namespace Llm360.Notebooks.Training;

/// <summary>The training log of a suite.</summary>
public static class TrainingMetrics
{
    /// <summary>Every step, in order.</summary>
    /// <exception cref="Llm360Exception">The suite has no readable log.</exception>
    public static Task<IReadOnlyList<TrainingStep>> MetricsAsync(this Suite suite) => ParquetRows.ReadAsync<TrainingStep>(suite.MetricsPath, Work.Cancellation);
}
