// Figures of the memorization analyses: converts their results to the numbers that figures take.

namespace Llm360.Notebooks;

public static partial class Figures
{
    private const string OrdinaryText = "ordinary text";

    /// <summary>
    /// Number of canary groups that a figure draws beside ordinary text.
    /// </summary>
    private const int CanaryLines = 3;

    /// <summary>
    /// Precision and recall of forecasting the last checkpoint's extractible sequences. If no
    /// earlier checkpoint has seen any, the share extractible from the last checkpoint.
    /// </summary>
    /// <exception cref="Llm360Exception">The last checkpoint has seen nothing.</exception>
    public static Figure Forecast(MemorizationForecast forecast)
    {
        var (suite, last) = (forecast.Scores.Suite.Name, forecast.Last.Name);
        var (k, l) = (forecast.PromptLength, forecast.ContinuationLength);
        if (forecast.Rows.Count == 0)
        {
            var extractible = forecast.Scores.Seen(forecast.Last)
                .Select(r => ExtractionLengths.Of(forecast.Scores, k, l).IsExtractible(r) ? 1.0 : 0);
            return NoForecast(suite, k, l, new MeasuredGroup(last, [.. extractible], AreShares: true)).WithSample(forecast.Scores);
        }

        var names = forecast.Scores.Checkpoints.ToDictionary(c => c.RequireIndex(), c => c.Name);
        return Forecast(suite, k, l, last, Points(forecast.Rows), Points(forecast.Unread)).WithSample(forecast.Scores);

        List<ForecastPoint> Points(IEnumerable<ForecastRow> rows) =>
        [
            .. rows.Select(r => new ForecastPoint(names[r.Checkpoint], r.Checkpoint, r.Sequences, r.Both, r.OnlyEarlier, r.OnlyLast)),
        ];
    }

    /// <summary>
    /// Memorization against exact duplicates: the mean score for the lengths that were scored, the
    /// extractible share for shorter lengths.
    /// </summary>
    /// <exception cref="Llm360Exception">The checkpoint has seen nothing.</exception>
    public static Figure ScoreByDuplicates(DuplicateScores duplicates)
    {
        if (duplicates.NotCounted is not null)
            return NotCounted(duplicates);
        var settings = duplicates.Scores.Settings;
        var isExact = duplicates.CountedLength == duplicates.PromptLength + duplicates.ContinuationLength;
        var asScored = (duplicates.PromptLength, duplicates.ContinuationLength) == (settings.PromptLength, settings.ContinuationLength);
        return ScoreByDuplicates(
            duplicates.Scores.Suite.Name,
            duplicates.Checkpoint.Name,
            duplicates.PromptLength,
            duplicates.ContinuationLength,
            asScored ? "mean memorization score" : "share extractible",
            !asScored,
            [.. duplicates.Rows.DistinctBy(r => (r.Chunk, r.Canary, r.Canary is null ? r.Row : -1)).Select(Point)],
            isExact ? null : $"the {duplicates.CountedLength} tokens around the continuation's start",
            duplicates.Baseline?.Select<DuplicatePoint>(of => [.. of.Select(Point)])).WithSample(duplicates.Scores);

        DuplicatePoint Point(DuplicateRow r) =>
            new(r.Duplicates, asScored ? r.Score : r.Extractible ? 1 : 0, r.CanaryRepetitions is not null);
    }

    /// <summary>
    /// The extractible sequences of ordinary text: recited, reconstructed, recollected.
    /// </summary>
    public static Figure RecallClasses(RecallClasses classes)
    {
        var of = classes.Duplicates;
        if (of.NotCounted is not null)
            return NotCounted(of);
        (string Name, RecallClass Class)[] shown =
        [
            ("recited", RecallClass.Recite), ("reconstructed", RecallClass.Reconstruct), ("recollected", RecallClass.Recollect),
        ];
        return RecallClasses(
            of.Scores.Suite.Name,
            of.Checkpoint.Name,
            of.PromptLength,
            of.ContinuationLength,
            of.Rows.Count(r => r.CanaryRepetitions is null),
            [.. shown.Select(c => (c.Name, classes.Rows.Count(r => r.Class == c.Class)))],
            (classes.Baseline, of.Baseline) is ({ } extractible, { } all)
                ? new UnreadBaseline<MeasuredGroup>(
                    all.Checkpoint, Shares(extractible.Read, all.Read.Count), Shares(extractible.Unread, all.Unread.Count))
                : null).WithSample(of.Scores);

        List<MeasuredGroup> Shares(IReadOnlyList<RecallRow> rows, int sequences) =>
            [.. shown.Select(c => MeasuredGroup.OfShare(c.Name, rows.Count(r => r.Class == c.Class), sequences))];
    }

