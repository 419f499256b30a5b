// Pre-trains a suite: the corpus, then chunk after chunk, with a checkpoint after each chunk.
using System.Diagnostics;
using System.Globalization;

namespace Llm360.Notebooks;

/// <summary>Trains the suite that a manifest describes.</summary>
/// <remarks>
/// A checkpoint's folder appears complete or not at all. If the process is killed, the next call
/// continues from the last checkpoint. The weights are bit for bit those of an uninterrupted run,
/// with any number of threads and on every x64 processor with AVX2. The files that a call starts
/// from are first compared with the suite's list of files. No checkpoint is deleted or trained
/// again unless <see cref="Restart"/> is set.
/// </remarks>
public sealed class SuiteTrainer
{
    /// <summary>Held-out sequences whose loss is measured at every checkpoint.</summary>
    internal const int ValidationRows = 64;

    private readonly SuiteRecipe manifest;
    private readonly string folder;
    private readonly Func<ParameterBuffer, IGradients> engine;
    private readonly List<string> warnings = [];

    /// <summary>Prepares the training.</summary>
    /// <param name="manifest">The recipe.</param>
    /// <param name="folder">The suite's folder; null for the one in the workspace.</param>
    public SuiteTrainer(SuiteRecipe manifest, string? folder = null)
        : this(manifest, folder, weights => GradientEngine.For(weights, manifest.Training))
    {
    }

    internal SuiteTrainer(SuiteRecipe manifest, string? folder, Func<ParameterBuffer, IGradients> engine)
    {
        this.manifest = manifest;
        this.folder = Path.GetFullPath(folder ?? Path.Combine(Workspace.SuitesFolder, manifest.Name));
        this.engine = engine;
    }

    private int StepsPerChunk => manifest.Corpus.SequencesPerChunk / manifest.Training.BatchSize;

    private long TotalSteps => (long)StepsPerChunk * manifest.Corpus.Chunks;

    /// <summary>
    /// The checkpoint to train again from; later checkpoints are deleted. 0 starts from the
    /// beginning; null, the default, deletes nothing.
    /// </summary>
    public int? Restart { get; init; }

    /// <summary>
    /// Findings of the last call of <see cref="TrainAsync"/>, a sentence each: files that are lost,
    /// damaged or impossible to check, and were not needed.
    /// </summary>
    public IReadOnlyList<string> Warnings => warnings;

    /// <summary>
    /// Whether training is finished. Files may have been lost or damaged since;
    /// <see cref="SuiteCheck"/> finds them.
    /// </summary>
    public bool IsComplete =>
        File.Exists(Path.Combine(folder, SuiteLayout.Manifest)) && SameRecipe() && new TrainingFolder(manifest, folder).IsFinished;

    /// <summary>
    /// The checkpoint from which a run would continue; null if it would start from the beginning.
    /// </summary>
    public int? LastCheckpoint => new TrainingFolder(manifest, folder).Last;

    /// <summary>
    /// Called after each change of a checkpoint, the log or the list of files; for tests.
    /// </summary>
    internal Action<string>? Changed { get; init; }

    /// <summary>
    /// Trains until every chunk has been used. Returns immediately if the suite is finished.
    /// </summary>
    /// <remarks>
    /// A finished suite is returned as it is, complete or not. Lost and damaged parts of its corpus
    /// are built again from the recipe's packages.
    /// </remarks>
    /// <param name="run">
    /// Progress, in steps, and cancellation after the current step. Training runs on the CPU in
    /// float32.
    /// </param>
    /// <returns>The trained suite.</returns>
    /// <exception cref="Llm360Exception">
    /// The corpus cannot be built, the folder belongs to another recipe or another process, the
    /// disk is full, or files that training would start from are lost or damaged.
    /// </exception>
    /// <exception cref="OperationCanceledException">Training was stopped.</exception>
    public async Task<Suite> TrainAsync(RunOptions? run = null)
    {
        var (progress, stop) = (run.Watcher(), run.StopToken());
        warnings.Clear();
        if (!SameRecipe())
        {
            var there = ManifestFile.ReadRecipe(Path.Combine(folder, SuiteLayout.Manifest));
            throw new Llm360Exception($"The folder holds a suite of another recipe: {RecipeCopy.Differences(manifest, there)}.", folder,
                "Give the key \"name\" of the recipe another value, or delete the folder.");
        }

        if (Restart is null && IsComplete && FileComparison.Sizes(manifest, folder, IsCorpus).Differences.Count == 0)
            return Suite.OpenFolder(folder);
        TrainingSize.Require(manifest);
        using var guard = Lock();
        AtomicFile.Sweep(folder);
        BuildCorpus(progress, stop);
        var training = new TrainingFolder(manifest, folder) { Changed = Changed };
        training.Recover(stop);
        training.RecordRecipe();
        if (Restart is null && training.Last == manifest.Corpus.Chunks)
        {
            if (training.HasList)
                training.DropOptimizers();
            return Suite.OpenFolder(folder);
        }

        using var state = new TrainingState(manifest);
        var (first, metrics) = await StartAsync(training, state, progress, stop).ConfigureAwait(false);
        using var gradients = engine(state.Weights);
        var heldOut = ChunkReader.Read(Path.Combine(folder, SuiteLayout.Validation), cancellation: stop);
        var validation = ValidationSample.Tokens([.. heldOut], ValidationRows);
        for (var chunk = first; chunk < manifest.Corpus.Chunks; chunk++)
        {
            TrainChunk(chunk, state, gradients, metrics, progress, stop);
            metrics[^1].ValidationLoss = gradients.Loss(validation, manifest.Corpus.SequenceLength);
            await training.SaveAsync(chunk + 1, state, metrics).ConfigureAwait(false);
        }

        return Suite.OpenFolder(folder);
    }

