// Open models and the released parts of their training, with a suite of this kit among them.
namespace Llm360.Notebooks;

/// <summary>
/// A model, and which of <see cref="OpenModels.Parts"/> were released; null if unknown.
/// </summary>
internal sealed record OpenModel(string Name, string Release, IReadOnlyList<bool?> Released, double? Tokens, bool IsSuite)
{
    public int Count => Released.Count(r => r == true);
}

/// <summary>The paper's table of open models.</summary>
internal static class OpenModels
{
    private const double Trillion = 1e12;

    /// <summary>
    /// The parts of a training that can be released, which are the columns of the table.
    /// </summary>
    public static readonly IReadOnlyList<string> Parts =
        ["code", "config", "modelCheckpoints", "optimizerCheckpoints", "dataMix", "dataOrder", "data"];

    public static PublishedTable Table => Papers.Open("llm360").FindTable("landscape");

    public static int IndexOf(this IReadOnlyList<string> parts, string part) => parts.Index().First(p => p.Item == part).Index;

    /// <summary>All models. The suite comes first, unless the table has a row for it.</summary>
    public static IReadOnlyList<OpenModel> With(Suite suite)
    {
        List<OpenModel> models = [.. Table.Rows.Select(row => new OpenModel(
            PublishedTable.Text(row, "model")!,
            PublishedTable.Text(row, "release") ?? "",
            [.. Parts.Select(p => PublishedTable.Flag(row, p))],
            PublishedTable.Number(row, "tokens") * Trillion,
            suite.Repository is not null && IsOf(suite.Name, PublishedTable.Text(row, "suite"))))];
        return models.Any(m => m.IsSuite) ? models : [Here(suite), .. models];
    }

    // Pythia has a row for all of its sizes.
    private static bool IsOf(string suite, string? name) =>
        name is not null && (suite == name || suite.StartsWith(name + "-", StringComparison.Ordinal));

    private static OpenModel Here(Suite suite)
    {
        var isTrainedHere = suite.Recipe is not null;
        var hasOptimizer = isTrainedHere ? suite.Checkpoints.Any(c => c.OptimizerPath is not null)
            : suite.Manifest.Checkpoints is { Optimizer: not null } or { OptimizerRepository: not null };
        return new OpenModel(
            suite.Name,
            isTrainedHere ? "trained here" : "",
            [
                Known(isTrainedHere), Known(isTrainedHere), suite.Checkpoints.Count > 1, Known(hasOptimizer),
                Known(isTrainedHere), Known(isTrainedHere), Known(suite.Chunks.Count > 0),
            ],
            suite.TrainedTokens,
            IsSuite: true);

        // A part that a manifest does not name may still have been released.
        bool? Known(bool released) => released ? true : isTrainedHere ? false : null;
    }
}
