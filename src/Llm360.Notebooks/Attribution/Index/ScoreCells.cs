// The cells of exact methods: scores of the rows of a chunk for held queries, at a checkpoint.
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>The settings of exact scores, besides the suite.</summary>
/// <param name="Method">The method's name.</param>
/// <param name="Queries">Hash of the queries; <c>self</c> for self-influence.</param>
/// <param name="SequencesPerChunk">Rows taken from each chunk; null for all.</param>
/// <param name="Seed">Seed of the sample.</param>
/// <param name="Damping">Damping of curvature methods.</param>
/// <param name="Factors">Hash of the rows that the factors of the curvature come from.</param>
internal sealed record ScoreSettings(
    string Method, string Queries, int? SequencesPerChunk = null, int Seed = 0, double? Damping = null, string? Factors = null);

/// <summary>
/// Scores rows by their gradients and the held gradients of the queries. It makes one gradient pass
/// over the rows at each checkpoint, cell by cell, so that it can be resumed.
/// </summary>
internal sealed class ScoreCells : IDisposable
{
    private const string Scores = "scores", Weights = "weights", Self = "self";
    private readonly AttributionSource source;
    private readonly CheckpointMethod method;
    private readonly RowBatch? queries;
    private readonly FactorCells? factors;
    private readonly Lock gate = new();
    private (string Checkpoint, TensorSet? State, HeldQueries? Held)? current;

    /// <param name="source">Suite and settings.</param>
    /// <param name="method">The method.</param>
    /// <param name="queries">The queries; null for self-influence.</param>
    /// <param name="factors">The store of a curvature method's factors; null for others.</param>
    /// <param name="root">Folder of all results; the workspace's when null.</param>
    public ScoreCells(AttributionSource source, CheckpointMethod method, RowBatch? queries, FactorCells? factors, string? root)
    {
        (this.source, this.method, this.queries, this.factors) = (source, method, queries, factors);
        var of = source.Settings;
        var settings = new ScoreSettings(method.Name, queries is null ? Self : RowHash.Of(queries.Tokens), of.SequencesPerChunk,
            of.SequencesPerChunk is null ? 0 : of.Seed, factors is null ? null : of.Damping, factors?.Hash);
        Store = new(source.Suite, new("attribution-scores", Version: 1, settings, new TensorCells(), Compute)
        {
            UsesOptimizer = method.UsesOptimizer,
            Task = $"{method.Name} on {source.Suite.Name}",
        }, root);
    }

    public ResultStore<IReadOnlyDictionary<string, Tensor>> Store { get; }

    /// <summary>Scores of every checkpoint on every chunk, joined over chunks.</summary>
    public async Task<IReadOnlyList<CheckpointScores>> RunAsync(
        IReadOnlyList<Checkpoint> checkpoints, IReadOnlyList<Chunk> chunks, GridOptions options)
    {
        var run = await Grid.RunAsync(Store, checkpoints, chunks.AsItems(), options).ConfigureAwait(false);
        try
        {
            return [.. checkpoints.Select(checkpoint =>
            {
                using var scope = NewDisposeScope();
                var cells = run.Cells.Where(c => c.Checkpoint == checkpoint).Select(c => c.Content).ToList();
                var joined = cat([.. cells.Select(c => c[Scores])], 1);
                var values = joined.data<double>().ToArray();
                var scores = new double[joined.shape[0], joined.shape[1]];
                Buffer.BlockCopy(values, 0, scores, 0, values.Length * sizeof(double));
                var weights = cells[0].ContainsKey(Weights) ? cat([.. cells.Select(c => c[Weights])]).data<double>().ToArray() : null;
                return new CheckpointScores(scores, weights);
            })];
        }
        finally
        {
            foreach (var cell in run.Cells)
                Store.Analysis.Cells.Release(cell.Content);
        }
    }

    public void Dispose() => Drop();

    private Dictionary<string, Tensor> Compute(GridContext context)
    {
        using var quiet = AmbientWork.Begin(null, context.Cancellation);
        var at = source.Pass(context.Checkpoint, context.Model, 0);
        var rows = source.Rows(context.Chunk, context.Cancellation);
        var (state, held) = At(context.Checkpoint, at);
        if (held is null)
        {
            var self = method.SelfScores(at, state, rows);
            return new() { [Scores] = tensor(self, [1, self.Length]) };
        }

        var result = method.Score(at, state, held, rows);
        var cell = new Dictionary<string, Tensor> { [Scores] = tensor(result.Scores.Cast<double>().ToArray(), [held.Count, rows.Count]) };
        if (result.RowWeights is { } weights)
            cell.Add(Weights, tensor(weights));
        return cell;
    }

    // A grid works on one checkpoint at a time, so the tensors of the previous one are freed.
    private (TensorSet? State, HeldQueries? Held) At(Checkpoint checkpoint, CheckpointPass at)
    {
        lock (gate)
        {
            if (current is { } present && present.Checkpoint == checkpoint.Name)
                return (present.State, present.Held);
            Drop();
            var state = factors is not null ? factors.Read(checkpoint) : method.Fit(at, new RowBatch([], _ => ""));
            try
            {
                var held = queries is null ? null : method.Hold(at, state, queries);
                current = (checkpoint.Name, state, held);
                return (state, held);
            }
            catch
            {
                state?.Dispose();
                throw;
            }
        }
    }

    private void Drop()
    {
        current?.State?.Dispose();
        current?.Held?.Dispose();
        current = null;
    }
}
