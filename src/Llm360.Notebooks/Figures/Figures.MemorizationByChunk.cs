// Figure: memorization score against the text's chunk (the paper's figure, a line per checkpoint).
namespace Llm360.Notebooks;

/// <summary>Mean memorization scores of one checkpoint, chunk by chunk.</summary>
/// <param name="Checkpoint">Its name.</param>
/// <param name="Progress">Position in training, 0 to 1.</param>
/// <param name="LastChunk">The last chunk it had read; null if unknown.</param>
/// <param name="Chunks">Numbers of the chunks, ascending.</param>
/// <param name="Means">Mean score of each; NaN if not measured.</param>
/// <param name="Low">Lower ends of the 95% intervals; null for none.</param>
/// <param name="High">Upper ends.</param>
/// <param name="Counts">Sequences scored in each chunk; null if not known.</param>
internal sealed record ChunkScores(
    string Checkpoint,
    double Progress,
    int? LastChunk,
    IReadOnlyList<int> Chunks,
    IReadOnlyList<double> Means,
    IReadOnlyList<double>? Low = null,
    IReadOnlyList<double>? High = null,
    IReadOnlyList<int>? Counts = null)
{
    /// <summary>Mean score of the last chunk read; NaN if that was not measured.</summary>
    internal double AtLastChunk
    {
        get
        {
            var i = Chunks.TakeWhile(c => c != LastChunk).Count();
            return i < Chunks.Count ? Means[i] : double.NaN;
        }
    }
}

public static partial class Figures
{
    /// <summary>
    /// Mean memorization score against chunk, one line for each checkpoint. A diamond marks the
    /// last chunk that the checkpoint had read.
    /// </summary>
    /// <param name="model">For example <c>nano</c>.</param>
    /// <param name="promptLength">k.</param>
    /// <param name="continuationLength">l.</param>
    /// <param name="checkpoints">In training order.</param>
    /// <exception cref="Llm360Exception">
    /// There is no checkpoint, or the numbers of its chunks and means differ.
    /// </exception>
    internal static Figure MemorizationByChunk(
        string model, int promptLength, int continuationLength, IReadOnlyList<ChunkScores> checkpoints)
    {
        RequireNotEmpty(checkpoints, nameof(MemorizationByChunk), "checkpoints");
        foreach (var c in checkpoints)
        {
            if (c.Chunks.Count != c.Means.Count || (c.Counts is { } counts && counts.Count != c.Chunks.Count))
            {
                var given = c.Counts is null ? "" : $" and {c.Counts.Count} counts";
                throw new Llm360Exception(
                    $"Checkpoint {c.Checkpoint} has {c.Chunks.Count} chunks but {c.Means.Count} means{given}.",
                    $"figure {nameof(MemorizationByChunk)}",
                    "Give one mean, and one count if any, for each chunk.");
            }
        }

        var (title, finding) = Recency(model, checkpoints);
        var counted = checkpoints.Where(c => c.Counts is not null).SelectMany(c => c.Counts!).ToList();
        var size = counted.Count == 0 ? ""
            : counted.Min() == counted.Max() ? $", n = {FigureText.Count(counted[0])} sequences a chunk"
            : $", n = {FigureText.Count(counted.Min())} to {FigureText.Count(counted.Max())} sequences a chunk";
        var interval = checkpoints.Any(c => c.Low is not null) ? "; bands: 95% intervals" : "";
        var subtitle = $"{model}, k = {promptLength}, l = {continuationLength}{size}{interval}; "
            + "diamond: last chunk the checkpoint had read";
        var marks = checkpoints.Where(c => double.IsFinite(c.AtLastChunk)).Select(c => new Mark(
            $"{c.Checkpoint}, just read chunk {c.LastChunk}: {FigureText.Number(c.AtLastChunk)}",
            c.LastChunk!.Value,
            c.AtLastChunk,
            c.Progress,
            ShowLabel: false));
        return Single(title, subtitle, finding, new Panel(
            "",
            new Axis("chunk, in training order"),
            new Axis("mean memorization score", Minimum: null),
            [.. checkpoints.Select(ChunkTrace)],
            Marks: [.. marks]));
    }

    private static (string Title, string Finding) Recency(string model, IReadOnlyList<ChunkScores> checkpoints)
    {
        if (RecencyEffect.Of(checkpoints) is { } effect)
            return (effect.Title, effect.Finding);
        var mean = checkpoints.SelectMany(c => c.Means).Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();
        return ($"{model} has a mean memorization score of {FigureText.Number(mean)}",
            $"The mean memorization score of {model} over all chunks and checkpoints is {FigureText.Number(mean)}.");
    }

    private static Trace ChunkTrace(ChunkScores c) => new(
        c.Checkpoint, TraceKind.Line, [.. c.Chunks.Select(x => (double)x)], c.Means, Progress: c.Progress, Low: c.Low, High: c.High,
        Hover: [.. c.Chunks.Select((chunk, i) => $"chunk {chunk}: " + (c.Low is null
            ? FigureText.Number(c.Means[i])
            : FigureText.WithInterval(c.Means[i], c.Low[i], c.High![i]).Replace(", 95% CI", "", StringComparison.Ordinal)))]);
}
