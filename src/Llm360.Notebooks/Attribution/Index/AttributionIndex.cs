// An index that answers queries: which training rows lowered a text's loss.
using System.Collections.Concurrent;

namespace Llm360.Notebooks;

/// <summary>Rows of chosen chunks, ready to be scored at chosen checkpoints.</summary>
public sealed class AttributionIndex
{
    private readonly AttributionAnalysis analysis;
    private readonly Device? device;
    private readonly GridFill fill;
    private readonly IReadOnlyList<AttributionIndex> beside;
    private readonly ConcurrentDictionary<string, TensorSet?> states;
    private readonly Lazy<ITokenizer?> tokenizer;
    private readonly Lazy<IReadOnlyList<RowExposure>> exposures;

    internal AttributionIndex(
        AttributionAnalysis analysis, IReadOnlyList<Checkpoint> checkpoints, IReadOnlyList<Chunk> chunks,
        IReadOnlyList<AttributionRow> rows, FactorCells? factors, Device? device, GridFill fill)
    {
        (this.analysis, Checkpoints, Chunks, Rows, Factors, this.device, this.fill) = (
            analysis, checkpoints, chunks, rows, factors, device, fill);
        (beside, states) = ([], new());
        tokenizer = new(analysis.Suite.TokenizerOrNull, LazyThreadSafetyMode.PublicationOnly);
        exposures = new(() => RowExposure.Of(Rows));
    }

    private AttributionIndex(AttributionIndex other, IReadOnlyList<AttributionIndex> beside)
    {
        (analysis, Checkpoints, Chunks, Rows, Factors, device, fill) =
            (other.analysis, other.Checkpoints, other.Chunks, other.Rows, other.Factors, other.device, other.fill);
        (this.beside, states, tokenizer, exposures) = (beside, other.states, other.tokenizer, other.exposures);
    }

    /// <summary>Method, suite and settings.</summary>
    public AttributionAnalysis Analysis => analysis;

    /// <summary>The checkpoints, in training order.</summary>
    public IReadOnlyList<Checkpoint> Checkpoints { get; }

    /// <summary>The chunks.</summary>
    public IReadOnlyList<Chunk> Chunks { get; }

    /// <summary>The rows, chunk by chunk.</summary>
    public IReadOnlyList<AttributionRow> Rows { get; }

    /// <summary>Its size.</summary>
    public IndexSize Size => new(Rows.Count, Checkpoints.Count, analysis.Vectors is null || Rows.Count == 0 ? 0 : VectorLength());

    /// <summary>
    /// The origin of its cells: <c>36 cells from the store, 0 computed; 9,216 rows x ...</c>.
    /// </summary>
    public string Origin => $"{fill.FromStore} cells from the store, {fill.Computed} computed; {Size}";

    /// <summary>Factors of the curvature; null for methods without.</summary>
    internal FactorCells? Factors { get; }

    /// <summary>The tokenizer; null if the suite has none.</summary>
    internal ITokenizer? Tokenizer => tokenizer.Value;

    /// <summary>The first appearance of each row's text.</summary>
    internal IReadOnlyList<RowExposure> Exposures => exposures.Value;

    /// <summary>
    /// This index with others whose ranks are also shown in results. BM25 is always among them.
    /// </summary>
    /// <param name="others">Indices over the same suite.</param>
    public AttributionIndex Beside(params IReadOnlyList<AttributionIndex> others) => new(this, [.. beside, .. others]);

    /// <summary>Finds the rows that lowered the loss of a text.</summary>
    /// <param name="text">Any text. No begin token is put before it.</param>
    /// <param name="run">Progress and cancellation; the device is that of the index.</param>
    /// <exception cref="Llm360Exception">
    /// As for <see cref="QueryAsync(IReadOnlyList{int[]}, RunOptions?)"/>, or the suite has no
    /// tokenizer.
    /// </exception>
    public async Task<AttributionResult> QueryAsync(string text, RunOptions? run = null) =>
        (await QueryAsync([Encode(text)], run).ConfigureAwait(false))[0];

    /// <summary>The same for several texts, in one pass over the rows.</summary>
    /// <param name="texts">Texts.</param>
    /// <param name="run">As in the other overload.</param>
    public Task<IReadOnlyList<AttributionResult>> QueryAsync(IReadOnlyList<string> texts, RunOptions? run = null) =>
        QueryAsync([.. texts.Select(Encode)], run);

    /// <summary>The same for a training row.</summary>
    /// <param name="row">The row; it is also scored itself.</param>
    /// <param name="run">As in the other overload.</param>
    public async Task<AttributionResult> QueryAsync(AttributionRow row, RunOptions? run = null) =>
        (await QueryAsync([row.TokenIds], run).ConfigureAwait(false))[0];

