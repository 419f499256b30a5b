// Figure: memorization score against the number of chunks read since the text's own (event-aligned
// recency).
namespace Llm360.Notebooks;

public static partial class Figures
{
    /// <summary>
    /// Score above the checkpoint's own mean, against the chunks read since the sequence's own,
    /// over all checkpoints.
    /// Negative numbers are text not yet read: what can be guessed.
    /// </summary>
    /// <param name="model">For example <c>nano</c>.</param>
    /// <param name="promptLength">k.</param>
    /// <param name="continuationLength">l.</param>
    /// <param name="checkpoints">In training order, with scores of one fixed set of chunks.</param>
    /// <exception cref="Llm360Exception">No checkpoint has scores of the chunk just read and of an
    /// older one.</exception>
    internal static Figure MemorizationByAge(string model, int promptLength, int continuationLength, IReadOnlyList<ChunkScores> checkpoints)
    {
        var effect = RecencyEffect.Of(checkpoints) ?? throw new Llm360Exception(
            "No checkpoint has scores of the chunk just read and of an older one.", $"figure {nameof(MemorizationByAge)}", "Score more chunks, or later checkpoints.");
        // Late checkpoints score higher on every chunk, and only they have old ones.
        var points = checkpoints.Where(c => c.LastChunk is not null).SelectMany(c =>
        {
            var all = RecencyEffect.Mean(c, int.MinValue, int.MaxValue).Mean;
            return Enumerable.Range(0, c.Chunks.Count).Where(i => double.IsFinite(c.Means[i]))
                .Select(i => (Age: c.LastChunk!.Value - c.Chunks[i], Above: c.Means[i] - all, Error: RecencyEffect.Error(c, i), Sequences: c.Counts?[i] ?? 0));
        }).GroupBy(p => p.Age).OrderBy(g => g.Key).Select(g =>
        {
            var (mean, half) = (g.Average(p => p.Above), Intervals.Z * Math.Sqrt(g.Sum(p => p.Error * p.Error)) / g.Count());
            return (Age: (double)g.Key, Mean: mean, Low: mean - half, High: mean + half, Sequences: g.Sum(p => p.Sequences));
        }).ToList();
        var counted = points.Where(p => p.Sequences > 0).Select(p => (long)p.Sequences).ToList();
        var size = counted.Count == 0 ? "" : $", n = {Range(counted)} sequences a point";
        var bands = points.Exists(p => double.IsFinite(p.Low)) ? "; bands: 95 % intervals" : "";
        return Single(effect.Title, $"{model}, k = {promptLength}, l = {continuationLength}, {checkpoints.Count} checkpoints{size}{bands}", effect.Finding,
            new Panel("", new Axis("chunks read since the text's own (negative: not yet read)"), new Axis("score above the checkpoint's mean", Minimum: null),
            [
                Part("not yet read", TraceRole.Baseline, points.Where(p => p.Age < 0)),
                Part("read", TraceRole.Measured, points.Where(p => p.Age >= 0)),
            ],
            Marks: [new Mark("just read", 0)]));

        static Trace Part(string name, TraceRole role, IEnumerable<(double Age, double Mean, double Low, double High, int Sequences)> part)
        {
            var of = part.ToList();
            return new Trace(name, TraceKind.Line, [.. of.Select(p => p.Age)], [.. of.Select(p => p.Mean)], role,
                Low: [.. of.Select(p => p.Low)], High: [.. of.Select(p => p.High)],
                Hover: [.. of.Select(p => $"{name}, {p.Age} chunks: {FigureText.Signed(p.Mean)} (95 % {FigureText.Signed(p.Low)} to {FigureText.Signed(p.High)}), n = {FigureText.Count(p.Sequences)}")]);
        }
    }
}
