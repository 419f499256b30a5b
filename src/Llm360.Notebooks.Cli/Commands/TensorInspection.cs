// Computes everything that was requested for the tensors of a checkpoint.

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>
/// One tensor with its requested values, null if not requested. The distance is also null if the
/// other checkpoint has no such tensor.
/// </summary>
internal sealed record InspectedTensor(TensorEntry Entry, TensorStatistics? Statistics, string? Hash, TensorDistance? Distance);

internal sealed class TensorInspection(StateDict weights, StateDict? other, bool statistics, bool hash)
{
    /// <summary>Bytes from which reading takes long enough to show progress.</summary>
    private const long WorthWatching = 256 << 20;

    /// <summary>Inspects all tensors, several at once.</summary>
    public Task<IReadOnlyList<InspectedTensor>> RunAsync(
        IProgress<WorkProgress> progress, CancellationToken cancellation) => Task.Run<IReadOnlyList<InspectedTensor>>(
        () =>
        {
            var entries = weights.Entries.Values.ToList();
            var total = entries.Sum(e => e.Length);
            var done = 0L;
            var inspected = new InspectedTensor[entries.Count];
            var parallel = new ParallelOptions
            {
                CancellationToken = cancellation,
                MaxDegreeOfParallelism = Environment.ProcessorCount,
            };
            Parallel.For(0, entries.Count, parallel, i =>
            {
                var name = entries[i].Name;
                inspected[i] = new InspectedTensor(
                    entries[i],
                    statistics ? weights.Statistics(name) : null,
                    hash ? weights.Hash(name) : null,
                    other is null ? null : weights.Distance(name, other));
                if (total < WorthWatching || !(statistics || hash || other is not null))
                    return;
                var read = Interlocked.Add(ref done, entries[i].Length);
                progress.Report(new WorkProgress("inspect", read / 1e6, total / 1e6, "MB", name));
            });
            return inspected;
        },
        cancellation);
}
