// Attribution of a suite by one method: its cost, and the index that answers queries.

namespace Llm360.Notebooks;

/// <summary>Training-data attribution of a suite by one method.</summary>
/// <remarks>
/// LoGra and TRAK store a vector for each row. A query then costs one forward and backward pass,
/// and one matrix product per checkpoint. EK-FAC, K-FAC and diagonal store factors of the
/// curvature. These and all other gradient methods compute the gradients of all rows for each
/// query: one gradient pass over the rows per checkpoint, stored in the results store cell by cell.
/// Text methods store nothing.
/// </remarks>
public sealed class AttributionAnalysis
{
    private readonly string? root;
    private readonly AttributionSource source;

    internal AttributionAnalysis(Suite suite, AttributionMethod method, AttributionSettings? settings = null, string? root = null)
    {
        (Suite, Method, Settings, this.root) = (suite, method, (settings ?? new()).Checked(), root);
        source = new AttributionSource(suite, Settings);
        Scoring = AttributionMethods.Create(method, Settings);
        if (Scoring is ProjectedMethod projected)
            Vectors = new VectorCells(source, projected, IsTrak ? Math.Max(1, Settings.ProjectedSize / 2) : Settings.ProjectedSize, root);
    }

    /// <summary>The suite.</summary>
    public Suite Suite { get; }

    /// <summary>The method.</summary>
    public AttributionMethod Method { get; }

    /// <summary>Its settings.</summary>
    public AttributionSettings Settings { get; }

    /// <summary>The method's name on the command line and in columns.</summary>
    public string Name => Scoring.Name;

    /// <summary>Unit of a score.</summary>
    public string Unit => Scoring.Unit;

    /// <summary>How the method scores.</summary>
    internal IAttributionMethod Scoring { get; }

    /// <summary>Vectors of rows; null for methods that store none.</summary>
    internal VectorCells? Vectors { get; }

    private bool IsTrak => Method is AttributionMethod.Trak or AttributionMethod.TrakLast;

    /// <summary>The size of an index. Rows are read to count them.</summary>
    /// <param name="checkpoints">The last one when null.</param>
    /// <param name="chunks">All of the suite's when null.</param>
    /// <exception cref="Llm360Exception">A chunk cannot be read.</exception>
    public IndexSize Size(IReadOnlyList<Checkpoint>? checkpoints = null, IReadOnlyList<Chunk>? chunks = null)
    {
        var chosen = Checkpoints(checkpoints);
        var rows = (chunks ?? Suite.Chunks).Sum(c => (long)AttributionRows.Of(Suite, c, Settings, AmbientWork.Cancellation).Count);
        return Size(chosen, rows);
    }

    /// <summary>Builds the index, or completes it: cells in the results store are kept.</summary>
    /// <param name="checkpoints">In any order; the last one of the suite when null.</param>
    /// <param name="chunks">All of the suite's when null, seen by the checkpoints or not.</param>
    /// <param name="options">
    /// Device, progress and other options; the defaults when null. The first report of progress
    /// states the size.
    /// </param>
    /// <returns>An index that answers queries.</returns>
    /// <exception cref="Llm360Exception">
    /// A checkpoint or chunk is missing, a row has no gradient, the projection does not fit in
    /// memory, a cell cannot be written, or LESS finds no optimizer file. Computed cells are kept.
    /// </exception>
    public async Task<AttributionIndex> IndexAsync(
        IReadOnlyList<Checkpoint>? checkpoints = null,
        IReadOnlyList<Chunk>? chunks = null,
        GridOptions? options = null)
    {
        options ??= new GridOptions();
        var (chosen, from) = (Checkpoints(checkpoints), chunks ?? Suite.Chunks);
        var (rows, factors, fill) = await FillAsync(chosen, from, options).ConfigureAwait(false);
        return new AttributionIndex(this, chosen, from, rows, factors, options.Device, fill);
    }

    /// <summary>Computes the cells of the index, or of a shard of it.</summary>
    internal async Task<(IReadOnlyList<AttributionRow> Rows, FactorCells? Factors, GridFill Fill)> FillAsync(
        IReadOnlyList<Checkpoint> checkpoints, IReadOnlyList<Chunk> chunks, GridOptions options)
    {
        if (chunks.Count == 0)
            throw new Llm360Exception(
                $"No chunk of {Suite.Name} was chosen.", $"suite {Suite.Name}", "Choose chunks whose rows are to be scored.");
        var stop = options.Cancellation ?? AmbientWork.Cancellation;
        if (Scoring is CheckpointMethod { UsesOptimizer: true })
            RequireOptimizers(checkpoints);
        var there = options.SkipMissing ? Existing(chunks) : chunks;
        var rows = await Task.Run(() => there.SelectMany(c => AttributionRows.Of(Suite, c, Settings, stop)).ToList(), stop)
            .ConfigureAwait(false);
        var size = Size(checkpoints, rows.Count);
        (options.Progress ?? AmbientWork.Progress)?.Report(new WorkProgress($"index {Suite.Name}", 0, rows.Count, "rows", size.ToString()));
        var batch = rows.ToBatch(r => r.ToString());
        if (Vectors is { } vectors)
            return (rows, null, await Grid.FillAsync(vectors.Store, checkpoints, chunks.AsItems(), options).ConfigureAwait(false));
        if (Scoring is not CurvatureMethod)
            return (rows, null, new GridFill(0, 0));
        var factors = new FactorCells(source, FactorCells.Choose(batch, Settings.FactorRows), root);
        return (rows, factors, await Grid.FillAsync(factors.Store, checkpoints, [factors.Item], options).ConfigureAwait(false));
    }

