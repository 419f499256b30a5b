// Sharing the cells of one checkpoint out among threads.
using System.Collections.Concurrent;
using TorchSharp;

namespace Llm360.Notebooks.Results;

/// <summary>Computes items on several threads, each with operators of one thread.</summary>
/// <remarks>
/// A small model's operators are too short to be worth sharing out: two threads with a cell each are faster than two threads in every operator.
/// The threads are made for the purpose, so that the setting, which LibTorch keeps by thread, ends with them.
/// </remarks>
internal static class CellWorkers
{
    /// <summary>Runs <paramref name="work"/> for every item. The first failure stops the others after their item in flight and is thrown.</summary>
    public static async Task RunAsync<T>(IReadOnlyCollection<T> items, int workers, Action<T> work)
    {
        var queue = new ConcurrentQueue<T>(items);
        var failed = false;
        var threads = torch.get_num_threads();
        try
        {
            await Task.WhenAll(Enumerable.Range(0, Math.Min(workers, items.Count)).Select(_ => Task.Factory.StartNew(Loop, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))).ConfigureAwait(false);
        }
        finally
        {
            torch.set_num_threads(threads);
        }

        void Loop()
        {
            if (workers > 1)
                torch.set_num_threads(1);
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
