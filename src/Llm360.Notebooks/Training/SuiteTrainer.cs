// Pre-training a suite: corpus, then chunk after chunk, a checkpoint after each; can be killed at any moment and goes on.
using System.Diagnostics;
using System.Globalization;
using Llm360.Notebooks.Corpora;
using Llm360.Notebooks.Suites;
using Llm360.Notebooks.Text;

namespace Llm360.Notebooks.Training;

/// <summary>Trains the suite a manifest describes.</summary>
/// <remarks>
/// A checkpoint's folder appears complete or not at all, so whatever stops the process, the next call goes on from the last one. The weights are bit for bit
/// those of an uninterrupted run, with any number of threads and on every x64 processor with AVX2.
/// </remarks>
public sealed class SuiteTrainer
{
    /// <summary>Held-out sequences whose loss is measured at every checkpoint.</summary>
    internal const int ValidationRows = 64;

    private readonly SuiteManifest manifest;
    private readonly string folder;
    private readonly Func<ParameterBuffer, IGradients> engine;

    /// <summary>Prepares to train.</summary>
    /// <param name="manifest">The recipe.</param>
    /// <param name="folder">The suite's folder; null for the workspace's.</param>
    public SuiteTrainer(SuiteManifest manifest, string? folder = null)
        : this(manifest, folder, weights => GradientEngine.For(weights, manifest.Training))
    {
    }

    internal SuiteTrainer(SuiteManifest manifest, string? folder, Func<ParameterBuffer, IGradients> engine)
    {
        this.manifest = manifest;
        this.folder = Path.GetFullPath(folder ?? Path.Combine(Workspace.SuitesFolder, manifest.Name));
        this.engine = engine;
    }

    private int StepsPerChunk => manifest.Corpus.SequencesPerChunk / manifest.Training.BatchSize;

    private long TotalSteps => (long)StepsPerChunk * manifest.Corpus.Chunks;

    /// <summary>Whether the folder holds everything that training this recipe leaves: every checkpoint, every chunk, the log.</summary>
    public bool IsComplete =>
        LastCheckpoint == manifest.Corpus.Chunks && File.Exists(Path.Combine(folder, SuiteLayout.Manifest)) && SameRecipe()
        && Suite.OpenFolder(folder) is var suite && File.Exists(suite.MetricsPath) && File.Exists(suite.ValidationPath)
        && suite.Chunks.Count == manifest.Corpus.Chunks && suite.Checkpoints.Count == manifest.Corpus.Chunks + 1;

    /// <summary>The checkpoint a run would go on from; null when it would begin at the beginning.</summary>
    public int? LastCheckpoint => CheckpointWriter.Latest(folder, manifest.Corpus.Chunks);

    /// <summary>Trains until every chunk has been seen; at once when it has.</summary>
    /// <param name="progress">Steps done; <see cref="Work.Progress"/> when null.</param>
    /// <param name="cancellation">Stops after the step in flight; <see cref="Work.Cancellation"/> when not given.</param>
    /// <returns>The trained suite.</returns>
    /// <exception cref="Llm360Exception">The corpus cannot be built, the folder belongs to another recipe or another process, or the disk is full.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task<Suite> TrainAsync(IProgress<WorkProgress>? progress = null, CancellationToken? cancellation = null)
    {
        progress ??= Work.Progress;
        var stop = cancellation ?? Work.Cancellation;
        if (IsComplete)
            return Suite.OpenFolder(folder);
        if (!SameRecipe())
            throw new Llm360Exception("The folder holds a suite of another recipe.", folder, "Give the recipe another name, or delete the folder.");
        using var guard = Lock();
        AtomicFile.Sweep(folder);
        CorpusBuilder.Build(manifest, folder, progress, stop);
        using var state = new TrainingState(manifest);
        var metrics = await StartAsync(state).ConfigureAwait(false);
        using var gradients = engine(state.Weights);
        var validation = HeldOutLoss.Sample([.. ChunkReader.Read(Path.Combine(folder, SuiteLayout.Validation), cancellation: stop)], ValidationRows);
        for (var chunk = LastCheckpoint!.Value; chunk < manifest.Corpus.Chunks; chunk++)
        {
            TrainChunk(chunk, state, gradients, metrics, progress, stop);
            metrics[^1].ValidationLoss = gradients.Loss(validation, manifest.Corpus.SequenceLength);
            await ParquetRows.WriteAsync(Path.Combine(folder, SuiteLayout.Metrics), metrics).ConfigureAwait(false);
            Save(chunk + 1, state);
            CheckpointWriter.DropOptimizers(folder, chunk + 1, manifest.Training.OptimizerStates);
        }

        return Suite.OpenFolder(folder);
    }

    private void TrainChunk(int chunk, TrainingState state, IGradients gradients, List<TrainingStep> metrics, IProgress<WorkProgress>? progress, CancellationToken stop)
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
            var learningRate = LearningRate.At(manifest.Training, step, TotalSteps);
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
            progress?.Report(new WorkProgress($"train {manifest.Name}", step + 1, TotalSteps, "steps", string.Create(CultureInfo.InvariantCulture, $"loss {loss:0.000}, next {SuiteLayout.Checkpoint(chunk + 1)}{(skips > 0 ? $", {skips} batches skipped" : "")}")));
        }
    }

    private async Task<List<TrainingStep>> StartAsync(TrainingState state)
    {
        // Without the log of the steps before it a checkpoint is no place to go on from: the log would stay incomplete.
        var path = Path.Combine(folder, SuiteLayout.Metrics);
        if (LastCheckpoint is not { } last || (last > 0 && !File.Exists(path)))
        {
            foreach (var old in Enumerable.Range(0, manifest.Corpus.Chunks + 1).Select(i => Path.Combine(folder, SuiteLayout.Checkpoint(i))).Where(Directory.Exists))
                Directory.Delete(old, recursive: true);
            WeightInitialization.Fill(state.Weights, manifest.Model, manifest.Training.Seed);
            Save(0, state);
            return [];
        }

        CheckpointWriter.RequireArithmetic(folder, last);
        CheckpointWriter.Read(folder, last, state.Weights, state.Optimizer);
        CheckpointWriter.DropOptimizers(folder, last, manifest.Training.OptimizerStates);
        var metrics = File.Exists(path) ? await ParquetRows.ReadAsync<TrainingStep>(path).ConfigureAwait(false) : [];
        // A run killed between metrics and checkpoint has logged a chunk that is trained again now.
        return [.. metrics.Where(m => m.Chunk < last)];
    }

    private void Save(int checkpoint, TrainingState state) =>
        CheckpointWriter.Write(folder, checkpoint, state.Weights, state.Optimizer, EmbeddedVocabulary.Read(manifest.Corpus.Tokenizer), manifest.Name);

    private bool SameRecipe()
    {
        var path = Path.Combine(folder, SuiteLayout.Manifest);
        return !File.Exists(path) || ManifestFile.Identity(ManifestFile.Read(path)) == ManifestFile.Identity(manifest);
    }

    // Two processes must not write the same suite; the lock goes with the process, however it ends.
    private FileStream Lock()
    {
        try
        {
            Directory.CreateDirectory(folder);
            return new FileStream(Path.Combine(folder, ".train.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Llm360Exception($"The suite's folder cannot be locked for training: {e.Message}", folder, "If another process trains this suite, wait for it to end or stop it; else make the folder writable.", e);
        }
    }
}