    /// <summary>Mean memorization score of each source.</summary>
    /// <exception cref="Llm360Exception">The checkpoint has seen nothing.</exception>
    public static Figure MemorizationBySource(SourceMemorization sources)
    {
        var (scores, settings) = (sources.Scores, sources.Scores.Settings);
        return MemorizationBySource(
            scores.Suite.Name,
            sources.Checkpoint.Name,
            settings.PromptLength,
            settings.ContinuationLength,
            Groups(scores.Seen(sources.Checkpoint)),
            scores.Baseline(sources.Checkpoint)?.Select(Groups)).WithSample(scores);

        static IReadOnlyList<MeasuredGroup> Groups(IEnumerable<MemorizationRow> rows) =>
        [
            .. rows.GroupBy(r => r.Source).OrderBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => new MeasuredGroup(g.Key, [.. g.Select(r => r.Score)])),
        ];
    }

    /// <summary>Number of samples needed to extract the sequences a checkpoint has seen.</summary>
    /// <exception cref="Llm360Exception">The checkpoint has seen nothing.</exception>
    public static Figure SamplesToExtract(ProbabilisticExtraction extraction)
    {
        var settings = extraction.Scores.Settings;
        return SamplesToExtract(
            extraction.Scores.Suite.Name,
            extraction.Checkpoint.Name,
            settings.PromptLength,
            settings.ContinuationLength,
            $"temperature 1, {(extraction.TopK is { } k ? $"top {k}" : "all")} tokens",
            [.. extraction.Rows.Select(r => r.LogPz)],
            extraction.Rows.Count(r => r.Extractible),
            SampleText.Subject(settings),
            extraction.Baseline?.Select<double>(of => [.. of.Select(r => r.LogPz)])).WithSample(extraction.Scores);
    }

    /// <summary>
    /// Cross-entropy of sequences before and after they were read: ordinary text, and canaries by
    /// repetitions.
    /// </summary>
    /// <exception cref="Llm360Exception">Nothing was scored.</exception>
    public static Figure LatentMemorization(LatentMemorization latent)
    {
        var settings = latent.Scores.Settings;
        var groups = latent.Rows.GroupBy(r => r.CanaryRepetitions ?? 0).OrderBy(g => g.Key).ToList();
        var canaries = groups.Where(g => g.Key > 0).ToList().Evenly(CanaryLines);
        var losses = groups.Where(g => g.Key == 0).Concat(canaries).Select(g =>
        {
            var name = GroupName(g.Key);
            var ages = g.GroupBy(r => r.Age).OrderBy(a => a.Key).ToList();
            // A single sequence has no interval.
            if (ages.Exists(a => a.Count() > 1))
                ages.RemoveAll(a => a.Count() == 1);
            return new LossByAge(
                name,
                [.. ages.Select(a => a.Key)],
                [.. ages.Select(a => new MeasuredGroup(name, [.. a.Select(r => r.Loss)]))]);
        });
        return LatentMemorization(
            latent.Scores.Suite.Name, settings.PromptLength, settings.ContinuationLength, [.. losses]).WithSample(latent.Scores);
    }

    /// <summary>
    /// How reading its chunk changes the score of a sequence: ordinary text, each of its sources,
    /// and canaries by repetitions.
    /// </summary>
    public static Figure Counterfactual(CounterfactualMemorization counterfactual) => Counterfactual(
        counterfactual.Suite.Name,
        counterfactual.Settings.PromptLength,
        counterfactual.Settings.ContinuationLength,
        counterfactual.Chunks.Count,
        [
            .. Groups(Ordinary(counterfactual), _ => OrdinaryText),
            .. Groups(
                Ordinary(counterfactual).Where(r => r.Source.Length > 0).OrderBy(r => r.Source, StringComparer.Ordinal),
                r => r.Source),
            .. Groups(
                counterfactual.Rows.Where(r => r.CanaryRepetitions is not null).OrderBy(r => r.CanaryRepetitions),
                r => GroupName(r.CanaryRepetitions!.Value)),
        ]).WithSample(counterfactual);

    /// <summary>Exposure of a suite's canaries against their repetitions.</summary>
    public static Figure Exposure(CanaryExposure exposure) => Exposure(
        exposure.Suite.Name,
        exposure.Checkpoint.Name,
        exposure.SecretLength,
        exposure.Alternatives + 1,
        [.. exposure.Rows.Select(r => (r.Repetitions, r.Exposure))]);

    private static IEnumerable<CounterfactualRow> Ordinary(CounterfactualMemorization of) =>
        of.Rows.Where(r => r.CanaryRepetitions is null);

    private static IEnumerable<MeasuredGroup> Groups(IEnumerable<CounterfactualRow> rows, Func<CounterfactualRow, string> name) =>
        rows.GroupBy(name).Select(g => new MeasuredGroup(g.Key, [.. g.Select(r => r.Difference)]));

    private static string GroupName(int repetitions) => repetitions == 0 ? OrdinaryText : $"canary × {repetitions}";

    private static Figure NotCounted(DuplicateScores duplicates) => Single(
        "Copies were not counted: nothing to draw",
        $"{duplicates.Scores.Suite.Name} at {duplicates.Checkpoint}",
        duplicates.NotCounted!,
        new Panel("", new Axis("occurrences in what was read"), new Axis(""), []));
}
