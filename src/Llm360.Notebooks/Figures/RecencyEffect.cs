// How much better a checkpoint remembers the chunk it has just read than chunks it read before.
namespace Llm360.Notebooks;

/// <summary>The recency effect over several checkpoints.</summary>
/// <param name="JustRead">Mean score of the chunk just read, averaged over the checkpoints.</param>
/// <param name="Older">Mean score of chunks read before it.</param>
/// <param name="Unread">
/// Mean score of chunks not yet read, averaged over the checkpoints that have such chunks; NaN if
/// none has.
/// </param>
/// <param name="Low">
/// Lower end of the 95% interval of the difference between the first two; NaN if unknown.
/// </param>
/// <param name="High">Upper end.</param>
/// <param name="Checkpoints">Checkpoints that have scores of both.</param>
/// <param name="Sequences">Sequences just read, over all checkpoints; 0 if unknown.</param>
internal sealed record RecencyEffect(double JustRead, double Older, double Unread, double Low, double High, int Checkpoints, long Sequences)
{
    /// <summary>Just read minus older.</summary>
    public double Difference => JustRead - Older;

    /// <summary>The difference in words.</summary>
    public string Title =>
        Sequences < MeasuredGroup.FewestCases || double.IsNaN(Low) ? "Too few sequences were scored to say which chunks are remembered"
        : Low > 0 ? "The chunk just read is remembered best"
        : High < 0 ? "The chunk just read is remembered less than older ones"
        : "The chunk just read is not clearly remembered better";

    /// <summary>The three means and the difference in words.</summary>
    public string Finding
    {
        get
        {
            var unread = double.IsNaN(Unread) ? "" : $", on chunks not yet read {FigureText.Number(Unread)}";
            var of = Sequences == 0 ? "" : $" and {FigureText.Count(Sequences)} sequences just read";
            return $"On the chunk just read a checkpoint scores {FigureText.Number(JustRead)} on average, "
                + $"on older chunks {FigureText.Number(Older)}{unread}. "
                + $"The difference between just read and older is {FigureText.WithInterval(Difference, Low, High)}, "
                + $"over {Checkpoints} checkpoint{(Checkpoints == 1 ? "" : "s")}{of}.";
        }
    }

    /// <summary>
    /// The difference is computed for each checkpoint and then averaged, because a late checkpoint
    /// scores higher on every chunk. Its variance is the sum of the variances of the means, which
    /// come from their intervals.
    /// </summary>
    /// <returns>
    /// Null if no checkpoint has scores both of the chunk just read and of an older chunk.
    /// </returns>
    public static RecencyEffect? Of(IReadOnlyList<ChunkScores> checkpoints)
    {
        var each = checkpoints.Select(c => (JustRead: Mean(c, 0, 0), Older: Mean(c, 1, int.MaxValue), Unread: Mean(c, int.MinValue, -1)))
            .Where(c => double.IsFinite(c.JustRead.Mean) && double.IsFinite(c.Older.Mean)).ToList();
        if (each.Count == 0)
            return null;
        var (justRead, older) = (each.Average(c => c.JustRead.Mean), each.Average(c => c.Older.Mean));
        var half = Intervals.Z * Math.Sqrt(each.Sum(c => c.JustRead.Variance + c.Older.Variance)) / each.Count;
        var unread = each.Where(c => double.IsFinite(c.Unread.Mean)).Select(c => c.Unread.Mean).DefaultIfEmpty(double.NaN).Average();
        var difference = justRead - older;
        return new(justRead, older, unread, difference - half, difference + half, each.Count, each.Sum(c => c.JustRead.Sequences));
    }

    /// <summary>
    /// Mean over the chunks with an age from <paramref name="youngest"/> to
    /// <paramref name="oldest"/>: 0 for the chunk just read, negative for chunks not yet read.
    /// </summary>
    internal static (double Mean, double Variance, long Sequences) Mean(ChunkScores c, int youngest, int oldest)
    {
        var places = Enumerable.Range(0, c.Chunks.Count)
            .Where(i => c.LastChunk - c.Chunks[i] is { } age && age >= youngest && age <= oldest && double.IsFinite(c.Means[i])).ToList();
        if (places.Count == 0)
            return (double.NaN, double.NaN, 0);
        var weights = places.Select(i => c.Counts is null ? 1.0 : c.Counts[i]).ToList();
        var total = weights.Sum();
        var mean = places.Zip(weights, (i, w) => w * c.Means[i]).Sum() / total;
        var variance = places.Zip(weights, (i, w) => Square(w / total * Error(c, i))).Sum();
        return (mean, variance, c.Counts is null ? 0 : (long)total);
    }

    /// <summary>
    /// Standard error of a chunk's mean, from its interval; NaN if there is none.
    /// </summary>
    internal static double Error(ChunkScores c, int i) =>
        c.Low is null || c.High is null ? double.NaN : (c.High[i] - c.Low[i]) / (2 * Intervals.Z);

    private static double Square(double x) => x * x;
}
