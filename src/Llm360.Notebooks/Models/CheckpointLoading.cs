// From a suite's checkpoint to its model.
using Llm360.Notebooks.Suites;
using Llm360.Notebooks.Weights;
using TorchSharp;

namespace Llm360.Notebooks.Models;

/// <summary>Loading a suite's checkpoints.</summary>
public static class CheckpointLoading
{
    /// <summary>Loads a checkpoint's model on another thread; one on the Hub is fetched first.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="device">Where to; <see cref="Torch.Device.Best"/> when null.</param>
    /// <param name="type">Type of the weights; the checkpoint's own when null.</param>
    /// <returns>The model; dispose it.</returns>
    /// <exception cref="Llm360Exception">The checkpoint's files cannot be fetched, are missing or malformed.</exception>
    public static Task<LanguageModel> LoadAsync(this Checkpoint checkpoint, Torch.Device? device = null, torch.ScalarType? type = null) =>
        Task.Run(async () => LanguageModel.Load(await checkpoint.FetchAsync().ConfigureAwait(false), device ?? Torch.Device.Best, type), Work.Cancellation);

    /// <summary>Goes through checkpoints with one model: each is loaded into the memory of the one before, and fetched from the Hub and read ahead from disk while that one is in use.</summary>
    /// <param name="checkpoints">Of one suite.</param>
    /// <param name="device">Where to; <see cref="Torch.Device.Best"/> when null.</param>
    /// <param name="type">Type of the weights; the first checkpoint's own when null.</param>
    /// <returns>Each checkpoint with the model, which is the same object every time; it is disposed at the end.</returns>
    /// <exception cref="Llm360Exception">A checkpoint's files cannot be fetched, are missing or malformed.</exception>
    public static async IAsyncEnumerable<(Checkpoint Checkpoint, LanguageModel Model)> SweepAsync(this IReadOnlyList<Checkpoint> checkpoints, Torch.Device? device = null, torch.ScalarType? type = null)
    {
        LanguageModel? model = null;
        try
        {
            for (var i = 0; i < checkpoints.Count; i++)
            {
                if (model is null)
                    model = await checkpoints[i].LoadAsync(device, type).ConfigureAwait(false);
                else
                    await Task.Run(async () => model.Rebind(await checkpoints[i].FetchAsync().ConfigureAwait(false)), Work.Cancellation).ConfigureAwait(false);
                using var next = i + 1 < checkpoints.Count ? Ahead(checkpoints[i + 1]) : null;
                yield return (checkpoints[i], model);
            }
        }
        finally
        {
            model?.Dispose();
        }
    }

    private static Prefetch Ahead(Checkpoint checkpoint) => Prefetch.Start(stop => checkpoint.FetchAsync(Silent.Instance, stop));

    /// <summary>The bar shows what is being worked on, not what is got ready.</summary>
    private sealed class Silent : IProgress<WorkProgress>
    {
        public static readonly Silent Instance = new();

        public void Report(WorkProgress value)
        {
        }
    }
}
