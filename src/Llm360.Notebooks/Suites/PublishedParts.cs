// The checkpoints and chunks in the manifest of a published suite.
namespace Llm360.Notebooks;

/// <summary>Makes the parts of a published suite from its manifest.</summary>
internal static class PublishedParts
{
    /// <summary>The checkpoints, in training order.</summary>
    /// <param name="manifest">A checked manifest.</param>
    /// <param name="folder">The folder that is searched first.</param>
    public static IReadOnlyList<Checkpoint> Checkpoints(SuiteManifest manifest, string folder)
    {
        var (from, phases) = (manifest.Checkpoints!, manifest.Phases ?? []);
        return [.. from.Series.SelectMany(series => series.Numbers().Select(number => Make(series, number)))];

        Checkpoint Make(CheckpointSeries series, int number)
        {
            var name = NumberedName.Of(series.Name, number);
            var revision = NumberedName.Of(series.Revision ?? series.Name, number);
            int? chunksSeen = manifest.Chunks is null ? null : number + from.ChunksSeenByFirst;
            var place = new HubLocation(from.Repository, revision);
            var checkpoint = new Checkpoint(name, number + series.IndexOffset, chunksSeen, Path.Combine(folder, name), place)
            {
                OptimizerFile = from.Optimizer ?? SuiteLayout.Optimizer,
            };
            return PhaseCheck.PhaseOf(phases, series) is { } phase ? InPhase(checkpoint, phase, number, Before(phases, phase)) : checkpoint;
        }
    }

    /// <summary>The chunks, in training order.</summary>
    /// <param name="manifest">A checked manifest.</param>
    /// <param name="folder">The folder that is searched first.</param>
    public static IReadOnlyList<Chunk> Chunks(SuiteManifest manifest, string folder) =>
        manifest.Chunks is not { } data ? [] : [.. Enumerable.Range(0, data.Count).Select(number =>
        {
            var name = NumberedName.Of(data.Name, number);
            var place = new HubLocation(data.Repository, data.Revision, NumberedName.Of(data.Path, number), IsDataset: true);
            return new Chunk(name, number, Path.Combine(folder, SuiteLayout.Train, name + ".jsonl"), place);
        })];

    /// <summary>A checkpoint with the facts from its phase.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="phase">Its phase.</param>
    /// <param name="number">Its number within the phase.</param>
    /// <param name="before">Tokens of the phases before; null if unknown.</param>
    public static Checkpoint InPhase(Checkpoint checkpoint, TrainingPhase phase, int number, long? before)
    {
        var steps = phase.StepsAt(number);
        return checkpoint with
        {
            Phase = phase.Name,
            TokensSeen = before + (steps * phase.TokensPerStep),
            LearningRate = steps is { } done ? phase.LearningRate?.At(done) : null,
        };
    }

    /// <summary>Tokens of all phases; null if unknown.</summary>
    public static long? AllTokens(IReadOnlyList<TrainingPhase> phases) =>
        phases.Count == 0 ? null : phases.Aggregate((long?)0, (sum, phase) => sum + phase.AllTokens);

    // Zero before the first phase.
    private static long? Before(IReadOnlyList<TrainingPhase> phases, TrainingPhase phase) =>
        phases.TakeWhile(p => p != phase).Aggregate((long?)0, (sum, p) => sum + p.AllTokens);
}
