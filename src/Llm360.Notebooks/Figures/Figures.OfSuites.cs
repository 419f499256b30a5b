// Figures of a suite: converts its logs and scores to the numbers that figures take.

namespace Llm360.Notebooks;

public static partial class Figures
{
    private const string TokensSeen = "training tokens";

    /// <summary>
    /// Tokens of each source that a suite trained on, beside Amber's published mix. Amber itself
    /// shows the published mix only.
    /// </summary>
    /// <param name="suite">The suite.</param>
    /// <param name="steps">Its log; if it is empty, the figure says so.</param>
    public static Figure DataMix(Suite suite, IReadOnlyList<TrainingStep> steps)
    {
        if (suite.Repository == Tables.Amber)
            return DataMix(Notebooks.DataMix.Amber);
        if (steps.Count == 0)
            return NoLog(suite);
        var rows = steps.SelectMany(s => s.Sources).CountBy(s => s).ToList();
        var length = suite.Recipe?.Corpus.SequenceLength ?? (double)steps[^1].Tokens / rows.Sum(s => s.Value);
        var sources = rows.Select(s => new SourceTokens(s.Key, s.Value * length)).ToList();
        return DataMix(new DataMix(suite.Name, sources), Notebooks.DataMix.Amber);
    }

    /// <summary>Training loss of a suite against tokens.</summary>
    public static Figure TrainingLoss(Suite suite, IReadOnlyList<TrainingStep> steps) =>
        steps.Count == 0 ? NoLog(suite) : TrainingLoss(Series(suite, steps, s => s.Loss));

    /// <summary>Learning rate of a suite against tokens.</summary>
    public static Figure LearningRate(Suite suite, IReadOnlyList<TrainingStep> steps) =>
        steps.Count == 0 ? NoLog(suite) : LearningRate(Series(suite, steps, s => s.LearningRate));

    /// <summary>Gradient norm of a suite against tokens, with its clipping threshold.</summary>
    public static Figure GradientNorm(Suite suite, IReadOnlyList<TrainingStep> steps) => steps.Count == 0
        ? NoLog(suite)
        : GradientNorm(Series(suite, steps, s => s.GradientNorm), suite.Recipe?.Training.ClipNorm);

    /// <summary>Loss on held-out sequences at every checkpoint of a suite.</summary>
    public static Figure ValidationLoss(Suite suite, IReadOnlyList<TrainingStep> steps)
    {
        if (steps.Count == 0)
            return NoLog(suite);
        if (suite.Recipe is not { } recipe)
        {
            return NothingToDraw(
                suite,
                "No held-out text",
                "Which text was held out is known only of suites that are trained here, "
                    + $"and {suite.Name} is on the Hub.");
        }

        var measured = steps.Where(s => s.ValidationLoss is not null).ToList();
        return ValidationLoss(
            suite.Name,
            TokensSeen,
            Math.Min(SuiteTrainer.ValidationRows, recipe.Corpus.ValidationSequences),
            [new ValidationCurve("all", [.. measured.Select(s => (double)s.Tokens)], [.. measured.Select(s => s.ValidationLoss!.Value)])]);
    }

    /// <summary>
    /// Distribution of memorization scores over the sequences each checkpoint has seen, canaries
    /// left out.
    /// </summary>
    public static Figure MemorizationHistogram(MemorizationScores scores) => scores.Suite.Chunks.Count == 0
        ? NothingToDraw(
            scores.Suite,
            "No training sequence was scored",
            $"The training data of {scores.Suite.Name} is not published as rows that this kit reads.")
        : MemorizationHistogram(
            scores.Suite.Name,
            scores.Settings.PromptLength,
            [
                .. scores.Checkpoints.Where(c => scores.Seen(c).Count > 0)
                    .Select(c => ScoreDistribution.FromScores(
                        c.Name,
                        scores.Suite.Progress(c),
                        scores.Seen(c).Select(r => r.Score),
                        scores.Settings.ContinuationLength,
                        scores.Unread(c).Select(r => r.Score))),
            ],
            SampleText.Subject(scores.Settings)).WithSample(scores);

    /// <summary>
    /// Mean memorization score of every chunk, seen or not, one line for each checkpoint; canaries
    /// are left out.
    /// </summary>
    public static Figure MemorizationByChunk(MemorizationScores scores) =>
        MemorizationByChunk(scores.Suite.Name, scores.Settings.PromptLength, scores.Settings.ContinuationLength, ByChunk(scores))
            .WithSample(scores);

    /// <summary>
    /// Memorization score against the chunks read since the text's own chunk, over all scored
    /// checkpoints; canaries are left out.
    /// </summary>
    public static Figure MemorizationByAge(MemorizationScores scores) =>
        MemorizationByAge(scores.Suite.Name, scores.Settings.PromptLength, scores.Settings.ContinuationLength, ByChunk(scores))
            .WithSample(scores);

