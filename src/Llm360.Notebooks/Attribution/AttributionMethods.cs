// The methods by name, and their construction.
namespace Llm360.Notebooks;

/// <summary>Names of methods, and a factory for them.</summary>
internal static class AttributionMethods
{
    /// <summary>The self-influence of rows, which needs no queries.</summary>
    public const string SelfInfluence = "self_influence";

    private static readonly (AttributionMethod Method, string[] Names)[] All =
    [
        (AttributionMethod.TracIn, ["tracin"]),
        (AttributionMethod.TracInLinear, ["tracin_linear"]),
        (AttributionMethod.TracInHead, ["tracin_head"]),
        (AttributionMethod.GradDot, ["graddot"]),
        (AttributionMethod.GradCos, ["gradcos"]),
        (AttributionMethod.Less, ["less"]),
        (AttributionMethod.LoGraDot, ["logra.dot"]),
        (AttributionMethod.LoGra, ["logra.preconditioned", "logra"]),
        (AttributionMethod.TrakLast, ["trak.last"]),
        (AttributionMethod.Trak, ["trak.mean", "trak"]),
        (AttributionMethod.EkFac, ["ekfac"]),
        (AttributionMethod.EkFacAuto, ["ekfac_auto"]),
        (AttributionMethod.KFac, ["kfac"]),
        (AttributionMethod.Diagonal, ["diagonal"]),
        (AttributionMethod.Bm25, ["bm25"]),
        (AttributionMethod.NGram, ["ngram4", "ngram"]),
        (AttributionMethod.CommonRun, ["common_run"]),
        (AttributionMethod.RowLength, ["row_length"]),
        (AttributionMethod.RowLoss, ["row_loss"]),
        (AttributionMethod.Random, ["random"]),
    ];

    /// <summary>The first name of every method.</summary>
    public static IReadOnlyList<string> Names => [.. All.Select(m => m.Names[0])];

    /// <summary>The first name of a method.</summary>
    public static string NameOf(AttributionMethod method) => All.Single(m => m.Method == method).Names[0];

    /// <summary>The method with a name.</summary>
    /// <exception cref="Llm360Exception">There is none.</exception>
    public static AttributionMethod Parse(string name) =>
        All.FirstOrDefault(m => m.Names.Contains(name)) is { Names: not null } found ? found.Method
        : throw new Llm360Exception(
            $"There is no attribution method {Printable.Value(name)}.", "--method", $"Choose one of {string.Join(", ", Names)}.");

    /// <summary>Makes a method.</summary>
    /// <param name="method">The method.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="projections">
    /// Matrices for LoGra and TRAK; null for seeded ones. It must stay open.
    /// </param>
    /// <exception cref="Llm360Exception">A setting is out of range.</exception>
    public static IAttributionMethod Create(AttributionMethod method, AttributionSettings settings, StateDict? projections = null)
    {
        settings.Checked();
        return method switch
        {
            AttributionMethod.TracIn => new TracIn(),
            AttributionMethod.TracInLinear => new TracInLinear(),
            AttributionMethod.TracInHead => new TracInHead(),
            AttributionMethod.GradDot => new GradDot(),
            AttributionMethod.GradCos => new GradCos(),
            AttributionMethod.Less => new Less(),
            AttributionMethod.LoGraDot => new LoGraDot(Layers()),
            AttributionMethod.LoGra => new LoGra(Layers()),
            AttributionMethod.TrakLast => new Trak("trak.last", false, Signs(), settings),
            AttributionMethod.Trak => new Trak("trak.mean", true, Signs(), settings),
            AttributionMethod.EkFac => new EkFac(settings),
            AttributionMethod.EkFacAuto => new EkFacAuto(settings),
            AttributionMethod.KFac => new KFac(settings),
            AttributionMethod.Diagonal => new Diagonal(settings),
            AttributionMethod.Bm25 => new Bm25(settings.K1, settings.B),
            AttributionMethod.NGram => new NGramOverlap(settings.GramLength),
            AttributionMethod.CommonRun => new CommonRun(),
            AttributionMethod.RowLength => new RowLength(),
            AttributionMethod.RowLoss => new RowLoss(),
            AttributionMethod.Random => new RandomScore(settings.Seed),
            _ => throw new ArgumentOutOfRangeException(nameof(method)),
        };

        GradientProjection Layers() =>
            projections is null ? new SeededProjection(settings.ProjectedSize, settings.Seed) : new LayerFileProjection(projections);

        // TRAK inverts one kernel over all layers. Its side is the length of a row's vector, so
        // half the size per side keeps it at a quarter.
        GradientProjection Signs() => projections is null ? new SeededProjection(Math.Max(1, settings.ProjectedSize / 2), settings.Seed)
            : new SignFileProjection(projections);
    }
}
