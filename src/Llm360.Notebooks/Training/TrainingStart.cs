// Checks the files that a training starts from; checkpoints are never overwritten by training.

namespace Llm360.Notebooks;

/// <summary>Refuses to start from damaged files or to overwrite existing checkpoints.</summary>
internal sealed class TrainingStart(SuiteRecipe manifest, string folder, TrainingFolder training)
{
    /// <summary>Checks that a restart is possible, then deletes later checkpoints.</summary>
    /// <exception cref="Llm360Exception">Training cannot start from the checkpoint.</exception>
    public void Restart(int checkpoint, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        if (checkpoint != 0)
        {
            var choices = ExpectedFiles.OnDisk(folder).Where(k => k > 0 && k < manifest.Corpus.Chunks && training.HasState(k)).ToList();
            if (!choices.Contains(checkpoint))
                throw new Llm360Exception(
                    $"Training cannot restart from {SuiteLayout.Checkpoint(checkpoint)}: it has no optimizer state, or nothing follows it.",
                    folder,
                    $"Restart from {string.Join(", ", choices.Prepend(0).Select(SuiteLayout.Checkpoint))}; 0 is the beginning.");
            RequireIntact(checkpoint, progress, cancellation);
        }

        training.RestartFrom(checkpoint);
    }

    /// <summary>Refuses to train over existing files.</summary>
    /// <exception cref="Llm360Exception">
    /// There are checkpoints after the one that training would start from, or a log and no
    /// checkpoint.
    /// </exception>
    public void RequireNothingLater(int? last)
    {
        var later = ExpectedFiles.OnDisk(folder).Where(k => k > (last ?? -1)).Select(SuiteLayout.Checkpoint).ToList();
        if (last is null && File.Exists(Path.Combine(folder, SuiteLayout.Metrics)))
            later.Add(SuiteLayout.Metrics);
        if (later.Count == 0)
            return;
        var start = last is { } k ? $"from {SuiteLayout.Checkpoint(k)}" : "at the beginning";
        throw new Llm360Exception(
            $"Training would start {start} and replace what is there: {string.Join(", ", later)}.",
            folder,
            $"Put back what is missing (optimizer states, {SuiteLayout.Files}), or take away what may be replaced. "
                + SuiteRemedy.Training(manifest, folder, (last ?? -1) + 1));
    }

    /// <summary>
    /// Compares the files that training reads with the list: the checkpoint, the log, and the
    /// chunks that follow.
    /// </summary>
    /// <exception cref="Llm360Exception">
    /// A file is missing or differs. A missing log is not an error: training resumes with a gap in
    /// it.
    /// </exception>
    public void RequireIntact(int checkpoint, IProgress<WorkProgress>? progress, CancellationToken cancellation)
    {
        var check = FileComparison.Content(manifest, folder, path => IsRead(path, checkpoint), progress, cancellation);
        var wrong = check.Differences.Where(d => d is not { Path: SuiteLayout.Metrics, State: FileState.Missing }).ToList();
        if (wrong.Count == 0)
            return;
        throw new Llm360Exception(
            $"Training cannot resume from {SuiteLayout.Checkpoint(checkpoint)}: {string.Join(", ", wrong)}.",
            folder,
            $"Run llm360 check {manifest.Name} to see all that differs. {SuiteRemedy.Of(manifest, folder, wrong)}");
    }

    /// <summary>
    /// Lost or damaged files that the training does not read, found by name and size.
    /// </summary>
    public IEnumerable<string> LostBefore(int checkpoint)
    {
        var check = FileComparison.Sizes(manifest, folder, path => !IsRead(path, checkpoint));
        return check.Differences.Count == 0 ? [] : [.. check.Differences.Select(d => d.ToString()), check.Remedy];
    }

    /// <summary>The log of the steps before a checkpoint, with gaps marked.</summary>
    /// <returns>The rows, and the missing steps in words; null if no step is missing.</returns>
    /// <exception cref="Llm360Exception">The log cannot be read.</exception>
    public async Task<(List<TrainingStep> Rows, string? Gaps)> LogAsync(int checkpoint, CancellationToken cancellation)
    {
        var path = Path.Combine(folder, SuiteLayout.Metrics);
        var all = File.Exists(path) ? await TrainingLog.ReadAsync(path, cancellation).ConfigureAwait(false) : [];
        // A run that was killed after it wrote the log has logged a chunk that is now trained
        // again.
        var rows = all.Where(m => m.Chunk < checkpoint).ToList();
        var steps = (long)checkpoint * (manifest.Corpus.SequencesPerChunk / manifest.Training.BatchSize);
        return (rows, TrainingLog.Gaps(rows, steps));
    }

    private static bool IsRead(string path, int checkpoint) =>
        path is SuiteLayout.Metrics or SuiteLayout.Validation or SuiteLayout.Canaries
        || path.StartsWith($"{SuiteLayout.Checkpoint(checkpoint)}/", StringComparison.Ordinal)
        || (path.StartsWith($"{SuiteLayout.Train}/", StringComparison.Ordinal) && !IsChunkBefore(path, checkpoint));

    private static bool IsChunkBefore(string path, int chunk) => Enumerable.Range(0, chunk).Any(i => path == SuiteLayout.ChunkFile(i));
}
