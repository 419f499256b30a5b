// How figures and tables describe the choice of sequences.

namespace Llm360.Notebooks;

/// <summary>The sequences that were scored, in words.</summary>
internal static class SampleText
{
    private const int MaximumSources = 8;

    /// <summary>The subject of a statement: <c>the sampled sequences</c>.</summary>
    public static string Subject(MemorizationSettings settings) => settings switch
    {
        { SequencesPerChunk: null } => "all sequences of the scored chunks",
        { Sampling: RowSampling.First, SequencesPerChunk: { } n } => $"the first {FigureText.Count(n)} sequences of each chunk",
        _ => "the sampled sequences",
    };

    /// <summary>How the sequences were chosen, and their mix of sources.</summary>
    /// <returns>
    /// For example <c>64 sequences sampled from each chunk: netcore 45%, aspnet 20%</c>.
    /// </returns>
    public static string Of(MemorizationScores scores) => Of(scores.Settings, scores.Sources);

    /// <inheritdoc cref="Of(MemorizationScores)"/>
    public static string Of(CounterfactualMemorization scores) =>
        Of(scores.Settings, scores.Rows.Where(r => r.CanaryRepetitions is null).Select(r => r.Source));

    /// <summary>The figure with the choice of sequences in its subtitle.</summary>
    public static Figure WithSample(this Figure figure, MemorizationScores scores) => With(figure, Of(scores));

    /// <inheritdoc cref="WithSample(Figure, MemorizationScores)"/>
    public static Figure WithSample(this Figure figure, CounterfactualMemorization scores) => With(figure, Of(scores));

    /// <summary>
    /// How the sequences were chosen: <c>64 sequences sampled from each chunk</c>.
    /// </summary>
    public static string Choice(MemorizationSettings settings) => settings switch
    {
        { SequencesPerChunk: null } => "all sequences of each chunk",
        { Sampling: RowSampling.First, SequencesPerChunk: { } n } => $"the first {FigureText.Count(n)} sequences of each chunk",
        _ => $"{FigureText.Count(settings.SequencesPerChunk!.Value)} sequences sampled from each chunk",
    };

    private static string Of(MemorizationSettings settings, IEnumerable<string> rows)
    {
        var choice = Choice(settings);
        var sources = rows.CountBy(s => s).OrderByDescending(s => s.Value).ThenBy(s => s.Key, StringComparer.Ordinal).ToList();
        if (sources.All(s => s.Key.Length == 0))
            return choice;
        var total = (double)sources.Sum(s => s.Value);
        var shown = sources.Take(MaximumSources)
            .Select(s => $"{(s.Key.Length == 0 ? "no source named" : s.Key)} {FigureText.Percent(Math.Round(s.Value / total, 2))}");
        var others = sources.Count > MaximumSources ? $", {sources.Count - MaximumSources} more" : "";
        return $"{choice}: {string.Join(", ", shown)}{others}";
    }

    private static Figure With(Figure figure, string sample)
    {
        var subtitle = $"{figure.Subtitle}; {sample}";
        return figure with
        {
            Subtitle = subtitle,
            AltText = figure.AltText.Contains(figure.Subtitle, StringComparison.Ordinal)
                ? figure.AltText.Replace(figure.Subtitle, subtitle, StringComparison.Ordinal)
                : $"{figure.AltText} {sample}.",
        };
    }
}
