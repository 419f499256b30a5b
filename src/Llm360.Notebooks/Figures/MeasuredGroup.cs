// A named group of sequences with one value each, as several figures compare them.
namespace Llm360.Notebooks;

/// <summary>A group of sequences and what was measured on each.</summary>
/// <param name="Name">For example a source, or <c>canary × 8</c>.</param>
/// <param name="Values">One a sequence.</param>
/// <param name="AreShares">Whether every value is 0 or 1, so that their mean is a share: its interval is Wilson's, otherwise the normal one of a mean.</param>
internal sealed record MeasuredGroup(string Name, IReadOnlyList<double> Values, bool AreShares = false)
{
    internal int Count => Values.Count;

    /// <summary>Whether a title may rest on it: on fewer cases it says what is drawn, and no
    /// finding.</summary>
    internal bool CarriesTitle => Count >= 30;

    internal double Mean => Values.DefaultIfEmpty(double.NaN).Average();

    internal (double Low, double High) Interval => AreShares ? Intervals.Wilson(Values.Sum(), Values.Count) : Intervals.Mean(Values);

    /// <summary>Mean, interval and n in words.</summary>
    internal string InWords => $"{FigureText.WithInterval(Mean, Interval.Low, Interval.High, AreShares)}, n = {FigureText.Count(Count)}";

    /// <summary>Groups as bars on a categorical axis, one trace each.</summary>
    internal static List<Trace> Bars(IReadOnlyList<MeasuredGroup> groups) =>
    [
        .. groups.Select((g, i) => new Trace(g.Name, TraceKind.Bars, [i], [g.Mean], Category: g.Name, Low: [g.Interval.Low], High: [g.Interval.High], Hover: [$"{g.Name}: {g.InWords}"], XLabels: [g.Name])),
    ];
}