    /// <summary>
    /// The same for token ids, for example of a canary or of a model's own continuation.
    /// </summary>
    /// <param name="queries">
    /// Token ids, at least two for each query; all but the first are predicted.
    /// </param>
    /// <param name="run">Progress and cancellation; the device is that of the index.</param>
    /// <returns>One result for each query.</returns>
    /// <exception cref="Llm360Exception">
    /// A query is empty, predicts nothing, is longer than the model's positions or has unknown
    /// tokens;
    /// the index is incomplete, damaged, or of other weights or rows; or there is not enough
    /// memory.
    /// </exception>
    public async Task<IReadOnlyList<AttributionResult>> QueryAsync(IReadOnlyList<int[]> queries, RunOptions? run = null)
    {
        foreach (var (i, query) in queries.Index())
        {
            if (query.Length == 0)
                throw new Llm360Exception(
                    "The query is empty.", FormattableString.Invariant($"query {i}"), "Give a text of at least two tokens.");
        }

        var batch = new RowBatch(queries, i => FormattableString.Invariant($"query {i} (counted from 0)"));
        var parts = await PartsAsync(batch, Grid(run)).ConfigureAwait(false);
        var others = new List<(string Name, IReadOnlyList<AttributionResult> Results)>();
        foreach (var other in beside)
            others.Add((other.analysis.Name, await other.QueryAsync(queries, run).ConfigureAwait(false)));
        return [.. queries.Select((query, q) => new AttributionResult(
            this, query, q, parts.Overall(q), [.. Enumerable.Range(0, Checkpoints.Count).Select(c => parts.At(c, q))],
            [.. others.Select(o => (o.Name, o.Results[q]))]))];
    }

    /// <summary>The influence of each row on itself: its score as a query.</summary>
    /// <remarks>
    /// LoGra and TRAK use the stored vectors. Other methods compute the gradients of all rows once
    /// and store the scores.
    /// </remarks>
    /// <param name="run">Progress and cancellation; the device is that of the index.</param>
    /// <returns>One score for each of <see cref="Rows"/>, in the method's unit.</returns>
    /// <exception cref="Llm360Exception">
    /// The method does not define it, or the index cannot be read.
    /// </exception>
    public async Task<IReadOnlyList<double>> SelfInfluenceAsync(RunOptions? run = null)
    {
        if (analysis.Scoring is not CheckpointMethod method)
            throw new Llm360Exception(
                $"The method {analysis.Name} has no self-influence.", $"method {analysis.Name}", "Choose tracin, logra or ekfac.");
        if (analysis.Vectors is not null)
            return await Task.Run(() => VectorQuery.SelfScores(this, (ProjectedMethod)method, states)).ConfigureAwait(false);
        var parts = await analysis.ScoreAsync(this, null, Grid(run)).ConfigureAwait(false);
        var scores = method.Combine(parts);
        return [.. Enumerable.Range(0, Rows.Count).Select(i => scores[0, i])];
    }

    /// <summary>Scores of a row's tokens at the last checkpoint.</summary>
    internal async Task<double[]> TokenScoresAsync(int[] query, AttributionRow row)
    {
        if (analysis.Scoring is not CheckpointMethod method)
            throw new Llm360Exception($"A score of {analysis.Name} has no part for each token.", $"method {analysis.Name}",
                "Choose tracin, graddot, logra or ekfac.");
        var checkpoint = Checkpoints[^1];
        using var model = await checkpoint.LoadAsync(device).ConfigureAwait(false);
        return await Task.Run(() =>
        {
            using var quiet = AmbientWork.Begin(null, AmbientWork.Cancellation);
            var at = analysis.Pass(checkpoint, model, Checkpoints.Count - 1);
            using var own = analysis.Vectors is null && Factors is null ? method.Fit(at, new RowBatch([], _ => ""))
                : Factors?.Read(checkpoint);
            var state = analysis.Vectors is null ? own : VectorQuery.StateOf(this, (ProjectedMethod)method, at, checkpoint, states);
            using var held = method.Hold(at, state, new RowBatch([query], _ => "query"));
            return method.TokenScores(at, state, held, 0, new RowBatch([row.TokenIds], _ => row.ToString()));
        }).ConfigureAwait(false);
    }

    private async Task<QueryScores> PartsAsync(RowBatch queries, GridOptions options)
    {
        if (analysis.Scoring is TextMethod text)
        {
            var scores = await Task.Run(() => text.Score(queries.Tokens, [.. Rows.Select(r => r.TokenIds)])).ConfigureAwait(false);
            return new QueryScores(scores, [.. Checkpoints.Select(_ => scores)]);
        }

        var method = (CheckpointMethod)analysis.Scoring;
        var parts = analysis.Vectors is not null
            ? await VectorQuery.RunAsync(this, (ProjectedMethod)method, queries, states, device, options).ConfigureAwait(false)
            : await analysis.ScoreAsync(this, queries, options).ConfigureAwait(false);
        return new QueryScores(method.Combine(parts), [.. parts.Select(p => method.Combine([p]))]);
    }

    private GridOptions Grid(RunOptions? run) =>
        new() { Device = device, Progress = run?.Progress, Cancellation = run?.Cancellation };

    private long VectorLength() =>
        ((ProjectedMethod)analysis.Scoring).Projection.Parts(Checkpoints[0].ConfigAsync().GetAwaiter().GetResult()).Sum();

    private int[] Encode(string text) => (Tokenizer ?? throw new Llm360Exception(
        $"The suite {analysis.Suite.Name} has no tokenizer, so a text has no tokens.", $"suite {analysis.Suite.Name}",
            "Ask with token ids.")).Encode(text);

    /// <summary>Scores of several queries, overall and at each checkpoint.</summary>
    private sealed record QueryScores(double[,] All, IReadOnlyList<double[,]> Checkpoints)
    {
        public double[] Overall(int query) => Of(All, query);

        public double[] At(int checkpoint, int query) => Of(Checkpoints[checkpoint], query);

        private static double[] Of(double[,] scores, int query) =>
            [.. Enumerable.Range(0, scores.GetLength(1)).Select(i => scores[query, i])];
    }
}
