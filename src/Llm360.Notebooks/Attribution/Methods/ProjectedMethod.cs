// A method on projected gradients. Those of rows can be stored; a query costs one matrix product.
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// A method whose rows are vectors of projected gradients. The vectors do not depend on the query,
/// so an index stores them.
/// </summary>
internal abstract class ProjectedMethod(string name, string unit, GradientProjection projection) : CheckpointMethod(name, unit)
{
    private const string Held = "held";

    public GradientProjection Projection => projection;

    /// <summary>Whether gradients are of the negative margin instead of the loss.</summary>
    public virtual bool IsMargin => false;

    /// <summary>Whether rows have a weight.</summary>
    public virtual bool HasRowWeights => false;

    public override bool IsSumOverTokens => true;

    /// <summary>The vectors of rows, [rows, length].</summary>
    public Tensor Project(CheckpointPass at, RowBatch rows) => projection.Project(at, rows, IsMargin);

    /// <summary>The weights of rows.</summary>
    public virtual double[] RowWeights(CheckpointPass at, RowBatch rows) => throw new NotSupportedException();

    /// <summary>State computed from the vectors of all rows; null for none.</summary>
    /// <param name="vectors">
    /// Batches of the rows' vectors; each is valid until the next is requested.
    /// </param>
    /// <param name="parts">Length of each part of a vector.</param>
    public virtual TensorSet? Fit(IEnumerable<Tensor> vectors, IReadOnlyList<long> parts) => null;

    /// <summary>
    /// The query vectors that are multiplied with the vectors of rows, [queries, length].
    /// </summary>
    public abstract Tensor Precondition(TensorSet? state, Tensor queries, IReadOnlyList<long> parts, int checkpoint);

    public override TensorSet? Fit(CheckpointPass at, RowBatch rows)
    {
        using var vectors = Project(at, rows);
        return Fit([vectors], projection.Parts(at.Model.Config));
    }

    public override HeldQueries Hold(CheckpointPass at, TensorSet? state, RowBatch queries)
    {
        using var limit = OperatorThreads.LimitToOne();
        using var vectors = Project(at, queries);
        var held = Precondition(state, vectors, projection.Parts(at.Model.Config), at.Number);
        return new HeldQueries(queries.Count, new TensorSet([KeyValuePair.Create(Held, held)]));
    }

    public override CheckpointScores Score(CheckpointPass at, TensorSet? state, HeldQueries held, RowBatch rows)
    {
        using var vectors = Project(at, rows);
        return new CheckpointScores(Multiply(held, vectors), HasRowWeights ? RowWeights(at, rows) : null);
    }

    public override double[] SelfScores(CheckpointPass at, TensorSet? state, RowBatch rows)
    {
        using var vectors = Project(at, rows);
        var scores = SelfScores(state, vectors, projection.Parts(at.Model.Config), at.Number);
        return HasRowWeights ? [.. scores.Zip(RowWeights(at, rows), (s, w) => s * w)] : scores;
    }

    /// <summary>The same from the vectors of rows, without weights.</summary>
    public double[] SelfScores(TensorSet? state, Tensor vectors, IReadOnlyList<long> parts, int checkpoint)
    {
        using var limit = OperatorThreads.LimitToOne();
        using var scope = NewDisposeScope();
        return Precondition(state, vectors, parts, checkpoint).mul(vectors).to(float64).sum(1).data<double>().ToArray();
    }

    /// <summary>Products of held queries and vectors of rows, [queries, rows].</summary>
    public static double[,] Multiply(HeldQueries held, Tensor vectors)
    {
        using var limit = OperatorThreads.LimitToOne();
        using var scope = NewDisposeScope();
        var products = vectors.matmul(held.Tensors[Held].t()).data<float>().ToArray(); // [rows, queries]
        var scores = new double[held.Count, vectors.shape[0]];
        for (var i = 0; i < products.Length; i++)
            scores[i % held.Count, i / held.Count] = products[i];
        return scores;
    }

    /// <summary>
    /// A token's contribution is the product with its term of the projected gradient.
    /// </summary>
    public override double[] TokenScores(CheckpointPass at, TensorSet? state, HeldQueries held, int query, RowBatch row)
    {
        using var of = held.Tensors[Held][query];
        var parts = projection.TokenParts(at, of, row, IsMargin);
        var weight = HasRowWeights ? RowWeights(at, row)[0] : 1;
        return [.. parts.Select(p => p * weight)];
    }
}
