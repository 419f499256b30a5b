// From a suite's checkpoint to its model.
using Llm360.Notebooks.Suites;

namespace Llm360.Notebooks.Models;

/// <summary>Loading a suite's checkpoints.</summary>
public static class CheckpointLoading
{
    /// <summary>Loads a checkpoint's model on another thread.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="device">Where to; <see cref="Torch.Device.Best"/> when null.</param>
    /// <returns>The model; dispose it.</returns>
    /// <exception cref="Llm360Exception">The checkpoint's files are missing or malformed.</exception>
    public static Task<LlamaModel> LoadAsync(this Checkpoint checkpoint, Torch.Device? device = null) =>
        Task.Run(() => LlamaModel.Load(checkpoint.Folder, device ?? Torch.Device.Best), Work.Cancellation);
}
