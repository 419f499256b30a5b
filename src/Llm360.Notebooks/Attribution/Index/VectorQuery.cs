// Queries against stored vectors.
using System.Collections.Concurrent;
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// One pass for the queries and one matrix product with the vectors, at each checkpoint.
/// </summary>
/// <remarks>
/// Each thread maps one cell, so the vectors of a whole index need not fit in memory.
/// </remarks>
internal static class VectorQuery
{
    /// <summary>The scores of each checkpoint.</summary>
    public static async Task<IReadOnlyList<CheckpointScores>> RunAsync(
        AttributionIndex index, ProjectedMethod method, RowBatch queries, ConcurrentDictionary<string, TensorSet?> states,
        Device? device, GridOptions options)
    {
        var (progress, stop) = (options.Progress ?? AmbientWork.Progress, options.Cancellation ?? AmbientWork.Cancellation);
        using var surroundings = AmbientWork.Begin(progress, stop);
        // Check before a model is loaded.
        foreach (var checkpoint in index.Checkpoints)
            index.Analysis.Vectors!.RequireComplete(checkpoint, index.Chunks);
        var results = new List<CheckpointScores>();
        await foreach (var (checkpoint, model) in index.Checkpoints.SweepAsync(device).ConfigureAwait(false))
        {
            stop.ThrowIfCancellationRequested();
            results.Add(await Task.Run(() => At(checkpoint, model), stop).ConfigureAwait(false));
            progress?.Report(new WorkProgress(
                $"query {index.Analysis.Suite.Name}", results.Count, index.Checkpoints.Count, "checkpoints", checkpoint.Name));
        }

        return results;

        CheckpointScores At(Checkpoint checkpoint, LanguageModel model)
        {
            var at = index.Analysis.Pass(checkpoint, model, results.Count);
            var state = StateOf(index, method, at, checkpoint, states);
            using var held = method.Hold(at, state, queries);
            var scores = new double[queries.Count, index.Rows.Count];
            var weights = method.HasRowWeights ? new double[index.Rows.Count] : null;
            ForEach(index, checkpoint, (first, vectors, of) =>
            {
                var part = ProjectedMethod.Multiply(held, vectors);
                for (var q = 0; q < queries.Count; q++)
                {
                    for (var i = 0; i < part.GetLength(1); i++)
                        scores[q, first + i] = part[q, i];
                }

                of?.CopyTo(weights!, first);
            });
            return new CheckpointScores(scores, weights);
        }
    }

    /// <summary>The self-influence of every row.</summary>
    public static double[] SelfScores(AttributionIndex index, ProjectedMethod method, ConcurrentDictionary<string, TensorSet?> states)
    {
        var parts = new List<CheckpointScores>();
        foreach (var checkpoint in method.UsesAllCheckpoints ? index.Checkpoints : [index.Checkpoints[^1]])
        {
            index.Analysis.Vectors!.RequireComplete(checkpoint, index.Chunks);
            var config = checkpoint.ConfigAsync().GetAwaiter().GetResult();
            var lengths = method.Projection.Parts(config);
            var state = states.GetOrAdd(checkpoint.Name, _ => method.Fit(All(index, checkpoint), lengths));
            var scores = new double[1, index.Rows.Count];
            var weights = method.HasRowWeights ? new double[index.Rows.Count] : null;
            var number = parts.Count;
            ForEach(index, checkpoint, (first, vectors, of) =>
            {
                foreach (var (i, score) in method.SelfScores(state, vectors, lengths, number).Index())
                    scores[0, first + i] = score;
                of?.CopyTo(weights!, first);
            });
            parts.Add(new CheckpointScores(scores, weights));
        }

        return [.. method.Combine(parts).Cast<double>()];
    }

    /// <summary>
    /// The method's state from all vectors of a checkpoint, computed once per index.
    /// </summary>
    public static TensorSet? StateOf(
        AttributionIndex index, ProjectedMethod method, CheckpointPass at, Checkpoint checkpoint, ConcurrentDictionary<string,
            TensorSet?> states) =>
        states.GetOrAdd(checkpoint.Name, _ => method.Fit(All(index, checkpoint), method.Projection.Parts(at.Model.Config)));

    private static IEnumerable<Tensor> All(AttributionIndex index, Checkpoint checkpoint)
    {
        foreach (var (chunk, _, rows) in Chunks(index))
        {
            using var vectors = index.Analysis.Vectors!.Read(
                checkpoint, chunk, rows, (mapped, _) => mapped.clone().DetachFromDisposeScope());
            yield return vectors;
        }
    }

    private static void ForEach(AttributionIndex index, Checkpoint checkpoint, Action<int, Tensor, double[]?> use)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = LibTorch.Threads, CancellationToken = AmbientWork.Cancellation };
        try
        {
            Parallel.ForEach(Chunks(index), options, part =>
                index.Analysis.Vectors!.Read(checkpoint, part.Chunk, part.Rows, (vectors, weights) =>
            {
                use(part.First, vectors, weights);
                return 0;
            }));
        }
        catch (AggregateException e) when (e.InnerExceptions.OfType<Llm360Exception>().FirstOrDefault() is { } error)
        {
            throw new Llm360Exception(error.What, error.Where, error.Remedy, e);
        }
    }

    private static IEnumerable<(Chunk Chunk, int First, IReadOnlyList<AttributionRow> Rows)> Chunks(AttributionIndex index)
    {
        var first = 0;
        foreach (var chunk in index.Chunks)
        {
            List<AttributionRow> rows = [.. index.Rows.Skip(first).TakeWhile(r => r.Chunk == chunk.Index)];
            yield return (chunk, first, rows);
            first += rows.Count;
        }
    }
}
