// Signal and noise of a metric along checkpoints.
namespace Llm360.Notebooks;

/// <summary>The range of a metric along training, and its fluctuation at the end.</summary>
/// <remarks>
/// After Heineman et al. 2025 (arXiv 2508.13144), with the checkpoints of one training instead of
/// different models: the signal is the range of the metric along training, the noise is its
/// standard deviation over the last checkpoints.
/// </remarks>
/// <param name="Task">Task or group.</param>
/// <param name="Metric">The metric.</param>
/// <param name="Signal">Largest minus smallest value.</param>
/// <param name="Noise">
/// Standard deviation over the last checkpoints; NaN for fewer than two.
/// </param>
/// <param name="LastMean">Mean over the last checkpoints.</param>
/// <param name="Last">Number of checkpoints that count as the last.</param>
public sealed record EvaluationNoise(string Task, string Metric, double Signal, double Noise, double LastMean, int Last)
{
    /// <summary>
    /// Signal divided by noise; infinite if the metric does not change at the end.
    /// </summary>
    public double Ratio => Signal / Noise;

    /// <summary>Measures a curve.</summary>
    /// <param name="curve">In training order, at least one.</param>
    /// <param name="last">Largest number of checkpoints at the end.</param>
    public static EvaluationNoise Of(IReadOnlyList<EvaluationResult> curve, int last)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(last, 2);
        List<double> values = [.. curve.Select(r => r.Value)];
        List<double> end = [.. values.TakeLast(last)];
        var mean = end.Average();
        var noise = end.Count < 2 ? double.NaN : Math.Sqrt(end.Sum(v => (v - mean) * (v - mean)) / (end.Count - 1));
        return new EvaluationNoise(curve[0].Task, curve[0].Metric, values.Max() - values.Min(), noise, mean, end.Count);
    }
}
