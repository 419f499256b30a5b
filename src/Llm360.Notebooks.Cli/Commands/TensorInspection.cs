// Going through the tensors of a checkpoint with everything that was asked for.

namespace Llm360.Notebooks.Cli.Commands;

/// <summary>One tensor and what was asked of it; null is not asked, and a distance also where the other checkpoint has no such tensor.</summary>
internal sealed record InspectedTensor(TensorEntry Entry, TensorStatistics? Statistics, string? Hash, TensorDistance? Distance);

internal sealed class TensorInspection(StateDict weights, StateDict? other, bool statistics, bool hash)
{
    /// <summary>Bytes from which reading takes long enough to be watched.</summary>
    private const long WorthWatching = 256 << 20;

    /// <summary>Inspects all tensors, several at once.</summary>
    public Task<IReadOnlyList<InspectedTensor>> RunAsync(IProgress<WorkProgress> progress, CancellationToken cancellation) => Task.Run<IReadOnlyList<InspectedTensor>>(
        () =>
        {
            var entries = weights.Entries.Values.ToList();
            var total = entries.Sum(e => e.Length);
            var done = 0L;
            var inspected = new InspectedTensor[entries.Count];
            Parallel.For(0, entries.Count, new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
            {
                var name = entries[i].Name;
                inspected[i] = new InspectedTensor(entries[i], statistics ? weights.Statistics(name) : null, hash ? weights.Hash(name) : null, other is null ? null : weights.Distance(name, other));
                if (total >= WorthWatching && (statistics || hash || other is not null))
                    progress.Report(new WorkProgress("inspect", Interlocked.Add(ref done, entries[i].Length) / 1e6, total / 1e6, "MB", name));
            });
            return inspected;
        },
        cancellation);
}
