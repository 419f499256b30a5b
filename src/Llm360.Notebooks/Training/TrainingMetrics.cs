// The log of a suite's training.

namespace Llm360.Notebooks;

/// <summary>The metrics of a suite's training.</summary>
public static class TrainingMetrics
{
    /// <summary>
    /// Every step, in order. If the log has lost rows, <see cref="TrainingStep.MissingBefore"/> of
    /// the next row gives their number.
    /// </summary>
    /// <remarks>Empty for a suite on the Hub whose log is not in its folder here.</remarks>
    /// <exception cref="Llm360Exception">
    /// The log of a suite trained here is missing, or a log cannot be read.
    /// </exception>
    public static Task<IReadOnlyList<TrainingStep>> MetricsAsync(this Suite suite) =>
        (suite.Repository, File.Exists(suite.MetricsPath)) switch
        {
            (not null, false) => Task.FromResult<IReadOnlyList<TrainingStep>>([]),
            (null, false) => throw new Llm360Exception(
                $"The training log of {suite.Name} is missing.",
                suite.MetricsPath,
                $"Put back a copy. Only a training from the beginning makes it again: llm360 train {suite.Name} --restart."),
            _ => TrainingLog.ReadAsync(suite.MetricsPath, AmbientWork.Cancellation),
        };
}
