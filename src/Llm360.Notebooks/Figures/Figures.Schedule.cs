// Figure: the learning rate drawn from its formula, phase by phase.
namespace Llm360.Notebooks;

public static partial class Figures
{
    /// <summary>Number of points of a phase's line.</summary>
    private const int ScheduledPoints = 400;

    /// <summary>
    /// The learning rate of a suite from the formula of its schedule. No log is needed.
    /// </summary>
    /// <param name="suite">
    /// A suite whose phases have schedules. For another suite, the figure says that there is
    /// nothing to draw.
    /// </param>
    public static Figure LearningRate(Suite suite)
    {
        ArgumentNullException.ThrowIfNull(suite);
        List<TrainingPhase> phases = [.. suite.Phases.Where(p => p is { LearningRate: not null, Steps: > 0 })];
        if (phases.Count == 0 || phases.Count < suite.Phases.Count)
            return NothingToDraw(suite, "No schedule", $"The learning rate of {suite.Name} is not known as a formula.");
        var byTokens = phases.All(p => p.TokensPerStep is not null);
        var (before, traces) = (0.0, new List<Trace>());
        foreach (var phase in phases)
        {
            var (steps, width) = (Sampled(phase), byTokens ? phase.TokensPerStep!.Value : 1.0);
            traces.Add(new Trace(
                phases.Count == 1 ? suite.Name : phase.Name, TraceKind.Line, [.. steps.Select(s => before + (s * width))],
                [.. steps.Select(phase.LearningRate!.At)], Category: phases.Count == 1 ? null : phase.Name));
            before += phase.Steps!.Value * width;
        }

        var unit = byTokens ? TokensSeen : "steps";
        var peaks = string.Join(", ", phases.Select(p => FigureText.Number(p.LearningRate!.Peak)));
        var ends = string.Join(", ", traces.Select(t => FigureText.Number(t.Y[^1])));
        var isFalling = phases.Zip(phases.Skip(1)).All(p => p.Second.LearningRate!.Peak < p.First.LearningRate!.Peak);
        var title = phases.Count == 1 ? $"The schedule peaks at {peaks} and ends at {ends}"
            : $"The learning rate is warmed up {phases.Count} times{(isFalling ? ", to lower and lower peaks" : "")}";
        var finding = $"Over {FigureText.Human(before)} {unit} the learning rate of {suite.Name} peaks at {peaks} and ends at {ends}"
            + (phases.Count == 1 ? "." : $" (phases {string.Join(", ", phases.Select(p => p.Name))}).");
        var formulas = string.Join(", ", phases.Select(p => p.LearningRate!.Schedule).Distinct());
        return Single(title, $"{suite.Name}; from the formula ({formulas}), not from a log", finding,
            new Panel("", new Axis(unit), new Axis("learning rate", Minimum: 0), traces));
    }

    // Warm-up is short, so its end is a separate point.
    private static List<long> Sampled(TrainingPhase phase)
    {
        var (last, warm) = (phase.Steps!.Value, phase.LearningRate!.WarmupSteps);
        var even = Enumerable.Range(0, ScheduledPoints).Select(i => i * last / (ScheduledPoints - 1));
        return [.. even.Append(Math.Min(warm, last)).Distinct().Order()];
    }
}
