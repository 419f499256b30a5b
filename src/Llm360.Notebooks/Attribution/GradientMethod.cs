// A method whose score is the dot product of a feature of the query and a feature of the row.
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>A method that uses the gradients of rows one at a time.</summary>
/// <remarks>
/// It costs one gradient pass over the queries and one over the rows. Memory holds the query
/// features, each with as many numbers as parameters, and the gradients of up to 16 rows, 64 MB.
/// </remarks>
internal abstract class GradientMethod(string name, string unit) : CheckpointMethod(name, unit)
{
    // The query features are read from memory once for this many rows.
    private const int RowsAtOnce = 16;
    private const long BytesAtOnce = 64 << 20;

    public override HeldQueries Hold(CheckpointPass at, TensorSet? state, RowBatch queries)
    {
        RequireMemory(at, queries.Count);
        Dictionary<string, Tensor>? stacked = null;
        foreach (var (i, features) in QueryFeatures(at, state, queries).Index())
        {
            using (features)
            {
                stacked ??= features.All.ToDictionary(
                    f => f.Key, f => zeros([queries.Count, f.Value.numel()], float32, f.Value.device).DetachFromDisposeScope());
                foreach (var (key, value) in features.All)
                {
                    using var target = stacked[key][i];
                    using var flat = value.reshape(-1);
                    target.copy_(flat);
                }
            }
        }

        return new HeldQueries(queries.Count, new TensorSet(stacked ?? []));
    }

    public override CheckpointScores Score(CheckpointPass at, TensorSet? state, HeldQueries held, RowBatch rows)
    {
        var scores = new double[held.Count, rows.Count];
        var atOnce = (int)Math.Clamp(BytesAtOnce / (at.Model.Config.ParameterCount * sizeof(float)), 1, RowsAtOnce);
        var first = 0;
        foreach (var some in RowFeatures(at, state, rows).Chunk(atOnce))
        {
            try
            {
                var products = Products(held, some);
                for (var q = 0; q < held.Count; q++)
                {
                    for (var i = 0; i < some.Length; i++)
                        scores[q, first + i] = products[q, i];
                }

                first += some.Length;
            }
            finally
            {
                foreach (var features in some)
                    features.Dispose();
            }
        }

        return new CheckpointScores(scores);
    }

    public override double[] SelfScores(CheckpointPass at, TensorSet? state, RowBatch rows)
    {
        var scores = new double[rows.Count];
        foreach (var (i, (query, row)) in QueryFeatures(at, state, rows).Zip(RowFeatures(at, state, rows)).Index())
        {
            using (query)
            using (row)
                scores[i] = query.Dot(row);
        }

        return scores;
    }

    /// <summary>The features of each query; dispose each.</summary>
    protected abstract IEnumerable<TensorSet> QueryFeatures(CheckpointPass at, TensorSet? state, RowBatch queries);

    /// <summary>The features of each row; dispose each.</summary>
    protected abstract IEnumerable<TensorSet> RowFeatures(CheckpointPass at, TensorSet? state, RowBatch rows);

    /// <summary>Refuses queries whose gradients do not fit in memory.</summary>
    protected void RequireMemory(CheckpointPass at, int queries)
    {
        // The features of the queries, and those of a row with its sums per thread.
        var bytes = (Int128)at.Model.Config.ParameterCount * sizeof(float) * (queries + 2);
        SizeCheck.RequireMemory(bytes, $"Attribution by {Name} for {queries} queries", $"checkpoint {at.Name}",
            "Ask fewer queries at once, raise the memory limit, or choose logra, which projects gradients.", at.MemoryLimit);
    }

    // Single-threaded: otherwise the order of summation would depend on the number of threads.
    private static double[,] Products(HeldQueries held, TensorSet[] rows)
    {
        using var limit = OperatorThreads.LimitToOne();
        using var scope = NewDisposeScope();
        var sums = new double[held.Count, rows.Length];
        foreach (var name in held.Tensors.Names)
        {
            var stacked = rows.Length == 1 ? rows[0][name].reshape(1, -1) : stack([.. rows.Select(r => r[name].reshape(-1))]);
            var products = held.Tensors[name].matmul(stacked.t()).cpu().data<float>().ToArray();
            for (var i = 0; i < products.Length; i++)
                sums[i / rows.Length, i % rows.Length] += products[i];
        }

        return sums;
    }
}
