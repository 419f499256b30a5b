// The cells of an index: vectors of projected gradients of the rows of a chunk at a checkpoint.
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>The settings of the vectors, besides the suite.</summary>
/// <param name="Size">Size of each projected side.</param>
/// <param name="Seed">Seed of projection and sample.</param>
/// <param name="Margin">Whether gradients are of the margin instead of the loss.</param>
/// <param name="SequencesPerChunk">Rows taken from each chunk; null for all.</param>
internal sealed record VectorSettings(int Size, int Seed = 0, bool Margin = false, int? SequencesPerChunk = null);

/// <summary>Computes, stores and reads vectors.</summary>
/// <remarks>
/// A cell has the tensors <c>vectors</c> F32 [rows, length], <c>hashes</c> I64 [rows], and
/// <c>weights</c> F64 [rows] for TRAK. Memory holds the projection and, for each cell computed at
/// the same time, its vectors.
/// </remarks>
internal sealed class VectorCells
{
    private const string Vectors = "vectors", Hashes = "hashes", Weights = "weights";
    private readonly AttributionSource source;
    private readonly ProjectedMethod method;

    public VectorCells(AttributionSource source, ProjectedMethod method, int size, string? root)
    {
        (this.source, this.method) = (source, method);
        var settings = new VectorSettings(size, source.Settings.Seed, method.IsMargin, source.Settings.SequencesPerChunk);
        // Version 1: GradientForm.Projected of block linears, summed loss or negative margin.
        Store = new(source.Suite,
            new("attribution-vectors", Version: 1, settings, new TensorCells(), Compute) { Task = $"index {source.Suite.Name}" }, root);
    }

    public ResultStore<IReadOnlyDictionary<string, Tensor>> Store { get; }

    /// <summary>Refuses an index that is incomplete, or not of these weights and rows.</summary>
    /// <exception cref="Llm360Exception">The index is such.</exception>
    public void RequireComplete(Checkpoint checkpoint, IReadOnlyList<Chunk> chunks)
    {
        List<Chunk> missing = [.. chunks.Where(c => !Store.Contains(checkpoint, new ChunkItem(c)))];
        if (missing.Count == 0)
            return;
        var stale = missing.Count(c => File.Exists(Store.PathOf(checkpoint, new ChunkItem(c))));
        throw new Llm360Exception(
            stale > 0 ? FormattableString.Invariant(
                $"The index at {checkpoint} is of other weights or rows: {stale} of {chunks.Count} cells are stale.")
                : FormattableString.Invariant(
                    $"The index at {checkpoint} is not complete: {missing.Count} of {chunks.Count} cells are missing."),
            Store.Folder,
            "Make the index again: IndexAsync or llm360 grid attribution computes the cells that are left.");
    }

    /// <summary>
    /// Calls a function with the vectors of a chunk; they are mapped and must not be kept.
    /// </summary>
    /// <exception cref="Llm360Exception">The cell is damaged, or of other rows.</exception>
    public T Read<T>(Checkpoint checkpoint, Chunk chunk, IReadOnlyList<AttributionRow> rows, Func<Tensor, double[]?, T> use)
    {
        using var file = StateDict.Open(Store.PathOf(checkpoint, new ChunkItem(chunk)));
        using var scope = NewDisposeScope();
        var hashes = file.View(Hashes).data<long>().ToArray();
        if (!hashes.SequenceEqual(rows.Select(r => (long)RowHash.Number(r.TokenIds))))
            throw new Llm360Exception($"The index of {chunk} holds other rows than the chunk.", file.Path, "Make the index again.");
        var weights = method.HasRowWeights ? file.View(Weights).data<double>().ToArray() : null;
        return use(file.View(Vectors), weights);
    }

    private Dictionary<string, Tensor> Compute(GridContext context)
    {
        // Progress counts cells.
        using var quiet = AmbientWork.Begin(null, context.Cancellation);
        var rows = source.Rows(context.Chunk, context.Cancellation);
        var at = source.Pass(context.Checkpoint, context.Model, 0);
        var vectors = method.Project(at, rows);
        try
        {
            var tensors = new Dictionary<string, Tensor>
            {
                [Vectors] = vectors,
                [Hashes] = tensor(rows.Tokens.Select(t => (long)RowHash.Number(t)).ToArray()),
            };
            if (method.HasRowWeights)
                tensors.Add(Weights, tensor(method.RowWeights(at, rows)));
            return tensors;
        }
        catch
        {
            vectors.Dispose();
            throw;
        }
    }
}
