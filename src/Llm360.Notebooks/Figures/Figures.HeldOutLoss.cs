// Figure: held-out loss along checkpoints, with and without near copies in the training text.
namespace Llm360.Notebooks;

public static partial class Figures
{
    /// <summary>
    /// Held-out loss along checkpoints, in two lines: sequences with near copies in the training
    /// text, and the others.
    /// </summary>
    public static Figure HeldOutLoss(HeldOutLoss losses)
    {
        ArgumentNullException.ThrowIfNull(losses);
        if (losses.NotMeasured is { } why)
            return NothingToDraw(losses.Suite, "No held-out text", why);
        var lines = new[] { HeldOutLine(losses, copied: false), HeldOutLine(losses, copied: true) }.Where(l => l.Points.Count > 0).ToList();
        RequireNotEmpty(lines, nameof(HeldOutLoss), "held-out sequences");
        var (first, last) = (lines[0].Points[0].Group, lines[0].Points[^1].Group);
        var copies = lines[^1].Points[^1].Group;
        var enough = lines.TrueForAll(l => l.Points[^1].Group.CarriesTitle);
        var title = lines.Count > 1 && enough && copies.Interval.High < last.Interval.Low
            ? "Text with near copies in training is much easier"
            : $"Held-out loss goes from {FigureText.Number(first.Mean)} to {FigureText.Number(last.Mean)} nats per token";
        var ends = lines.Select(l => $"{l.Name} {l.Points[^1].Group.InWords}");
        var subtitle = $"{losses.Suite.Name}; near copies: at least {FigureText.Percent(Notebooks.HeldOutLoss.NearCopy)} of the tokens "
            + $"lie in runs of {Notebooks.HeldOutLoss.RunLength} that occur in the training text; bands: normal 95% intervals";
        var position = losses.Checkpoints.All(c => c.TokensSeen is not null) ? TokensSeen : CheckpointNumber;
        return Single(
            title,
            subtitle,
            $"Held-out loss at the end, in nats per token: {string.Join("; ", ends)}.",
            new Panel("", new Axis(position), new Axis("held-out loss (nats per token)"), [.. lines.Select(HeldOutTrace)]));
    }

    private static (string Name, List<(double X, MeasuredGroup Group)> Points) HeldOutLine(HeldOutLoss losses, bool copied)
    {
        var name = copied ? "with near copies in training" : "without near copies in training";
        var rows = losses.Rows.Where(r => r.Copied >= Notebooks.HeldOutLoss.NearCopy == copied).ToLookup(r => r.Checkpoint, r => r.Loss);
        var points = losses.Checkpoints.OrderBy(c => c.RequireIndex()).Where(c => rows.Contains(c.RequireIndex()))
            .Select(c => ((double)(c.TokensSeen ?? c.RequireIndex()), new MeasuredGroup(name, [.. rows[c.RequireIndex()]])));
        return (name, [.. points]);
    }

    private static Trace HeldOutTrace((string Name, List<(double X, MeasuredGroup Group)> Points) line) => new(
        line.Name,
        TraceKind.Line,
        [.. line.Points.Select(p => p.X)],
        [.. line.Points.Select(p => p.Group.Mean)],
        Category: line.Name,
        Low: [.. line.Points.Select(p => p.Group.Interval.Low)],
        High: [.. line.Points.Select(p => p.Group.Interval.High)],
        Hover: [.. line.Points.Select(p => $"{line.Name}: {p.Group.InWords}")]);
}
