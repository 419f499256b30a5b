// Figure: tokens of each source (the paper's table of Amber's data mix).
namespace Llm360.Notebooks;

/// <summary>Number of tokens of one source.</summary>
/// <param name="Source">Label of the source.</param>
/// <param name="Tokens">Tokens in training.</param>
internal sealed record SourceTokens(string Source, double Tokens);

/// <summary>The mix of sources on which a model was trained.</summary>
/// <param name="Model">For example <c>nano</c>.</param>
/// <param name="Sources">Tokens of each.</param>
/// <param name="Published">Taken from a publication, not counted here.</param>
internal sealed record DataMix(string Model, IReadOnlyList<SourceTokens> Sources, bool Published = false)
{
    /// <summary>
    /// Amber's mix as published (arXiv 2312.06550, data mix table), largest source first.
    /// </summary>
    /// <exception cref="Llm360Exception">The published numbers cannot be read.</exception>
    public static DataMix Amber
    {
        get
        {
            var tokens = Papers.Open("llm360").Find("amber.dataMix");
            var sources = (tokens.Labels ?? []).Zip(tokens.Values ?? [], (source, count) => new SourceTokens(source, count));
            return new DataMix("Amber", [.. sources.OrderByDescending(s => s.Tokens)], Published: true);
        }
    }

    internal double Total => Sources.Sum(s => s.Tokens);
}

public static partial class Figures
{
    /// <summary>Tokens of each source, one panel for each mix.</summary>
    /// <param name="mixes">
    /// The measured mix first, then the mixes to compare it with (<see cref="DataMix.Amber"/>).
    /// </param>
    /// <exception cref="Llm360Exception">There is no mix, or one without tokens.</exception>
    internal static Figure DataMix(params IReadOnlyList<DataMix> mixes)
    {
        RequireNotEmpty(mixes, nameof(DataMix), "mixes");
        foreach (var mix in mixes)
        {
            if (!(mix.Total > 0))
            {
                throw new Llm360Exception(
                    "The data mix has no tokens.",
                    $"figure {nameof(DataMix)}, {mix.Model}",
                    "Give the tokens of at least one source.");
            }
        }

        var largest = mixes.Select(m => (Mix: m, Source: m.Sources.MaxBy(s => s.Tokens)!)).ToList();
        var title = $"{FigureText.Percent(largest[0].Source.Tokens / largest[0].Mix.Total)} of {mixes[0].Model}'s tokens "
            + $"come from {largest[0].Source.Source}";
        var subtitle = string.Join("; ", mixes.Select(m =>
            $"{m.Model}: {FigureText.Human(m.Total)} tokens from {m.Sources.Count} sources{(m.Published ? " (published)" : "")}"));
        var finding = string.Join("; ", largest.Select(l =>
            $"{l.Source.Source} is the largest source of {l.Mix.Model}{(l.Mix.Published ? " (published)" : "")} "
            + $"with {FigureText.Percent(l.Source.Tokens / l.Mix.Total)} of {FigureText.Human(l.Mix.Total)} tokens")) + ".";
        var all = string.Join("; ", mixes.Select(m =>
            $"{m.Model}: {string.Join(", ", m.Sources.Select(s => $"{s.Source} {FigureText.Human(s.Tokens)}"))}"));
        return new Figure(title, subtitle, $"{title}. {all}.", [.. mixes.Select(m => MixPanel(m, mixes.Count > 1))], finding);
    }

    private static Panel MixPanel(DataMix mix, bool titled) => new(
        titled ? mix.Model + (mix.Published ? " (published)" : "") : "",
        new Axis("source"),
        new Axis("tokens", Minimum: 0),
        [.. mix.Sources.OrderByDescending(s => s.Tokens).Select((s, i) => new Trace(
            s.Source,
            TraceKind.Bars,
            [i],
            [s.Tokens],
            mix.Published ? TraceRole.Published : TraceRole.Measured,
            Category: s.Source,
            Hover: [$"{s.Source}: {FigureText.Human(s.Tokens)} tokens, {FigureText.Percent(s.Tokens / mix.Total)}"],
            XLabels: [s.Source]))]);
}
