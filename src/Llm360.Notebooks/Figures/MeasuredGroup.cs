// A named group of sequences with one value each, compared with other groups in several figures.
namespace Llm360.Notebooks;

/// <summary>A group of sequences and the value measured on each.</summary>
/// <param name="Name">For example a source, or <c>canary × 8</c>.</param>
/// <param name="Values">One for each sequence.</param>
/// <param name="AreShares">
/// Whether every value is 0 or 1, so that the mean is a share. The interval is then Wilson's,
/// otherwise the normal interval of a mean.
/// </param>
internal sealed record MeasuredGroup(string Name, IReadOnlyList<double> Values, bool AreShares = false)
{
    /// <summary>Fewest cases on which a title may rest.</summary>
    internal const int FewestCases = 30;

    internal int Count => Values.Count;

    /// <summary>
    /// Whether a title may state a finding about the group. With fewer values, a title says only
    /// what is drawn.
    /// </summary>
    internal bool CarriesTitle => Count >= FewestCases;

    internal double Mean => Values.DefaultIfEmpty(double.NaN).Average();

    internal (double Low, double High) Interval => AreShares ? Intervals.Wilson(Values.Sum(), Values.Count) : Intervals.Mean(Values);

    /// <summary>Mean, interval and n in words.</summary>
    internal string InWords => $"{FigureText.WithInterval(Mean, Interval.Low, Interval.High, AreShares)}, n = {FigureText.Count(Count)}";

    /// <summary>A group of which <paramref name="k"/> of n have a property.</summary>
    internal static MeasuredGroup OfShare(string name, int k, int n) =>
        new(name, [.. Enumerable.Repeat(1.0, k), .. Enumerable.Repeat(0.0, n - k)], AreShares: true);

    /// <summary>The difference of two means with a 95% interval.</summary>
    internal (double Value, double Low, double High) Minus(MeasuredGroup other) => Intervals.Difference(
        (Mean, Interval.Low, Interval.High), (other.Mean, other.Interval.Low, other.Interval.High));

    /// <summary>Groups as bars on a categorical axis, one trace each.</summary>
    internal static List<Trace> Bars(IReadOnlyList<MeasuredGroup> groups) =>
    [
        .. groups.Select((g, i) => new Trace(
            g.Name,
            TraceKind.Bars,
            [i],
            [g.Mean],
            Category: g.Name,
            Low: [g.Interval.Low],
            High: [g.Interval.High],
            Hover: [$"{g.Name}: {g.InWords}"],
            XLabels: [g.Name])),
    ];
}