    /// <summary>Exact scores of rows for queries; null queries give self-influence.</summary>
    internal async Task<IReadOnlyList<CheckpointScores>> ScoreAsync(
        AttributionIndex index, RowBatch? queries, GridOptions options)
    {
        using var cells = new ScoreCells(source, (CheckpointMethod)Scoring, queries, index.Factors, root);
        return await cells.RunAsync(index.Checkpoints, index.Chunks, options).ConfigureAwait(false);
    }

    /// <summary>A checkpoint as methods use it.</summary>
    internal CheckpointPass Pass(Checkpoint checkpoint, LanguageModel model, int number) => source.Pass(checkpoint, model, number);

    /// <summary>Chunks whose file exists or is on the Hub.</summary>
    internal static IReadOnlyList<Chunk> Existing(IReadOnlyList<Chunk> chunks) =>
        [.. chunks.Where(c => c.IsOnHub || File.Exists(c.Path))];

    /// <summary>Refuses the command that fills an index for a method without an index.</summary>
    /// <exception cref="Llm360Exception">The method stores nothing.</exception>
    internal void RequireIndex()
    {
        if (Vectors is null && Scoring is not CurvatureMethod)
        {
            throw new Llm360Exception($"The method {Name} keeps nothing: a query computes everything.", "--method",
                $"Ask with llm360 attribute, or fill an index of {string.Join(", ", "logra", "trak", "ekfac")}.");
        }
    }

    private List<Checkpoint> Checkpoints(IReadOnlyList<Checkpoint>? chosen)
    {
        if (Suite.Checkpoints.Count == 0)
            throw new Llm360Exception($"The suite {Suite.Name} has no checkpoint.", Suite.Folder, $"Run: llm360 train {Suite.Name}");
        List<Checkpoint> all = [.. (chosen ?? [Suite.Checkpoints[^1]]).OrderBy(c => c.RequireIndex())];
        foreach (var checkpoint in all)
            checkpoint.RequireChunksSeen();
        return all.Count > 0 ? all : throw new Llm360Exception("No checkpoint was chosen.", $"suite {Suite.Name}", "Choose at least one.");
    }

    private IndexSize Size(IReadOnlyList<Checkpoint> checkpoints, long rows)
    {
        if (Scoring is not ProjectedMethod method)
            return new IndexSize(rows, checkpoints.Count, 0);
        // Every checkpoint of a suite has the same shape.
        var config = checkpoints[0].ConfigAsync().GetAwaiter().GetResult();
        return new IndexSize(rows, checkpoints.Count, method.Projection.Parts(config).Sum());
    }

    private void RequireOptimizers(IReadOnlyList<Checkpoint> checkpoints)
    {
        if (checkpoints.FirstOrDefault(c => c.OptimizerPath is null) is not { } without)
            return;
        List<string> with = [.. Suite.Checkpoints.Where(c => c.OptimizerPath is not null).Select(
            c => c.RequireIndex().ToString(System.Globalization.CultureInfo.InvariantCulture))];
        throw new Llm360Exception(
            $"The checkpoint {without} has no optimizer file, and LESS needs Adam's moments.",
            without.Folder,
            with.Count > 0 ? $"Choose checkpoints that have one: {string.Join(", ", with)}." : "Choose gradcos, which needs none.");
    }
}

/// <summary>Starting an attribution from a suite.</summary>
public static class AttributionOfSuite
{
    /// <summary>Finds the training rows that influenced the output of a suite's models.</summary>
    /// <param name="suite">The suite.</param>
    /// <param name="method">How rows are scored.</param>
    /// <param name="settings">The defaults when null.</param>
    /// <exception cref="Llm360Exception">A setting is out of range.</exception>
    public static AttributionAnalysis Attribution(
        this Suite suite, AttributionMethod method = AttributionMethod.LoGra, AttributionSettings? settings = null) =>
        new(suite, method, settings);
}