    /// <summary>
    /// Share of sequences with score 1 along checkpoints, for the chunks that all checkpoints had
    /// read and for those that only the last one had read; canaries are left out.
    /// </summary>
    /// <exception cref="Llm360Exception">No scored checkpoint had read a scored chunk.</exception>
    public static Figure MemorizationGrowth(MemorizationScores scores)
    {
        var checkpoints = scores.Checkpoints.Where(c => scores.Seen(c).Count > 0).ToList();
        RequireNotEmpty(checkpoints, nameof(MemorizationGrowth), "checkpoints that have read a scored chunk");
        List<ExtractibleSeries> series = [Series($"the chunks read by {checkpoints[0]}", true, 0, checkpoints[0].RequireChunksSeen())];
        if (checkpoints.Count > 1 && scores.Unread(checkpoints[^2]).Count > 0)
            series.Add(Series($"the chunks not read by {checkpoints[^2]}", false, checkpoints[^2].RequireChunksSeen(), int.MaxValue));
        return MemorizationGrowth(scores.Suite.Name, scores.Settings.PromptLength, scores.Settings.ContinuationLength,
            [.. checkpoints.Select(c => (c.Name, c.RequireChunksSeen()))], series).WithSample(scores);

        ExtractibleSeries Series(string name, bool read, int first, int end)
        {
            var counts = checkpoints.ConvertAll(c =>
            {
                // Counted row by row, because a grid of Amber has millions of rows.
                var (extractible, sequences) = (0L, 0L);
                foreach (var row in scores.CellsOf(c).Where(cell => cell.Chunk.Index >= first && cell.Chunk.Index < end)
                    .SelectMany(cell => cell.Rows).Where(r => r.CanaryRepetitions is null))
                {
                    sequences++;
                    extractible += row.Extractible ? 1 : 0;
                }

                return (Extractible: extractible, Sequences: sequences);
            });
            return new(name, read, [.. counts.Select(c => c.Extractible)], [.. counts.Select(c => c.Sequences)]);
        }
    }

    /// <summary>
    /// The mean score of every chunk, seen or not, of each checkpoint; canaries left out.
    /// </summary>
    internal static IReadOnlyList<ChunkScores> ByChunk(MemorizationScores scores)
    {
        return [.. scores.Checkpoints.Select(Line)];

        ChunkScores Line(Checkpoint checkpoint)
        {
            var cells = scores.CellsOf(checkpoint)
                .Select(c => (
                    c.Chunk.Index,
                    Scores: c.Rows.Where(r => r.CanaryRepetitions is null).Select(r => r.Score).ToList()))
                .ToList();
            var intervals = cells.ConvertAll(c => Intervals.Mean(c.Scores));
            return new ChunkScores(
                checkpoint.Name,
                scores.Suite.Progress(checkpoint),
                checkpoint.ChunksSeen > 0 ? checkpoint.ChunksSeen - 1 : null,
                [.. cells.Select(c => c.Index)],
                [.. cells.Select(c => c.Scores.Average())],
                [.. intervals.Select(i => i.Low)],
                [.. intervals.Select(i => i.High)],
                [.. cells.Select(c => c.Scores.Count)]);
        }
    }

    /// <summary>
    /// Pearson's r of the scores and of k-extractibility between checkpoints, over the sequences
    /// that both have seen, and of the scores over those that neither has; canaries are left out.
    /// </summary>
    public static Figure CheckpointCorrelation(MemorizationScores scores)
    {
        var checkpoints = scores.Checkpoints.Where(c => c.ChunksSeen > 0).ToList();
        var largest = checkpoints.Count == 0 ? 0 : scores.Seen(checkpoints[^1]).Count;
        return CheckpointCorrelation(
            scores.Suite.Name,
            [.. checkpoints.Select(c => c.Name)],
            largest,
            [
                Matrix("memorization score", scores.Seen, r => r.Score),
                Matrix("memorization score", scores.Unread, r => r.Score) with { IsUnread = true },
                Matrix("k-extractible", scores.Seen, r => r.Extractible ? 1 : 0),
            ]).WithSample(scores);

        CorrelationMatrix Matrix(
            string quantity, Func<Checkpoint, IReadOnlyList<MemorizationRow>> rows, Func<MemorizationRow, double> value)
        {
            var pairs = MemorizationScores.Correlations(checkpoints, rows, value);
            return new(quantity, [.. pairs.Select(row => row.Select(p => p.R).ToList())])
            {
                Sequences = [.. pairs.Select(row => row.Select(p => p.Count).ToList())],
            };
        }
    }

    private static Figure NoLog(Suite suite) => NothingToDraw(suite, "No training log", Tables.NoLog(suite));

    private static Figure NothingToDraw(Suite suite, string what, string why) =>
        Single($"{what}: nothing to draw", suite.Name, why, new Panel("", new Axis(""), new Axis(""), []));

    private static TrainingSeries Series(Suite suite, IReadOnlyList<TrainingStep> steps, Func<TrainingStep, double> value) =>
        new(suite.Name, TokensSeen, [.. steps.Select(s => (double)s.Tokens)], [.. steps.Select(value)]);
}
