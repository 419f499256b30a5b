// From a suite's checkpoint to its model.
using TorchSharp;

namespace Llm360.Notebooks;

/// <summary>Loading a suite's checkpoints.</summary>
public static class CheckpointLoading
{
    /// <summary>Loads a checkpoint's model on another thread; one on the Hub is fetched first.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="device">Where to; <see cref="Device.Best"/> when null.</param>
    /// <param name="type">Type of the weights; the checkpoint's own when null.</param>
    /// <returns>The model; dispose it.</returns>
    /// <exception cref="Llm360Exception">The checkpoint's files cannot be fetched, are missing or malformed.</exception>
    public static Task<LanguageModel> LoadAsync(this Checkpoint checkpoint, Device? device = null, torch.ScalarType? type = null) =>
        Task.Run(async () => LanguageModel.Load(await checkpoint.FetchAsync().ConfigureAwait(false), device ?? Device.Best, type), AmbientWork.Cancellation);

    /// <summary>Goes through checkpoints with one model: each is loaded into the memory of the one before, and fetched from the Hub and read ahead from disk while that one is in use.</summary>
    /// <param name="checkpoints">Of one suite.</param>
    /// <param name="device">Where to; <see cref="Device.Best"/> when null.</param>
    /// <param name="type">Type of the weights; each checkpoint's own when null.</param>
    /// <returns>Each checkpoint with the model, which is the same object as long as the type is the same; it is disposed at the end.</returns>
    /// <exception cref="Llm360Exception">A checkpoint's files cannot be fetched, are missing or
    /// malformed, or all together are larger than may be fetched (
    /// <see cref="Downloads.Limit"/>).</exception>
    public static async IAsyncEnumerable<(Checkpoint Checkpoint, LanguageModel Model)> SweepAsync(this IReadOnlyList<Checkpoint> checkpoints, Device? device = null, torch.ScalarType? type = null)
    {
        // A sweep that is larger than may be fetched is refused as a whole.
        await checkpoints.RequireAsync(AmbientWork.Cancellation).ConfigureAwait(false);
        LanguageModel? model = null;
        try
        {
            for (var i = 0; i < checkpoints.Count; i++)
            {
                var folder = await checkpoints[i].FetchAsync().ConfigureAwait(false);
                // Some suites change the type on the way: the last of Amber is in bfloat16, those before in float32. What a checkpoint gives must not depend on which others it is studied with.
                // A configuration that differs, as of a checkpoint that somebody has edited, needs a model of its own too.
                if (model is not null && ((type is null && !model.HasTypeOf(folder)) || !model.HasConfigurationOf(folder)))
                {
                    model.Dispose();
                    model = null;
                }

                if (model is null)
                    model = await Task.Run(() => LanguageModel.Load(folder, device ?? Device.Best, type), AmbientWork.Cancellation).ConfigureAwait(false);
                else
                    await Task.Run(() => model.Rebind(folder), AmbientWork.Cancellation).ConfigureAwait(false);
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
