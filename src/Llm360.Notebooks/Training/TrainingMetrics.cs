// What training left: its log.

namespace Llm360.Notebooks;

/// <summary>The training of a suite, looked back at.</summary>
public static class TrainingMetrics
{
    /// <summary>
    /// Every step, in order. Where the log has lost rows, the next row says how many:
    /// <see cref="TrainingStep.MissingBefore"/>.
    /// </summary>
    /// <remarks>Empty for a suite on the Hub whose log is not in its folder here.</remarks>
    /// <exception cref="Llm360Exception">
    /// The log of a suite trained here is missing, or a log cannot be read.
    /// </exception>
    public static Task<IReadOnlyList<TrainingStep>> MetricsAsync(this Suite suite) => (suite.Repository, File.Exists(suite.MetricsPath)) switch
    {
        (not null, false) => Task.FromResult<IReadOnlyList<TrainingStep>>([]),
        (null, false) => throw new Llm360Exception(
            $"The training log of {suite.Name} is missing.",
            suite.MetricsPath,
            $"Put back a copy. Only a training from the beginning makes it again: llm360 train {suite.Name} --restart."),
        _ => TrainingLog.ReadAsync(suite.MetricsPath, AmbientWork.Cancellation),
    };
}
