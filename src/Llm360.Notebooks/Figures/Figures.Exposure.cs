// Figure: exposure of canaries against their repetitions (Carlini et al. 2019).
namespace Llm360.Notebooks;

public static partial class Figures
{
    /// <summary>
    /// Exposure of canaries against repetitions: a point for each canary, a line for their means,
    /// and a baseline for the mean of the controls.
    /// </summary>
    /// <param name="model">For example <c>nano</c>.</param>
    /// <param name="checkpoint">The checkpoint measured.</param>
    /// <param name="secretLength">Tokens measured.</param>
    /// <param name="candidates">|R|: the canary and its alternatives.</param>
    /// <param name="canaries">Repetitions (0 for controls) and exposures in bits.</param>
    internal static Figure Exposure(
        string model, string checkpoint, int secretLength, int candidates, IReadOnlyList<(int Repetitions, double Exposure)> canaries)
    {
        var planted = canaries.Where(c => c.Repetitions > 0).OrderBy(c => c.Repetitions).ToList();
        if (planted.Count == 0)
            return NoCanaries(model);
        var groups = planted.GroupBy(c => c.Repetitions)
            .Select(g => (
                Repetitions: g.Key,
                Group: new MeasuredGroup($"canary × {g.Key}", [.. g.Select(c => c.Exposure)])))
            .ToList();
        var controls = new MeasuredGroup("controls, never planted", [.. canaries.Where(c => c.Repetitions == 0).Select(c => c.Exposure)]);
        var (rarest, commonest, most) = (groups[0], groups[^1], Math.Log2(candidates));
        double[] ends = [rarest.Repetitions, commonest.Repetitions];
        var traces = new List<Trace>
        {
            new(
                "mean",
                TraceKind.Line,
                [.. groups.Select(g => (double)g.Repetitions)],
                [.. groups.Select(g => g.Group.Mean)],
                Category: "canary mean",
                Low: [.. groups.Select(g => g.Group.Interval.Low)],
                High: [.. groups.Select(g => g.Group.Interval.High)],
                Hover: [.. groups.Select(g => $"{g.Group.Name}: {g.Group.InWords}")]),
            new(
                "one canary",
                TraceKind.Points,
                [.. planted.Select(c => (double)c.Repetitions)],
                [.. planted.Select(c => c.Exposure)],
                TraceRole.Raw,
                Category: "canary mean"),
        };
        if (controls.Count > 0)
            traces.Add(new Trace("controls", TraceKind.Line, ends, [controls.Mean, controls.Mean], TraceRole.Baseline));
        var against = controls.Count == 0 ? "" : $"; {controls.Name}: {controls.InWords}";
        var all = new MeasuredGroup("canaries", [.. planted.Select(c => c.Exposure)]);
        var title = !all.CarriesTitle || !controls.CarriesTitle ? "Exposure of canaries by their repetitions"
            : all.Interval.Low <= controls.Interval.High ? "Canaries are not clearly more exposed than sequences that were never planted"
            : $"Random sequences that were read are more exposed, by {FigureText.Number(all.Mean - controls.Mean)} bits, "
                + "than ones that were not";
        var subtitle = $"{model} at {checkpoint}, {secretLength} tokens against {FigureText.Count(candidates - 1)} "
            + $"alternatives from the same distribution, n = {planted.Count} canaries and {controls.Count} controls; "
            + "band: normal 95% interval";
        var finding = $"Mean exposure in bits (at most {FigureText.Number(most)}): {rarest.Group.Name}: {rarest.Group.InWords}; "
            + $"{commonest.Group.Name}: {commonest.Group.InWords}{against}.";
        var horizontal = new Axis("repetitions within its chunk", Log: true, LogBase: 2);
        var vertical = new Axis("exposure (bits)", Minimum: 0, Maximum: most * 1.05);
        return Single(title, subtitle, finding, new Panel("", horizontal, vertical, traces));
    }
}
