// The shape of a checkpoint's model without its weights.

namespace Llm360.Notebooks;

/// <summary>Reading the configuration of a checkpoint alone.</summary>
internal static class CheckpointConfig
{
    /// <summary>
    /// Reads <c>config.json</c>. For a checkpoint on the Hub, no other file is fetched.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// The file is missing or malformed, or the Hub cannot be reached.
    /// </exception>
    public static async Task<ModelConfig> ConfigAsync(this Checkpoint checkpoint)
    {
        var folder = checkpoint.Folder;
        if (checkpoint.IsOnHub)
        {
            using var hub = new HubClient();
            var revision = await hub.ResolveAsync(checkpoint.Hub!, AmbientWork.Cancellation).ConfigureAwait(false);
            var file = await revision.EntryAsync(SuiteLayout.Config, AmbientWork.Cancellation).ConfigureAwait(false);
            folder = await revision.DownloadAsync([file], cancellation: AmbientWork.Cancellation).ConfigureAwait(false);
        }

        return ModelConfig.Read(Path.Combine(folder, SuiteLayout.Config));
    }
}
