// Metrics of items and of tasks, as lm-eval 0.4.13 computes them.
namespace Llm360.Notebooks;

/// <summary>The score of one choice.</summary>
/// <param name="LogLikelihood">Nats.</param>
/// <param name="Characters">Unicode code points of the choice.</param>
/// <param name="Bytes">UTF-8 bytes of the choice.</param>
/// <param name="Label">1 for a true answer; null if the task has no labels.</param>
internal readonly record struct ChoiceScore(double LogLikelihood, int Characters, int Bytes, int? Label);

/// <summary>A value with its standard error.</summary>
/// <param name="Value">Mean over items.</param>
/// <param name="StandardError">Its standard error; NaN if there is none.</param>
/// <param name="Items">Number of items.</param>
internal readonly record struct MetricValue(double Value, double StandardError, int Items);

/// <summary>Computes metrics.</summary>
internal static class TaskMetrics
{
    /// <summary>
    /// The name under which a metric of a task is reported: mc2 is reported as acc.
    /// </summary>
    public static string ReportedName(string metric) => metric == "mc2" ? "acc" : metric;

    /// <summary>
    /// The choice that an accuracy metric selects, the first of equal ones; null for other metrics.
    /// </summary>
    public static int? Choice(string metric, IReadOnlyList<ChoiceScore> choices)
    {
        Func<ChoiceScore, double>? score = metric switch
        {
            "acc" => c => c.LogLikelihood,
            "acc_norm" => c => c.LogLikelihood / c.Characters,
            "acc_bytes" => c => c.LogLikelihood / c.Bytes,
            _ => null,
        };
        if (score is null)
            return null;
        var best = 0;
        for (var i = 1; i < choices.Count; i++)
            best = score(choices[i]) > score(choices[best]) ? i : best;
        return best;
    }

    /// <summary>A metric of one item.</summary>
    public static double OfItem(string metric, IReadOnlyList<ChoiceScore> choices, int target) => metric switch
    {
        "mc2" => choices.Where(c => c.Label == 1).Sum(c => Math.Exp(c.LogLikelihood)) / choices.Sum(c => Math.Exp(c.LogLikelihood)),
        "likelihood_diff" => Math.Abs(choices[0].LogLikelihood - choices[1].LogLikelihood),
        "pct_stereotype" => choices[0].LogLikelihood > choices[1].LogLikelihood ? 1 : 0,
        BitsPerByte => -choices[target].LogLikelihood / Math.Max(choices[target].Bytes, 1) / Math.Log(2),
        _ => Choice(metric, choices) == target ? 1 : 0,
    };

    /// <summary>
    /// Bits per byte of the correct choice, which every task with choices has besides its own
    /// metrics.
    /// </summary>
    public const string BitsPerByte = "bits_per_byte";

    /// <summary>
    /// The chance level of an item; NaN if it is not known.
    /// </summary>
    public static double ChanceOfItem(string metric, IReadOnlyList<ChoiceScore> choices) => metric switch
    {
        "acc" or "acc_norm" or "acc_bytes" => 1.0 / choices.Count,
        "mc2" => choices.Average(c => c.Label ?? double.NaN),
        "pct_stereotype" => 0.5,
        _ => double.NaN,
    };

    /// <summary>
    /// Mean over items; its standard error is the sample's standard deviation divided by the root
    /// of n.
    /// </summary>
    public static MetricValue Mean(IReadOnlyList<double> values)
    {
        var mean = values.Average();
        var error = values.Count < 2 ? double.NaN
            : Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1)) / Math.Sqrt(values.Count);
        return new MetricValue(mean, error, values.Count);
    }

    /// <summary>The value of a group of tasks.</summary>
    /// <param name="leaves">The tasks' values; sub-groups are ignored.</param>
    /// <param name="weightBySize">Whether a task is weighted by its number of items.</param>
    public static MetricValue Group(IReadOnlyList<MetricValue> leaves, bool weightBySize)
    {
        double all = leaves.Sum(l => l.Items), count = leaves.Count;
        if (!weightBySize)
            return new MetricValue(leaves.Average(l => l.Value), Math.Sqrt(leaves.Sum(l => l.StandardError * l.StandardError)) / count,
                (int)all);
        var mean = leaves.Sum(l => l.Items * l.Value) / all;
        var pooled = leaves.Sum(l => (l.Items - 1.0) * l.Items * l.StandardError * l.StandardError) / (all - count);
        return new MetricValue(mean, Math.Sqrt(pooled / all), (int)all);
    }

    /// <summary>A metric of all documents of a rolling task. It has no standard error.</summary>
    public static MetricValue Rolling(string metric, IReadOnlyList<(double LogLikelihood, int Words, int Bytes)> documents)
    {
        var loss = -documents.Sum(d => d.LogLikelihood);
        double words = documents.Sum(d => (long)d.Words), bytes = documents.Sum(d => (long)d.Bytes);
        var value = metric switch
        {
            "word_perplexity" => Math.Exp(loss / words),
            "byte_perplexity" => Math.Exp(loss / bytes),
            _ => loss / bytes / Math.Log(2),
        };
        return new MetricValue(value, double.NaN, documents.Count);
    }
}
