// Checks of the phases in a published suite's manifest.
namespace Llm360.Notebooks;

/// <summary>Checks the phases of a manifest and their checkpoints.</summary>
internal static class PhaseCheck
{
    // Larger numbers are errors. Together the limits keep all sums of tokens within 64 bits.
    private const int MostPhases = 20;
    private const long MostSteps = 100_000_000;
    private const long MostTokensPerStep = 1_000_000_000;
    private const long MostTokens = MostSteps * MostTokensPerStep;

    private static readonly string Rates = $"needs one of the schedules {string.Join(", ", LearningRateSchedule.Formulas)}, "
        + $"a peak above 0, a final rate that is not negative, and 0 <= warmupSteps <= steps, steps from 1 to {MostSteps}";

    /// <summary>Checks the values.</summary>
    public static void Require(SuiteManifest manifest, string where, string example)
    {
        var (phases, series) = (manifest.Phases ?? [], manifest.Checkpoints!.Series);
        var names = phases.Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        Need(names.Count == phases.Count && names.Count <= MostPhases, "phases", $"must have different names, at most {MostPhases}");
        Need(phases.All(p => p.Name.Trim().Length > 0), "phases.name", "must not be empty");
        Need(phases.All(p => p.Steps is null or (> 0 and <= MostSteps)), "phases.steps", $"must be 1 to {MostSteps}");
        var areSteps = phases.All(p => p.TokensPerStep is null or (> 0 and <= MostTokensPerStep));
        Need(areSteps, "phases.tokensPerStep", $"must be 1 to {MostTokensPerStep}");
        Need(phases.All(p => p.Tokens is null or (> 0 and <= MostTokens)), "phases.tokens", $"must be 1 to {MostTokens}");
        Need(phases.All(p => p.Chunks is null or > 0), "phases.chunks", "must be positive");
        Need(phases.All(p => p.StepsPerNumber is null || p.Steps is not null), "phases.stepsPerNumber", "needs phases.steps");
        var areNumbers = phases.All(p => p.StepsPerNumber is null or (> 0 and <= MostSteps) && p.StepsAtZero is >= 0 and <= MostSteps);
        Need(areNumbers, "phases.stepsPerNumber", $"must be 1 to {MostSteps}, and stepsAtZero 0 to {MostSteps}");
        Need(phases.All(p => p.LearningRate is null || IsGood(p.LearningRate)), "phases.learningRate", Rates);
        var areNames = series.All(s => s.Phase is null || names.Contains(s.Phase));
        Need(areNames, "checkpoints.series.phase", "must be the name of one of the phases");
        Need(series.All(Fits), "checkpoints.series", "must not have more steps than their phase");

        bool Fits(CheckpointSeries of) => PhaseOf(phases, of) is not { StepsPerNumber: { } each } phase
            || phase.StepsAtZero + ((Int128)(of.To ?? of.From) * each) <= phase.Steps;

        void Need(bool holds, string key, string rule)
        {
            if (!holds)
                throw ManifestJson.Wrong(key, rule, where, example);
        }
    }

    /// <summary>The phase of a series; null if the manifest has none.</summary>
    public static TrainingPhase? PhaseOf(IReadOnlyList<TrainingPhase> phases, CheckpointSeries series) =>
        series.Phase is null ? phases.FirstOrDefault() : phases.FirstOrDefault(p => p.Name == series.Phase);

    private static bool IsGood(LearningRateSchedule rate) =>
        LearningRateSchedule.Formulas.Contains(rate.Schedule) && double.IsFinite(rate.Peak) && double.IsFinite(rate.Final)
        && rate is { Peak: > 0, Final: >= 0, WarmupSteps: >= 0, Steps: > 0 and <= MostSteps } && rate.WarmupSteps <= rate.Steps;
}
