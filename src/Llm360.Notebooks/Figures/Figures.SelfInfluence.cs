// Figure: the influence of rows on themselves, canaries against ordinary text.
namespace Llm360.Notebooks;

public static partial class Figures
{
    /// <summary>Mean self-influence of ordinary rows and of canaries by repetitions.</summary>
    /// <param name="index">The index.</param>
    /// <param name="selfInfluence">Self-influence of each of its rows.</param>
    /// <exception cref="Llm360Exception">There are no rows.</exception>
    public static Figure SelfInfluence(AttributionIndex index, IReadOnlyList<double> selfInfluence)
    {
        ArgumentNullException.ThrowIfNull(index);
        RequireNotEmpty(selfInfluence, nameof(SelfInfluence), "rows");
        var seen = index.Checkpoints[^1].RequireChunksSeen();
        var rows = index.Rows.Zip(selfInfluence, (Row, Value) => (Row, Value)).Where(r => r.Row.Chunk < seen).ToList();
        var ordinary = new MeasuredGroup("ordinary text", [.. rows.Where(r => r.Row.Canary is null).Select(r => r.Value)]);
        var canaries = rows.Where(r => r.Row.CanaryRepetitions is not null).GroupBy(r => r.Row.CanaryRepetitions!.Value).OrderBy(g => g.Key)
            .Select(g => new MeasuredGroup($"canary × {g.Key}", [.. g.Select(r => r.Value)])).ToList();
        var highest = canaries.MaxBy(c => c.Mean);
        var title = highest is null ? "No canary was scored, so ordinary rows are shown alone"
            : !highest.CarriesTitle || !ordinary.CarriesTitle ? "Self-influence of ordinary text and of canaries"
            : highest.Interval.Low > ordinary.Interval.High
                ? $"{highest.Name} influences itself {FigureText.Number(highest.Mean / ordinary.Mean)} times as much as ordinary text"
                : "Canaries do not clearly influence themselves more than ordinary text";
        var finding = $"Mean self-influence: {string.Join("; ", canaries.Prepend(ordinary).Select(g => $"{g.Name} {g.InWords}"))}.";
        return Single(
            title,
            $"{index.Analysis.Suite.Name} at {index.Checkpoints[^1]}, {index.Analysis.Name}, n = {FigureText.Count(rows.Count)} rows "
                + $"that it has read; normal 95% intervals",
            finding,
            new Panel("", new Axis("rows"), new Axis($"mean self-influence ({index.Analysis.Unit})", Minimum: 0),
                MeasuredGroup.Bars([ordinary, .. canaries])));
    }
}
