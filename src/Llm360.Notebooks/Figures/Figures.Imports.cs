// Draws imported metrics in the figures of measured metrics.
namespace Llm360.Notebooks;

public static partial class Figures
{
    /// <summary>Largest number of panels in a figure of imported metrics.</summary>
    private const int MostImportedPanels = 24;

    /// <summary>
    /// Imported metrics along training, one panel for each, drawn as published values.
    /// </summary>
    /// <param name="imported">
    /// The metrics; at most 24 (select some with <see cref="ImportedCurves.Select"/>).
    /// </param>
    /// <param name="last">Checkpoints at the end whose spread is the noise.</param>
    /// <exception cref="Llm360Exception">There is none, or there are too many.</exception>
    public static Figure Evaluation(ImportedCurves imported, int last = 5)
    {
        ArgumentNullException.ThrowIfNull(imported);
        if (imported.Curves.Count > MostImportedPanels)
        {
            throw new Llm360Exception(
                $"{imported.Curves.Count} metrics were imported, and a figure has at most {MostImportedPanels} panels.",
                $"figure {nameof(Evaluation)}, {imported.Model}",
                "Choose some: imported.Select(\"arc_challenge acc_norm\", \"mmlu acc\").");
        }

        return Evaluation($"{imported.Model} (imported)", imported.PositionLabel,
            [.. imported.Curves.Select(Curve)], last);

        static EvaluationCurve Curve(ImportedCurve curve) =>
            new(curve.Name, curve.Metric, curve.Positions, curve.Values, curve.StandardErrors, IsPublished: true);
    }

    /// <summary>The training loss of an imported log.</summary>
    /// <param name="log">The log.</param>
    /// <param name="metric">The name of its loss.</param>
    /// <exception cref="Llm360Exception">
    /// There is no such metric, or it has no finite value.
    /// </exception>
    public static Figure TrainingLoss(ImportedCurves log, string metric = "loss") => TrainingLoss(Series(log, metric));

    /// <summary>The learning rate of an imported log.</summary>
    /// <param name="log">The log.</param>
    /// <param name="metric">The name of its learning rate.</param>
    /// <exception cref="Llm360Exception">
    /// There is no such metric, or it has no finite value.
    /// </exception>
    public static Figure LearningRate(ImportedCurves log, string metric = "learning_rate") => LearningRate(Series(log, metric));

    private static TrainingSeries Series(ImportedCurves log, string metric)
    {
        ArgumentNullException.ThrowIfNull(log);
        var curve = log.Find(metric);
        return new TrainingSeries($"{log.Model} (imported)", log.PositionLabel, curve.Positions, curve.Values);
    }
}
