// Figure: memorization score of canaries against their repetitions and the chunks read since.
using System.Globalization;

namespace Llm360.Notebooks;

public static partial class Figures
{
    /// <summary>
    /// First and last number of chunks read since the canary's own, one class a line.
    /// </summary>
    private static readonly (int First, int Last)[] CanaryAges = [(0, 0), (1, 2), (3, 5), (6, 11), (12, int.MaxValue)];

    /// <summary>
    /// Mean memorization score of canaries against their repetitions, over all checkpoints that
    /// have read them. A line takes the canaries that were read equally long ago.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// A checkpoint does not say how many chunks it has read.
    /// </exception>
    public static Figure CanariesByRepetition(MemorizationScores scores)
    {
        var cases = scores.Checkpoints.SelectMany(c => CanaryCases(scores, c)).ToList();
        if (cases.Count == 0)
            return NoCanaries(scores.Suite.Name);
        var lines = CanaryAges
            .Select(age => (
                Name: AgeName(age.First, age.Last),
                Groups: cases.Where(c => c.Age >= age.First && c.Age <= age.Last)
                    .GroupBy(c => c.Repetitions).OrderBy(g => g.Key)
                    .Select(g => (Repetitions: g.Key, Scores: new MeasuredGroup($"canary × {g.Key}", [.. g.Select(c => c.Score)])))
                    .ToList()))
            .Where(l => l.Groups.Count > 0)
            .ToList();
        var (young, old) = (OfAllRepetitions(lines[0].Name, lines[0].Groups), OfAllRepetitions(lines[^1].Name, lines[^1].Groups));
        var title = lines.Count < 2 || !young.CarriesTitle || !old.CarriesTitle
            ? "Scores of random sequences, by repetitions and by the chunks read since"
            : young.Interval.Low > old.Interval.High
            ? $"Random sequences are forgotten: mean score {Two(young.Mean)} {young.Name}, {Two(old.Mean)} {old.Name}"
            : "Random sequences are not clearly forgotten";
        var ends = new[] { lines[0], lines[^1] }.Distinct();
        var canaries = cases.Select(c => (c.Chunk, c.Canary)).Distinct().Count();
        return Single(
            title,
            $"{scores.Suite.Name}, k = {scores.Settings.PromptLength}, l = {scores.Settings.ContinuationLength}, "
                + $"n = {FigureText.Count(canaries)} canaries, {FigureText.Count(scores.Checkpoints.Count)} checkpoints",
            $"Mean scores by repetitions, {string.Join("; ", ends.Select(l => Means(l.Name, l.Groups)))}.",
            new Panel(
                "",
                new Axis("repetitions within its chunk", Log: true, LogBase: 2),
                new Axis("mean memorization score", Minimum: 0, Maximum: 1.05),
                [.. lines.Select((l, i) => Line(l.Name, l.Groups, 1 - ((double)i / CanaryAges.Length)))]));

        static string AgeName(int first, int last) => last == 0 ? "just read"
            : last == int.MaxValue ? $"at least {first} chunks ago"
            : $"{first} to {last} chunks ago";

        static MeasuredGroup OfAllRepetitions(string name, List<(int Repetitions, MeasuredGroup Scores)> groups) =>
            new(name, [.. groups.SelectMany(g => g.Scores.Values)]);

        static string Means(string name, List<(int Repetitions, MeasuredGroup Scores)> groups) =>
            $"{name} (n = {Range(groups.Select(g => (long)g.Scores.Count))} a point): " + string.Join(", ", groups.Select(g =>
                $"{Two(g.Scores.Mean)} at {g.Repetitions}"));

        static string Two(double mean) => mean.ToString("0.##", CultureInfo.InvariantCulture);

        static Trace Line(string name, List<(int Repetitions, MeasuredGroup Scores)> groups, double progress) => new(
            name,
            TraceKind.Line,
            [.. groups.Select(g => (double)g.Repetitions)],
            [.. groups.Select(g => g.Scores.Mean)],
            Progress: progress,
            Hover: [.. groups.Select(g => $"{g.Scores.Name}, {name}: {FigureText.Number(g.Scores.Mean)}, n = {g.Scores.Count}")]);
    }

    /// <summary>The canaries that a checkpoint has read, each once.</summary>
    private static IEnumerable<CanaryCase> CanaryCases(MemorizationScores scores, Checkpoint checkpoint)
    {
        // All rows of a canary have the same score.
        var last = checkpoint.RequireChunksSeen() - 1;
        return scores.Canaries(checkpoint).SelectMany(g => g.DistinctBy(r => (r.Chunk, r.Canary)))
            .Select(r => new CanaryCase(r.Chunk, r.Canary!, r.CanaryRepetitions!.Value, last - r.Chunk, r.Score));
    }

    /// <summary>A canary scored by one checkpoint.</summary>
    /// <param name="Chunk">Its chunk.</param>
    /// <param name="Canary">Its name.</param>
    /// <param name="Repetitions">How often it occurs in the chunk.</param>
    /// <param name="Age">Chunks that the checkpoint read after it.</param>
    /// <param name="Score">Its memorization score.</param>
    private sealed record CanaryCase(int Chunk, string Canary, int Repetitions, int Age, double Score);
}
