// The figure of stored results, read from the store alone.
using System.Globalization;
using System.Text.Json;

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>Draws the stored results of an analysis.</summary>
internal static class StoredFigure
{
    private const string Memorization = "memorization", Evaluation = "evaluation", HeldOutLoss = "held-out-loss";

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>
    /// The figure of an analysis: scores by chunk, curves of tasks, or held-out loss.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// It has no figure, the suite cannot be opened, or no stored cell belongs to the suite as it
    /// is now.
    /// </exception>
    public static async Task<Figure> OfAsync(StoredAnalysis stored, IProgress<WorkProgress> progress, CancellationToken cancellation)
    {
        var options = new GridOptions { AnyDevice = true, Device = Device.Cpu, Progress = progress, Cancellation = cancellation };
        var suite = Suites.Open(stored.Suite);
        return stored.Analysis switch
        {
            Memorization => await OfMemorizationAsync(stored, suite, options).ConfigureAwait(false),
            Evaluation => await OfEvaluationAsync(stored, suite, options).ConfigureAwait(false),
            HeldOutLoss => Figures.HeldOutLoss(await suite
                .HeldOutLossAsync(Checkpoints(suite, stored.Cells().Select(c => c.Checkpoint)), options).ConfigureAwait(false)),
            _ => throw new Llm360Exception($"The analysis {stored.Analysis} has no figure of its own.", stored.Folder,
                "Plot memorization, evaluation or held-out-loss. Notebook 05 draws attribution."),
        };
    }

    private static async Task<Figure> OfMemorizationAsync(StoredAnalysis stored, Suite suite, GridOptions options)
    {
        var analysis = suite.Memorization(stored.Settings.Deserialize<MemorizationSettings>(Json));
        var (checkpoints, keys) = Whole(stored, analysis.Store, suite, key =>
            new ChunkItem(suite.Chunk(int.Parse(key, CultureInfo.InvariantCulture))));
        var chunks = suite.Chunks.Where(c => keys.Contains(c.Index.ToString(CultureInfo.InvariantCulture))).ToList();
        var scores = await analysis.ScoreAsync(checkpoints, chunks, options).ConfigureAwait(false);
        return chunks.Count > 1 ? Figures.MemorizationByChunk(scores) : Figures.MemorizationHistogram(scores);
    }

    private static async Task<Figure> OfEvaluationAsync(StoredAnalysis stored, Suite suite, GridOptions options)
    {
        var settings = stored.Settings.Deserialize<EvaluationSettings>(Json)!;
        string[] tasks = [.. stored.Cells().Select(c => c.Key).Distinct()];
        var every = suite.Evaluation(tasks, settings);
        var items = every.Items.ToDictionary(i => i.Key);
        var (checkpoints, keys) = Whole(stored, every.Store, suite, key => items[key]);
        var scores = await suite.Evaluation([.. tasks.Where(keys.Contains)], settings).RunAsync(checkpoints, options).ConfigureAwait(false);
        return Figures.Evaluation(scores);
    }

    // The largest part of the grid that is complete. Cells of other weights or rows do not count:
    // they would be recomputed, and this command computes nothing.
    private static (IReadOnlyList<Checkpoint> Checkpoints, HashSet<string> Keys) Whole<T>(
        StoredAnalysis stored, ResultStore<T> store, Suite suite, Func<string, GridItem> item)
    {
        var found = stored.Cells().GroupBy(c => c.Checkpoint)
            .Select(cells => (Checkpoint: suite.Checkpoints.FirstOrDefault(c => c.Name == cells.Key), Cells: cells))
            .Where(c => c.Checkpoint is not null)
            .Select(c => (c.Checkpoint, Keys: c.Cells.Where(cell => store.Contains(c.Checkpoint!, item(cell.Key)))
                .Select(cell => cell.Key).ToHashSet()))
            .Where(c => c.Keys.Count > 0).ToList();
        if (found.Count == 0 || store.Folder != stored.Folder)
        {
            throw new Llm360Exception($"No cell of {stored.Name} belongs to the suite as it is now.", stored.Folder,
                "Compute them again, or plot other results: llm360 results list names them.");
        }

        var keys = found.Select(c => c.Keys).MaxBy(k => k.Count * found.Count(c => c.Keys.IsSupersetOf(k)))!;
        return (Checkpoints(suite, found.Where(c => c.Keys.IsSupersetOf(keys)).Select(c => c.Checkpoint!.Name)), keys);
    }

    private static List<Checkpoint> Checkpoints(Suite suite, IEnumerable<string> names)
    {
        var chosen = names.ToHashSet();
        return [.. suite.Checkpoints.Where(c => chosen.Contains(c.Name))];
    }
}
