// Table: the paper's findings on memorization, and whether this suite shows them.
namespace Llm360.Notebooks;

public static partial class Tables
{
    /// <summary>The smallest correlation that is called strong.</summary>
    private const double StrongCorrelation = 0.7;

    /// <summary>
    /// The paper's findings one by one: what was measured here, and whether it agrees in direction.
    /// Canaries are left out.
    /// </summary>
    /// <param name="scores">Scores along checkpoints, of one fixed set of chunks.</param>
    /// <exception cref="Llm360Exception">No scored checkpoint had read a scored chunk.</exception>
    public static Table MemorizationFindings(MemorizationScores scores)
    {
        var paper = Papers.Open(Paper);
        var checkpoints = scores.Checkpoints.Where(c => scores.Seen(c).Count > 0).ToList();
        if (checkpoints.Count == 0)
        {
            throw new Llm360Exception(
                "No scored checkpoint had read a scored chunk.",
                $"table {nameof(MemorizationFindings)}",
                "Score later checkpoints, or earlier chunks.");
        }

        return new Table(
            $"The paper's findings on memorization and those of {scores.Suite.Name}. "
                + "The paper's findings are stated from memory and not verified here; "
                + $"canaries are left out. Here: {SampleText.Of(scores)}.",
            [new("the paper finds"), new($"{scores.Suite.Name}"), new("verdict")],
            [
                Spike(scores, checkpoints[^1]),
                Growth(scores, checkpoints, paper["amber.memorization.extractibleAtLeast"]),
                Recency(scores),
                Correlation(scores, checkpoints),
            ]);
    }

    private static string[] Spike(MemorizationScores scores, Checkpoint last)
    {
        var length = scores.Settings.ContinuationLength;
        var counts = ScoreDistribution.FromScores(last.Name, 1, scores.Seen(last).Select(r => r.Score), length).Counts;
        // Scores from one half to just below 1: nearly reproduced.
        var (at, beside) = (counts[^1], counts.Skip((length + 1) / 2).SkipLast(1).DefaultIfEmpty(0).Max());
        var unread = scores.Baseline(last) is { } baseline
            ? $"; of {FigureText.Count(baseline.Unread.Count)} sequences that {baseline.Checkpoint} had not read, "
                + $"{FigureText.Count(baseline.Unread.Count(r => r.Extractible))} have it"
            : "";
        return
        [
            "a spike at score 1",
            $"at {last}, {FigureText.Count(at)} sequences have score 1; no other score of at least one half has more than "
                + FigureText.Count(beside) + unread,
            at > beside ? "same direction" : "not reproduced: score 1 is not more frequent than its neighbours",
        ];
    }

    private static string[] Growth(MemorizationScores scores, List<Checkpoint> checkpoints, double atLeast)
    {
        var chunks = checkpoints[0].RequireChunksSeen();
        var (first, last) = (Extractible(scores.Seen(checkpoints[0]), chunks), Extractible(scores.Seen(checkpoints[^1]), chunks));
        var all = Extractible(scores.Seen(checkpoints[^1]), int.MaxValue);
        var grows = Intervals.Wilson(last.Count, last.Of).Low > Intervals.Wilson(first.Count, first.Of).High;
        var verdict = (grows, Share(all) >= atLeast) switch
        {
            (true, true) => "same direction",
            (true, false) => $"it grows, but to less than {FigureText.Percent(atLeast)}",
            (false, true) => "not reproduced: the sample shows no growth",
            _ => $"not reproduced: less than {FigureText.Percent(atLeast)}, and the sample shows no growth",
        };
        return
        [
            $"more than {FigureText.Percent(atLeast)} of sequences are extractible, and the share grows during training",
            $"{FigureText.Percent(Share(all))} at {checkpoints[^1]}; of the chunks read by {checkpoints[0]}, "
                + $"{FigureText.Percent(Share(first))} then and {FigureText.Percent(Share(last))} in the end"
                + (scores.Baseline(checkpoints[^1])?.Select<MeasuredGroup>(rows => [Group(rows)]).Differences() is { Length: > 0 } added
                    ? $".{added.TrimEnd('.')}" : ""),
            verdict,
        ];

        static MeasuredGroup Group(IReadOnlyList<MemorizationRow> rows) =>
            MeasuredGroup.OfShare("word for word", rows.Count(r => r.Extractible), rows.Count);

        static (int Count, int Of) Extractible(IReadOnlyList<MemorizationRow> rows, int chunks)
        {
            var of = rows.Where(r => r.Chunk < chunks).ToList();
            return (of.Count(r => r.Extractible), of.Count);
        }

        static double Share((int Count, int Of) part) => part.Of == 0 ? 0 : part.Count / (double)part.Of;
    }

    private static string[] Recency(MemorizationScores scores)
    {
        const string finding = "the latest data is memorised most";
        return RecencyEffect.Of(Figures.ByChunk(scores)) is not { } effect
            ? [finding, "no checkpoint was scored on the chunk just read and on an older one", "not measured"]
            : [finding, effect.Finding, effect.Low > 0 ? "same direction" : "not reproduced: the interval of the difference contains 0"];
    }

    private static string[] Correlation(MemorizationScores scores, List<Checkpoint> checkpoints)
    {
        const string finding = "checkpoints correlate strongly";
        var late = checkpoints.Skip(Math.Max(0, (checkpoints.Count / 2) - 1)).ToList();
        var pairs = Neighbours(scores.Seen);
        if (pairs.Count == 0)
            return [finding, "fewer than two checkpoints can be compared", "not measured"];
        var last = pairs[^1];
        var unread = Neighbours(scores.Unread) is [.., var latest] ? $"; over sequences that neither had read, {Told(latest)}" : "";
        return [finding, $"r of neighbours in the second half: {string.Join(", ", pairs.Select(Told))}{unread}",
            last.R >= StrongCorrelation ? "same direction" : $"weaker: below {FigureText.Number(StrongCorrelation)}"];

        List<(Checkpoint A, Checkpoint B, double R)> Neighbours(Func<Checkpoint, IReadOnlyList<MemorizationRow>> rows)
        {
            var r = MemorizationScores.Correlations(late, rows, row => row.Score);
            return [.. late.Zip(late.Skip(1)).Index().Select(p => (p.Item.First, p.Item.Second, r[p.Index][p.Index + 1].R))
                .Where(p => double.IsFinite(p.R))];
        }

        static string Told((Checkpoint A, Checkpoint B, double R) pair) => $"{FigureText.Number(pair.R)} ({pair.A} and {pair.B})";
    }
}
