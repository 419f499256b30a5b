// Figure: memorization score against the chunks read since the text's own (event-aligned recency).
namespace Llm360.Notebooks;

public static partial class Figures
{
    /// <summary>
    /// Score minus the checkpoint's own mean, against the chunks read since the sequence's own
    /// chunk, over all checkpoints. Negative ages are text not yet read; its score shows what can
    /// be guessed.
    /// </summary>
    /// <param name="model">For example <c>nano</c>.</param>
    /// <param name="promptLength">k.</param>
    /// <param name="continuationLength">l.</param>
    /// <param name="checkpoints">In training order, with scores of one fixed set of chunks.</param>
    /// <exception cref="Llm360Exception">
    /// No checkpoint has scores both of the chunk just read and of an older chunk.
    /// </exception>
    internal static Figure MemorizationByAge(
        string model, int promptLength, int continuationLength, IReadOnlyList<ChunkScores> checkpoints)
    {
        var effect = RecencyEffect.Of(checkpoints) ?? throw new Llm360Exception(
            "No checkpoint has scores of the chunk just read and of an older one.",
            $"figure {nameof(MemorizationByAge)}",
            "Score more chunks, or later checkpoints.");
        var points = Ages(checkpoints);
        List<long> counted = [.. points.Where(p => p.Sequences > 0).Select(p => (long)p.Sequences)];
        var size = counted.Count == 0 ? "" : $", n = {Range(counted)} sequences a point";
        var bands = points.Exists(p => double.IsFinite(p.Low)) ? "; bands: 95% intervals" : "";
        var subtitle = $"{model}, k = {promptLength}, l = {continuationLength}, {checkpoints.Count} checkpoints{size}{bands}";
        var age = new Axis("chunks read since the text's own (negative: not yet read)");
        var score = new Axis("score above the checkpoint's mean", Minimum: null);
        return Single(effect.Title, subtitle, effect.Finding, new Panel("", age, score,
            [
                AgeTrace("not yet read", TraceRole.Baseline, points.FindAll(p => p.Age < 0)),
                AgeTrace("read", TraceRole.Measured, points.FindAll(p => p.Age >= 0)),
            ],
            Marks: [new Mark("just read", 0)]));
    }

    /// <summary>The means over all checkpoints, by age.</summary>
    private static List<AgePoint> Ages(IReadOnlyList<ChunkScores> checkpoints)
    {
        var cells = new List<(int Age, double Above, double Error, int Sequences)>();
        foreach (var c in checkpoints.Where(c => c.LastChunk is not null))
        {
            // Late checkpoints score higher on every chunk, and only they have old chunks.
            var all = RecencyEffect.Mean(c, int.MinValue, int.MaxValue).Mean;
            for (var i = 0; i < c.Chunks.Count; i++)
            {
                if (double.IsFinite(c.Means[i]))
                    cells.Add((c.LastChunk!.Value - c.Chunks[i], c.Means[i] - all, RecencyEffect.Error(c, i), c.Counts?[i] ?? 0));
            }
        }

        return
        [
            .. cells.GroupBy(c => c.Age).OrderBy(g => g.Key).Select(g =>
            {
                var mean = g.Average(c => c.Above);
                var half = Intervals.Z * Math.Sqrt(g.Sum(c => c.Error * c.Error)) / g.Count();
                return new AgePoint(g.Key, mean, mean - half, mean + half, g.Sum(c => c.Sequences));
            }),
        ];
    }

    private static Trace AgeTrace(string name, TraceRole role, List<AgePoint> points) => new(
        name,
        TraceKind.Line,
        [.. points.Select(p => (double)p.Age)],
        [.. points.Select(p => p.Mean)],
        role,
        Low: [.. points.Select(p => p.Low)],
        High: [.. points.Select(p => p.High)],
        Hover:
        [
            .. points.Select(p => $"{name}, {p.Age} chunks: "
                + $"{FigureText.WithInterval(p.Mean, p.Low, p.High)}, n = {FigureText.Count(p.Sequences)}"),
        ]);

    private sealed record AgePoint(int Age, double Mean, double Low, double High, int Sequences);
}
