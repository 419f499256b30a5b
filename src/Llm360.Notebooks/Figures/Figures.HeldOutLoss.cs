// Figure: held-out loss along checkpoints, text with near copies in the training data apart from
// text without.
namespace Llm360.Notebooks;

public static partial class Figures
{
    /// <summary>
    /// Held-out loss along checkpoints, in two lines: sequences that stand mostly in the training
    /// text all the same, and those that do not.
    /// </summary>
    public static Figure HeldOutLoss(HeldOutLoss losses)
    {
        ArgumentNullException.ThrowIfNull(losses);
        if (losses.NotMeasured is { } why)
            return NothingToDraw(losses.Suite, "No held-out text", why);
        var places = losses.Checkpoints.DistinctBy(c => c.RequireIndex()).ToDictionary(c => c.RequireIndex(), c => (double)(c.TokensSeen ?? c.RequireIndex()));
        var known = losses.Checkpoints.All(c => c.TokensSeen is not null);
        var groups = new[] { ("without near copies in training", false), ("with near copies in training", true) }
            .Select(g => (Name: g.Item1, Rows: losses.Rows.Where(r => r.Copied >= Notebooks.HeldOutLoss.NearCopy == g.Item2).ToLookup(r => r.Checkpoint)))
            .Where(g => g.Rows.Count > 0).Select(g => (g.Name, Points: places.Keys.Order().Select(c => (X: places[c], Group: new MeasuredGroup(g.Name, [.. g.Rows[c].Select(r => r.Loss)]))).ToList())).ToList();
        RequireNotEmpty(groups, nameof(HeldOutLoss), "held-out sequences");
        var (fresh, last) = (groups[0].Points, groups[^1].Points[^1].Group);
        var enough = groups.TrueForAll(g => g.Points[^1].Group.Count >= RecencyEffect.FewestSequences);
        var title = groups.Count > 1 && enough && last.Interval.High < fresh[^1].Group.Interval.Low
            ? "Text with near copies in training is much easier"
            : $"Held-out loss goes from {FigureText.Number(fresh[0].Group.Mean)} to {FigureText.Number(fresh[^1].Group.Mean)} nats per token";
        var finding = $"In the end the held-out loss is {string.Join("; ", groups.Select(g => $"{g.Name}, {g.Points[^1].Group.InWords}"))} nats per token.";
        var subtitle = $"{losses.Suite.Name}; near copies: at least {FigureText.Percent(Notebooks.HeldOutLoss.NearCopy)} of the tokens lie in runs of {Notebooks.HeldOutLoss.RunLength} that stand in the training text; bands: normal 95 % intervals";
        return Single(title, subtitle, finding, new Panel("", new Axis(known ? TokensSeen : CheckpointNumber), new Axis("held-out loss (nats per token)"),
        [
            .. groups.Select(g => new Trace(g.Name, TraceKind.Line, [.. g.Points.Select(p => p.X)], [.. g.Points.Select(p => p.Group.Mean)], Category: g.Name,
                Low: [.. g.Points.Select(p => p.Group.Interval.Low)], High: [.. g.Points.Select(p => p.Group.Interval.High)],
                Hover: [.. g.Points.Select(p => $"{g.Name}: {p.Group.InWords}")])),
        ]));
    }
}
