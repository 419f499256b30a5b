// Runs work on one layer after another, on all threads.
using static TorchSharp.torch;

namespace Llm360.Notebooks;

/// <summary>
/// Runs an action for each layer. Every operator runs on one thread, so that no sum depends on the
/// number of threads.
/// </summary>
internal static class LayerWork
{
    /// <summary>Calls an action for each layer, each in a dispose scope of its own.</summary>
    /// <param name="layers">The layers.</param>
    /// <param name="action">
    /// Its tensors live until it returns, unless it detaches them.
    /// </param>
    public static void ForEach(IReadOnlyList<LinearLayer> layers, Action<LinearLayer> action) =>
        Parallel.ForEach(layers, new ParallelOptions { MaxDegreeOfParallelism = LibTorch.Threads }, layer =>
        {
            using var limit = OperatorThreads.LimitToOne();
            using var scope = NewDisposeScope();
            action(layer);
        });
}
