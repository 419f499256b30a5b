// How figures draw and tell what sequences that were not yet read score.
namespace Llm360.Notebooks;

/// <summary>The unread baseline of groups of sequences.</summary>
internal static class UnreadGroups
{
    /// <summary>Name of the baseline's series.</summary>
    internal const string Name = "not yet read";

    /// <summary>What is drawn in grey, for a subtitle.</summary>
    internal static string InSubtitle(string checkpoint, int sequences) =>
        $"; grey: n = {FigureText.Count(sequences)} sequences that {checkpoint} had not read";

    /// <summary>What reading adds to each group, in words, for a finding.</summary>
    internal static string Differences(this UnreadBaseline<MeasuredGroup> baseline)
    {
        var pairs = baseline.Read.Select(r => (Read: r, Unread: baseline.Unread.FirstOrDefault(u => u.Name == r.Name)))
            .Where(p => p is { Read.Count: > 0, Unread.Count: > 0 })
            .Select(p => (p.Read.Name, p.Read.AreShares, Difference: p.Read.Minus(p.Unread!))).ToList();
        if (pairs.Count == 0)
            return "";
        var (unit, scale) = pairs[0].AreShares ? (" in percentage points", 100) : ("", 1);
        var told = pairs.Select(p => $"{p.Name} "
            + FigureText.WithInterval(scale * p.Difference.Value, scale * p.Difference.Low, scale * p.Difference.High));
        return $" Read minus {Name}{unit}, at {baseline.Checkpoint}: {string.Join("; ", told)}.";
    }

    /// <summary>
    /// A point for each bar of <see cref="MeasuredGroup.Bars"/>, right of the bar's own interval.
    /// </summary>
    internal static Trace Points(this UnreadBaseline<MeasuredGroup> baseline, IReadOnlyList<MeasuredGroup> bars)
    {
        var drawn = bars.Index().Select(b => (b.Index, Group: baseline.Unread.FirstOrDefault(g => g.Name == b.Item.Name)))
            .Where(b => b.Group is { Count: > 0 }).ToList();
        return new Trace(
            Name,
            TraceKind.Points,
            [.. drawn.Select(b => b.Index + 0.25)],
            [.. drawn.Select(b => b.Group!.Mean)],
            TraceRole.Baseline,
            Low: [.. drawn.Select(b => b.Group!.Interval.Low)],
            High: [.. drawn.Select(b => b.Group!.Interval.High)],
            Hover: [.. drawn.Select(b => $"{b.Group!.Name}, {Name}: {b.Group.InWords}")]);
    }
}