    private void TrainChunk(
        int chunk,
        TrainingState state,
        IGradients gradients,
        List<TrainingStep> metrics,
        IProgress<WorkProgress>? progress,
        CancellationToken stop)
    {
        var rows = ChunkReader.Read(Path.Combine(folder, SuiteLayout.Chunk(chunk)), cancellation: stop).ToList();
        var order = SplitMix64.For(manifest.Training.Seed, $"order of chunk {chunk}").Permutation(rows.Count);
        int batch = manifest.Training.BatchSize, length = manifest.Corpus.SequenceLength;
        for (var i = 0; i < StepsPerChunk; i++)
        {
            stop.ThrowIfCancellationRequested();
            var batchRows = order.AsSpan(i * batch, batch).ToArray().Select(r => rows[r]).ToList();
            var step = ((long)chunk * StepsPerChunk) + i;
            var start = Stopwatch.GetTimestamp();
            var loss = gradients.Compute(batchRows.SelectMany(r => r.TokenIds).ToArray(), length, state.Gradients);
            var norm = AdamW.Norm(state.Gradients);
            var learningRate = LearningRateSchedule.Of(manifest.Training, TotalSteps).At(step);
            var skipped = !double.IsFinite(loss) || !double.IsFinite(norm);
            if (!skipped)
                state.Optimizer.Step(state.Weights, state.Gradients, norm, learningRate);
            var tokens = batch * (length - 1);
            metrics.Add(new TrainingStep
            {
                Step = step,
                Chunk = chunk,
                Tokens = (step + 1) * tokens,
                Loss = loss,
                LearningRate = learningRate,
                GradientNorm = norm,
                TokensPerSecond = tokens / Stopwatch.GetElapsedTime(start).TotalSeconds,
                Skipped = skipped,
                Sources = [.. batchRows.Select(r => r.Source)],
            });
            var skips = metrics.Count(m => m.Skipped);
            var skipNote = skips > 0 ? $", {skips} batches skipped" : "";
            var detail = string.Create(
                CultureInfo.InvariantCulture, $"loss {loss:0.000}, next {SuiteLayout.Checkpoint(chunk + 1)}{skipNote}");
            progress?.Report(new WorkProgress($"train {manifest.Name}", step + 1, TotalSteps, "steps", detail));
        }
    }

    private async Task<(int Checkpoint, List<TrainingStep> Log)> StartAsync(
        TrainingFolder training, TrainingState state, IProgress<WorkProgress>? progress, CancellationToken stop)
    {
        var start = new TrainingStart(manifest, folder, training);
        if (Restart is { } checkpoint)
            start.Restart(checkpoint, progress, stop);
        start.RequireNothingLater(training.Last);
        if (training.Last is not { } last)
        {
            training.Begin(stop);
            WeightInitialization.Fill(state.Weights, manifest.Model, manifest.Training.Seed);
            await training.SaveAsync(0, state, []).ConfigureAwait(false);
            return (0, []);
        }

        start.RequireIntact(last, progress, stop);
        warnings.AddRange(start.LostBefore(last));
        var (log, gaps) = await start.LogAsync(last, stop).ConfigureAwait(false);
        if (gaps is not null)
            warnings.Add($"{SuiteLayout.Metrics} has lost the rows of steps {gaps}: the column missing_before marks the gap.");
        if (!training.HasList)
        {
            warnings.Add($"The suite has no {SuiteLayout.Files}: it was trained before there were such lists. "
                + "What training starts from cannot be checked; it is listed as it is now.");
            training.Adopt(stop);
        }

        CheckpointWriter.RequireArithmetic(folder, last);
        CheckpointWriter.Read(folder, last, state.Weights, state.Optimizer);
        training.DropOptimizers();
        return (last, log);
    }

    // Parts that the recipe's packages can restore are not worth an error.
    private void BuildCorpus(IProgress<WorkProgress>? progress, CancellationToken stop)
    {
        var exists = File.Exists(Path.Combine(folder, SuiteLayout.Manifest));
        if (!exists && ExpectedFiles.OnDisk(folder).Count > 0)
            throw new Llm360Exception(
                $"{SuiteLayout.Manifest} is missing: nothing else says which recipe the checkpoints were trained with.",
                folder,
                "Put back a copy, or take the folder away to train from the beginning.");
        var lost = exists ? FileComparison.Content(manifest, folder, IsCorpus, progress, stop).Differences : [];
        try
        {
            CorpusBuilder.Build(manifest, folder, new RunOptions(Progress: progress, Cancellation: stop));
        }
        catch (Llm360Exception e) when (lost.Count > 0)
        {
            var names = string.Join(", ", lost);
            throw new Llm360Exception(
                $"Lost or damaged parts of the corpus ({names}) cannot be made again: {e.What}", e.Where, e.Remedy, e);
        }

        warnings.AddRange(lost.Select(file => $"{file}: made again from the recipe's packages."));
    }

    private bool IsCorpus(string path) => SuiteLayout.CorpusFiles(manifest).Contains(path);

    private bool SameRecipe()
    {
        var path = Path.Combine(folder, SuiteLayout.Manifest);
        return !File.Exists(path) || RecipeCopy.Differences(manifest, ManifestFile.ReadRecipe(path)).Length == 0;
    }

    // Two processes must not write the same suite. The lock ends with the process in any case.
    private FileStream Lock()
    {
        try
        {
            Directory.CreateDirectory(folder);
            return new FileStream(
                Path.Combine(folder, ".train.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1,
                FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Llm360Exception(
                $"The suite's folder cannot be locked for training: {e.Message}", folder,
                "If another process trains this suite, wait for it to end or stop it; else make the folder writable.", e);
        }
    }
}
