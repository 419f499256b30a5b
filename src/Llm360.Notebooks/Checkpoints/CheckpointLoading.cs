// Loads the model of a suite's checkpoint.

namespace Llm360.Notebooks;

/// <summary>Loading a suite's checkpoints.</summary>
public static class CheckpointLoading
{
    /// <summary>
    /// Loads a checkpoint's model on another thread. A checkpoint on the Hub is fetched first.
    /// </summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="run">Device, precision, progress and cancellation.</param>
    /// <returns>The model; dispose it.</returns>
    /// <exception cref="Llm360Exception">
    /// The checkpoint's files cannot be fetched, are missing or malformed.
    /// </exception>
    public static async Task<LanguageModel> LoadAsync(this Checkpoint checkpoint, RunOptions? run = null)
    {
        var folder = await checkpoint.FetchAsync(run).ConfigureAwait(false);
        return await LoadAsync(folder, run).ConfigureAwait(false);
    }

    /// <summary>
    /// Loads checkpoints one after another into one model. Each checkpoint reuses the memory of the
    /// previous one. The next one is fetched and read ahead while a checkpoint is in use.
    /// </summary>
    /// <param name="checkpoints">Checkpoints of one suite.</param>
    /// <param name="run">Device, precision, progress and cancellation.</param>
    /// <returns>
    /// Each checkpoint with its model. The model is the same object as long as type and
    /// configuration stay the same; it is disposed at the end.
    /// </returns>
    /// <exception cref="Llm360Exception">
    /// A checkpoint's files cannot be fetched, are missing or malformed, or all together exceed the
    /// download limit (<see cref="Downloads.Limit"/>).
    /// </exception>
    public static async IAsyncEnumerable<(Checkpoint Checkpoint, LanguageModel Model)> SweepAsync(
        this IReadOnlyList<Checkpoint> checkpoints, RunOptions? run = null)
    {
        // A sweep that exceeds the download limit is refused as a whole.
        using (run.Begin())
            await checkpoints.RequireAsync(run.StopToken()).ConfigureAwait(false);
        await foreach (var loaded in checkpoints.SweepLazilyAsync(run).ConfigureAwait(false))
            yield return loaded;
    }

    /// <summary>
    /// The same for a lazy sequence of checkpoints. The next checkpoint is requested before the
    /// current one is in use. The caller has checked that all checkpoints exist.
    /// </summary>
    internal static async IAsyncEnumerable<(Checkpoint Checkpoint, LanguageModel Model)> SweepLazilyAsync(
        this IEnumerable<Checkpoint> checkpoints, RunOptions? run)
    {
        var isOwnType = (run?.Precision ?? Precision.Auto) == Precision.Auto;
        LanguageModel? model = null;
        try
        {
            using var all = checkpoints.GetEnumerator();
            for (var hasNext = all.MoveNext(); hasNext;)
            {
                var checkpoint = all.Current;
                var folder = await checkpoint.FetchAsync(run).ConfigureAwait(false);
                // The last checkpoint of Amber is in bfloat16, those before are in float32. The
                // results of a checkpoint must not depend on the other checkpoints of the sweep.
                if (model is not null && ((isOwnType && !model.HasTypeOf(folder)) || !model.HasConfigurationOf(folder)))
                {
                    model.Dispose();
                    model = null;
                }

                if (model is null)
                    model = await LoadAsync(folder, run).ConfigureAwait(false);
                else
                    await RebindAsync(model, folder, run).ConfigureAwait(false);
                hasNext = all.MoveNext();
                using var next = hasNext ? Ahead(all.Current) : null;
                yield return (checkpoint, model);
            }
        }
        finally
        {
            model?.Dispose();
        }
    }

    private static Task<LanguageModel> LoadAsync(string folder, RunOptions? run) => Task.Run(
        () =>
        {
            using var work = run.Begin();
            return LanguageModel.Load(folder, run.DeviceOrBest(), run?.Precision ?? Precision.Auto);
        },
        run.StopToken());

    private static Task RebindAsync(LanguageModel model, string folder, RunOptions? run) => Task.Run(
        () =>
        {
            using var work = run.Begin();
            model.Rebind(folder);
        },
        run.StopToken());

    private static Prefetch Ahead(Checkpoint checkpoint) =>
        Prefetch.Start(stop => checkpoint.FetchAsync(new(Progress: Silent.Instance, Cancellation: stop)));

    /// <summary>The progress bar shows the checkpoint in use, not the one read ahead.</summary>
    private sealed class Silent : IProgress<WorkProgress>
    {
        public static readonly Silent Instance = new();

        public void Report(WorkProgress value)
        {
        }
    }
}
