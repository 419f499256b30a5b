// Figures of Crystal: the mix of each phase, and language against code (the paper's figure 11).
namespace Llm360.Notebooks;

public static partial class Figures
{
    private const string CrystalCoder = "CrystalCoder";

    /// <summary>The published mix of every phase of a suite, one panel for each phase.</summary>
    /// <param name="suite">
    /// A suite whose phases have published mixes in the paper: <c>crystal</c>. For another suite,
    /// the figure says that there is nothing to draw.
    /// </param>
    public static Figure DataMixByPhase(Suite suite)
    {
        ArgumentNullException.ThrowIfNull(suite);
        var numbers = Papers.Open("llm360").Numbers;
        List<DataMix> mixes = [];
        foreach (var phase in suite.Phases)
        {
            var mix = numbers.FirstOrDefault(n => n.Name == $"{suite.Name}.dataMix.{phase.Name}");
            if (mix is not { Labels: { } labels, Values: { } shares } || phase.AllTokens is not { } tokens)
                continue;
            var sources = labels.Zip(shares, (label, share) => new SourceTokens(label, share * tokens));
            mixes.Add(new DataMix(phase.Name, [.. sources], Published: true));
        }

        return mixes.Count > 0 ? Named(DataMix(mixes)) : NothingToDraw(
            suite, "No mix of a phase", $"The shares of the sources in the phases of {suite.Name} are not published numbers of the kit.");

        Figure Named(Figure figure)
        {
            var largest = mixes.Select(m => m.Sources.MaxBy(s => s.Tokens)!.Source);
            var title = $"The largest source of {suite.Name} in each phase: {string.Join(", then ", largest)}";
            var subtitle = $"{suite.Name}; {figure.Subtitle}";
            return figure with { Title = title, Subtitle = subtitle, AltText = $"{title}. {subtitle}. {figure.Finding}" };
        }
    }

    /// <summary>
    /// The mean of language benchmarks against the mean of code benchmarks, one point for each
    /// model.
    /// The means are computed.
    /// </summary>
    public static Figure LanguageAgainstCode()
    {
        var table = Papers.Open("llm360").FindTable("crystal-results");
        List<LanguageAndCode> models = [];
        foreach (var row in table.Rows)
        {
            if (table.Computed(row, "language") is { } language && table.Computed(row, "code") is { } code)
                models.Add(new LanguageAndCode(PublishedTable.Text(row, "model")!, language, code));
        }

        RequireNotEmpty(models, nameof(LanguageAgainstCode), "models with both means");
        var best = models.Where(m => !models.Exists(o => o.Language > m.Language && o.Code > m.Code))
            .OrderByDescending(m => m.Language).ToList();
        var title = $"{string.Join(" and ", best.Select(m => m.Name))} {(best.Count == 1 ? "is" : "are")} "
            + "not surpassed by any model in both language and code";
        var missing = table.Rows.Count - models.Count;
        var finding = models.Find(m => m.Name == CrystalCoder) is { } crystal
            ? $"{CrystalCoder} is number {Rank(m => m.Language, crystal)} of {models.Count} in language "
              + $"({FigureText.Number(crystal.Language)}%) "
              + $"and number {Rank(m => m.Code, crystal)} in code ({FigureText.Number(crystal.Code)}%)."
            : $"{best[0].Name} is best in language with {FigureText.Number(best[0].Language)}%.";
        var left = missing == 0 ? "" : $"; {missing} without language results left out";
        var points = models.Select(m =>
            new Trace(m.Name, TraceKind.Points, [m.Language], [m.Code], TraceRole.Published, Category: m.Name));
        var horizontal = new Axis("language: mean of ARC-C, HellaSwag, MMLU, TruthfulQA (%)");
        var vertical = new Axis("code: mean of HumanEval, MBPP (%)", Minimum: 0);
        return Single(
            title, $"n = {models.Count} models ({table.Source}); means computed from the columns{left}", finding,
            new Panel("", horizontal, vertical, [.. points]));

        int Rank(Func<LanguageAndCode, double> value, LanguageAndCode own) => 1 + models.Count(m => value(m) > value(own));
    }

    private sealed record LanguageAndCode(string Name, double Language, double Code);
}
