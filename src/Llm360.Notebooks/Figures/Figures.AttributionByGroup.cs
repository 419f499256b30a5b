// Figures: influence by source and by chunk.
namespace Llm360.Notebooks;

public static partial class Figures
{
    /// <summary>Mean score of the rows of each source, and along the chunks.</summary>
    /// <param name="result">The answer of one method.</param>
    public static Figure AttributionByGroup(AttributionResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        var rows = result.Rows.Zip(result.Scores, (Row, Score) => (Row, Score)).ToList();
        var sources = rows.GroupBy(r => r.Row.Source).Select(
            g => new MeasuredGroup(g.Key.Length == 0 ? "no source named" : g.Key, [.. g.Select(r => r.Score)]))
            .OrderByDescending(g => g.Mean).ToList();
        var chunks = rows.GroupBy(r => r.Row.Chunk).OrderBy(g => g.Key)
            .Select(g => (Chunk: g.Key, Group: new MeasuredGroup($"chunk {g.Key}", [.. g.Select(r => r.Score)]))).ToList();
        var top = chunks.MaxBy(c => c.Group.Mean);
        var at = result.Checkpoints[^1];
        var title = (Leads(sources), Leads([.. chunks.Select(c => c.Group).OrderByDescending(g => g.Mean)])) switch
        {
            (true, true) => $"Rows of {sources[0].Name} have the largest influence, and those of chunk {top.Chunk}",
            (true, false) => $"Rows of {sources[0].Name} have the largest influence",
            (false, true) => $"The rows of chunk {top.Chunk} have the largest mean influence",
            _ => "Influence by source and by chunk",
        };
        var finding = $"Mean score by {result.Method}: {sources[0].Name} {sources[0].InWords}; {sources[^1].Name} {sources[^1].InWords}; "
            + $"chunk {top.Chunk} {top.Group.InWords}.";
        return new Figure(
            title,
            $"{result.Suite.Name} at {at}, \"{FigureText.Shortened(result.QueryText, 48)}\", n = {FigureText.Count(rows.Count)} "
                + $"rows; normal 95% intervals",
            $"{title}. {finding}",
            [
                new Panel("by source", new Axis("source"), new Axis($"mean score ({result.Unit})"), MeasuredGroup.Bars(sources)),
                new Panel("by chunk, in the order of training", new Axis("chunk"), new Axis($"mean score ({result.Unit})"),
                [
                    new Trace(result.Method, TraceKind.Line, [.. chunks.Select(c => (double)c.Chunk)],
                        [.. chunks.Select(c => c.Group.Mean)],
                        Low: [.. chunks.Select(c => c.Group.Interval.Low)], High: [.. chunks.Select(c => c.Group.Interval.High)],
                        Hover: [.. chunks.Select(c => $"chunk {c.Chunk}: {c.Group.InWords}")]),
                ]),
            ],
            finding);

        // Falling by mean. Whether the first is clearly above the second.
        static bool Leads(List<MeasuredGroup> groups) =>
            groups is [{ CarriesTitle: true } first, { CarriesTitle: true } second, ..] && first.Interval.Low > second.Interval.High;
    }
}
