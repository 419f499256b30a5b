// Sharing the cells of one checkpoint out among threads.
using System.Collections.Concurrent;

namespace Llm360.Notebooks;

/// <summary>Computes items on several threads, each with operators of one thread.</summary>
/// <remarks>
/// A small model's operators are too short to be worth sharing out.
/// Two threads with a cell each are faster than two threads in every operator.
/// Every item is computed so, even the last one alone: its numbers do not depend on how many there are.
/// </remarks>
internal static class CellWorkers
{
    /// <summary>Runs <paramref name="work"/> for every item. The first failure stops the others after their item in flight and is thrown.</summary>
    public static Task RunAsync<T>(IReadOnlyCollection<T> items, int workers, Action<T> work)
    {
        var queue = new ConcurrentQueue<T>(items);
        var failed = false;
        return Task.WhenAll(Enumerable.Range(0, Math.Min(workers, items.Count)).Select(_ =>
            Task.Factory.StartNew(Loop, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        void Loop()
        {
            using var limit = workers > 1 ? OperatorThreads.LimitToOne() : default;
            while (!Volatile.Read(ref failed) && queue.TryDequeue(out var item))
            {
                try
                {
                    work(item);
                }
                catch
                {
                    Volatile.Write(ref failed, true);
                    throw;
                }
            }
        }
    }
}
