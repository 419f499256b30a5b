// Distributes the items of one model, for example the cells of a checkpoint, over threads.
using System.Collections.Concurrent;

namespace Llm360.Notebooks;

/// <summary>Computes items on several threads, each with single-threaded operators.</summary>
/// <remarks>
/// A small model's operators are too short to be parallelised. Two threads with an item each are
/// faster than two threads in every operator. Every item is computed in this way, even a single
/// one, so that its numbers do not depend on the number of items.
/// </remarks>
internal static class ItemWorkers
{
    /// <summary>
    /// Largest number of parameters of a model whose items, instead of its operators, are
    /// distributed over threads.
    /// </summary>
    private const long SmallModel = 50_000_000;

    /// <summary>Threads on which items of a model are computed.</summary>
    public static int CountFor(LanguageModel model) =>
        model.Device.type == TorchSharp.DeviceType.CPU && model.Config.ParameterCount < SmallModel ? LibTorch.Threads : 1;

    /// <summary>
    /// Runs <paramref name="work"/> for every item. After the first failure, the other threads
    /// finish their current item; then the failure is thrown.
    /// </summary>
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
