// From a suite's checkpoint to its model.
using Llm360.Notebooks.Suites;
using Llm360.Notebooks.Weights;

namespace Llm360.Notebooks.Models;

/// <summary>Loading a suite's checkpoints.</summary>
public static class CheckpointLoading
{
    /// <summary>Loads a checkpoint's model on another thread.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="device">Where to; <see cref="Torch.Device.Best"/> when null.</param>
    /// <returns>The model; dispose it.</returns>
    /// <exception cref="Llm360Exception">The checkpoint's files are missing or malformed.</exception>
    public static Task<LanguageModel> LoadAsync(this Checkpoint checkpoint, Torch.Device? device = null) =>
        Task.Run(() => LanguageModel.Load(checkpoint.Folder, device ?? Torch.Device.Best), Work.Cancellation);

    /// <summary>Goes through checkpoints with one model: each is loaded into the memory of the one before, and read ahead from disk while that one is in use.</summary>
    /// <param name="checkpoints">Of one suite.</param>
    /// <param name="device">Where to; <see cref="Torch.Device.Best"/> when null.</param>
    /// <returns>Each checkpoint with the model, which is the same object every time; it is disposed at the end.</returns>
    /// <exception cref="Llm360Exception">A checkpoint's files are missing or malformed.</exception>
    public static async IAsyncEnumerable<(Checkpoint Checkpoint, LanguageModel Model)> SweepAsync(this IReadOnlyList<Checkpoint> checkpoints, Torch.Device? device = null)
    {
        LanguageModel? model = null;
        try
        {
            for (var i = 0; i < checkpoints.Count; i++)
            {
                if (model is null)
                    model = await checkpoints[i].LoadAsync(device).ConfigureAwait(false);
                else
                    await Task.Run(() => model.Rebind(checkpoints[i].Folder), Work.Cancellation).ConfigureAwait(false);
                using var next = i + 1 < checkpoints.Count ? Prefetch.Start(checkpoints[i + 1].Folder) : null;
                yield return (checkpoints[i], model);
            }
        }
        finally
        {
            model?.Dispose();
        }
    }
}
